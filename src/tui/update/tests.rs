#![allow(clippy::unwrap_used)]

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::*;
use crate::control::Request;
use crate::control::protocol::{
    Database, History, Hold, Log, LogLines, Pause, Plan, Role, Rollback, Unhold, Update, Welcome,
};
use crate::model::event::Level;
use crate::model::preview::Gate;
use crate::model::status::{AgentStatus, Latest, Paused, State, UpdaterStatus};
use crate::model::{
    By, Class, Event, EventKind, Failure, Held, Preview, Run, RunKind, Status, StepId, Timestamp, Verdict,
    Version, VersionRow, View,
};
use crate::tui::keys::{Action, BINDINGS, cancel_effect, footer, is_legal, is_offered, label_of, refusal};
use crate::tui::model::{Confirm, EntryKind, Link, Overlay, Tab, Ticket};
use crate::tui::msg::Answer;
use crate::tui::{Caps, keys};

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_700_000_000 + second).unwrap()
}

fn welcome(role: Role) -> Msg {
    Msg::Connected(Box::new(Welcome {
        protocol: 1,
        program: "1.0.0".into(),
        epoch: "e".into(),
        role,
        host: "host-01".into(),
        service: "s".into(),
        module: "m".into(),
    }))
}

fn status() -> Status {
    Status {
        agent: AgentStatus { version: Some("v1.4.2".into()), ..AgentStatus::default() },
        latest: Latest { version: Some("v1.5.0".into()), update_available: true, ..Latest::default() },
        updater: UpdaterStatus { state: State::Idle, ..UpdaterStatus::default() },
        ..Status::default()
    }
}

fn version(name: &str, kept: bool) -> VersionRow {
    VersionRow {
        version: name.into(),
        installed: name == "v1.4.2",
        kept,
        staged: false,
        held: false,
        available: true,
        retracted: None,
        commit_time: None,
        first_seen_at: None,
        snapshot_at: None,
        schema_differs: None,
    }
}

fn run(id: &str) -> Run {
    let mut run = Run::new(id.into(), RunKind::Update, By::Timer, at(0));
    run.to = Some("v1.4.2".into());
    run.verdict = Some(Verdict::Updated);
    run
}

/// Connected, as `role`, with v1.4.2 installed, v1.4.1 and v1.4.0 kept, v1.5.0 on offer, nothing pending.
fn as_role(role: Role) -> Model {
    let mut model = Model::new(Caps::default(), (80, 24), at(0));
    drop(update(&mut model, Msg::Resize(80, 24)));
    drop(update(&mut model, welcome(role)));
    drop(update(&mut model, Msg::View(Box::new(View::new(status(), 10)), "e".into())));
    model.versions = vec![
        version("v1.5.0", false),
        version("v1.4.2", true),
        version("v1.4.1", true),
        version("v1.4.0", true),
    ];
    model.history = vec![run("2"), run("1")];
    model.pending.clear();
    model
}

fn operator() -> Model {
    as_role(Role::Operator)
}

fn key(model: &mut Model, code: KeyCode) -> Vec<Cmd> {
    update(model, Msg::Key(KeyEvent::new(code, KeyModifiers::NONE)))
}

fn control(model: &mut Model, symbol: char) -> Vec<Cmd> {
    update(model, Msg::Key(KeyEvent::new(KeyCode::Char(symbol), KeyModifiers::CONTROL)))
}

fn typed(model: &mut Model, text: &str) -> Vec<Cmd> {
    text.chars().flat_map(|symbol| key(model, KeyCode::Char(symbol))).collect()
}

fn requests(commands: &[Cmd]) -> Vec<Request> {
    commands
        .iter()
        .filter_map(|command| match command {
            Cmd::Send(_, request) => Some(request.clone()),
            _ => None,
        })
        .collect()
}

fn question(model: &Model) -> &Confirm {
    match &model.overlay {
        Some(Overlay::Confirm(confirm)) => confirm,
        other => panic!("{other:?}"),
    }
}

fn labels(model: &Model) -> Vec<&str> {
    question(model).choices.iter().map(|choice| choice.label.as_str()).collect()
}

fn events(model: &mut Model, kinds: Vec<EventKind>) -> Vec<Cmd> {
    let from = model.view.as_ref().unwrap().seq + 1;
    let events = (from..).zip(kinds).map(|(seq, kind)| Event { seq, at: at(1), kind }).collect();
    update(model, Msg::Events(events))
}

fn toast(model: &Model) -> &str {
    model.toast.as_ref().map_or("", |toast| &toast.text)
}

fn under_way(model: &mut Model, step: Option<StepId>) {
    let mut run = Run::new("3".into(), RunKind::Update, By::Uid(0), at(0));
    (run.from, run.to, run.step) = (Some("v1.4.2".into()), Some("v1.5.0".into()), step);
    model.view.as_mut().unwrap().status.run = Some(run);
}

fn plan(passes: bool) -> Preview {
    Preview {
        installed: Some("v1.4.2".into()),
        target: "v1.5.0".into(),
        current: false,
        gates: vec![Gate {
            id: "held".into(),
            title: "not held".into(),
            passes,
            reason: (!passes).then(|| "it failed".into()),
        }],
        steps: Vec::new(),
        declared_changes: None,
        staged: false,
        expected_downtime_ms: Some(300),
        expected: "about 0.3 s".into(),
    }
}

const STEERING: [char; 6] = ['u', 'p', 'r', 'x', 'c', 'H'];

#[test]
fn who_may_only_look_has_no_buttons_and_is_told_why() {
    let mut read_only = operator();
    read_only.read_only = true;
    let mut record = read_only.clone();
    record.record = true;
    for (mut model, why) in
        [(as_role(Role::Viewer), "not steer"), (read_only, "--read-only"), (record, "this is a record")]
    {
        assert!(BINDINGS.iter().all(|row| is_offered(&model, row) != row.steers));
        assert!(footer(&model).iter().all(|row| !row.steers));
        assert!(keys::palette(&model, "").iter().all(|row| !row.steers));
        for symbol in STEERING {
            let commands = key(&mut model, KeyCode::Char(symbol));
            assert!(commands.is_empty() && model.overlay.is_none(), "{symbol}");
            assert!(toast(&model).contains(why), "{symbol}: {}", toast(&model));
        }
    }
}

#[test]
fn nothing_is_asked_of_a_service_that_is_away() {
    let mut model = operator();
    drop(typed(&mut model, "u"));
    let failure = Box::new(Failure::new(Class::Unreachable, "gone"));
    drop(update(&mut model, Msg::Lost { failure, retry_at: at(2) }));
    drop(key(&mut model, KeyCode::Right));
    assert_eq!(key(&mut model, KeyCode::Enter), [], "the question was open before");
    assert!(toast(&model).contains("not reached"));
    for symbol in STEERING {
        model.toast = None;
        assert_eq!(key(&mut model, KeyCode::Char(symbol)), [], "{symbol}");
        assert!(toast(&model).contains("not reached"), "{symbol}");
    }
    assert!(footer(&model).iter().all(|row| !row.steers));
}

#[test]
fn an_update_is_asked_for_twice_and_the_default_is_no() {
    let mut model = operator();
    model.plan = None;
    let commands = typed(&mut model, "u");
    let version = Version::parse("v1.5.0").ok();
    assert_eq!(requests(&commands), [Request::Plan(Plan { version: version.clone() })]);
    assert_eq!(question(&model).title, "Update the agent to v1.5.0?");
    assert_eq!((labels(&model), question(&model).chosen), (vec!["Cancel", "Update"], 0));
    assert_eq!(question(&model).lines[0], "v1.4.2 -> v1.5.0");
    assert_eq!(key(&mut model, KeyCode::Enter), []);
    assert_eq!(model.overlay, None);

    drop(typed(&mut model, "u"));
    drop(key(&mut model, KeyCode::Right));
    assert_eq!(key(&mut model, KeyCode::Esc), []);
    drop(typed(&mut model, "u"));
    drop(key(&mut model, KeyCode::Tab));
    let commands = key(&mut model, KeyCode::Enter);
    assert_eq!(requests(&commands), [Request::Update(Update { version, force: false, stage_only: false })]);
}

#[test]
fn force_is_offered_only_where_a_gate_fails() {
    for (passes, expected) in
        [(true, vec!["Cancel", "Update"]), (false, vec!["Cancel", "Update", "Update anyway (force)"])]
    {
        let mut model = operator();
        let Cmd::Send(ticket, _) = typed(&mut model, "u")[0].clone() else { panic!("no plan is asked for") };
        drop(key(&mut model, KeyCode::Right));
        drop(update(&mut model, Msg::Answer(ticket, Ok(Answer::Plan(Box::new(plan(passes)))))));
        assert_eq!((labels(&model), question(&model).chosen), (expected, 1), "what was chosen stays so");
        let text = question(&model).lines.join("\n");
        assert!(text.contains("expected downtime: about 0.3 s"), "{text}");
        assert_eq!(text.contains("not met: not held: it failed"), !passes, "{text}");
        if !passes {
            drop(key(&mut model, KeyCode::Right));
            let commands = key(&mut model, KeyCode::Enter);
            assert!(matches!(&requests(&commands)[..], [Request::Update(Update { force: true, .. })]));
        }
    }
}

#[test]
fn a_plan_that_cannot_be_made_is_told_in_the_question_only() {
    let mut model = operator();
    let Cmd::Send(ticket, _) = typed(&mut model, "u")[0].clone() else { panic!("no plan is asked for") };
    let failure = Box::new(Failure::new(Class::Network, "the proxy does not answer"));
    drop(update(&mut model, Msg::Answer(ticket, Err(failure))));
    assert!(question(&model).lines.iter().any(|line| line.contains("the proxy does not answer")));
    assert!(model.toast.is_none());
}

#[test]
fn nothing_is_said_before_the_service_answered() {
    let mut model = operator();
    let commands = typed(&mut model, "c");
    assert_eq!(requests(&commands), [Request::Check]);
    assert_eq!((toast(&model), model.pending.len()), ("", 1));
    let Cmd::Send(ticket, _) = commands[0] else { panic!("{commands:?}") };
    drop(update(&mut model, Msg::Answer(ticket, Ok(Answer::Done("v1.5.0 is available".into())))));
    assert_eq!((toast(&model), model.pending.len()), ("v1.5.0 is available", 0));
    let until = model.toast.as_ref().unwrap().until;
    assert!(wake_at(&model) <= until);
    drop(update(&mut model, Msg::Tick(until)));
    assert!(model.toast.is_none());

    let Cmd::Send(ticket, _) = typed(&mut model, "c")[0] else { panic!("nothing is sent") };
    let failure = Failure::new(Class::Busy, "a run is under way").hint("wait");
    drop(update(&mut model, Msg::Answer(ticket, Err(Box::new(failure)))));
    assert_eq!(toast(&model), "a run is under way; wait");
    assert_eq!(model.toast.as_ref().map(|toast| toast.level), Some(Level::Error));

    let Cmd::Send(ticket, _) = typed(&mut model, "c")[0] else { panic!("nothing is sent") };
    let failure = Failure::new(Class::Network, "x ".repeat(60)).cause("far away").hint("do this");
    drop(update(&mut model, Msg::Answer(ticket, Err(Box::new(failure)))));
    assert_eq!(
        (labels(&model), question(&model).lines.clone()),
        (vec!["Close"], vec!["far away".to_owned(), String::new(), "do this".to_owned()])
    );
    assert_eq!(key(&mut model, KeyCode::Enter), []);
    assert!(model.overlay.is_none());
}

#[test]
fn a_pause_is_for_an_hour_or_until_resumed() {
    for (steps, expected) in [(0, None), (1, Some(Some(3_600_000))), (2, Some(None)), (3, None)] {
        let mut model = operator();
        drop(typed(&mut model, "p"));
        (0..steps).for_each(|_| drop(key(&mut model, KeyCode::Down)));
        let commands = key(&mut model, KeyCode::Enter);
        let expected: Vec<_> =
            expected.map(|for_ms| Request::Pause(Pause { for_ms, reason: None })).into_iter().collect();
        assert_eq!(requests(&commands), expected, "{steps}");
    }
    let mut model = operator();
    assert_eq!(label_of(&model, Action::Pause), "Pause");
    let paused = Paused { since: at(0), until: Some(at(60)), reason: None, by: "uid 0".into() };
    drop(events(&mut model, vec![EventKind::PausedChanged { paused: Some(paused) }]));
    assert_eq!(label_of(&model, Action::Pause), "Resume");
    assert_eq!(requests(&typed(&mut model, "p")), [Request::Resume]);
    drop(update(&mut model, Msg::Tick(at(61))));
    assert_eq!(label_of(&model, Action::Pause), "Pause", "the pause is over by itself");
}

fn back_to(version: &str, database: Database) -> Request {
    Request::Rollback(Rollback { version: Some(version.into()), database })
}

#[test]
fn a_rollback_names_its_target() {
    let mut model = operator();
    for (row, expected) in [
        (None, "v1.4.1"),
        (Some(5), "v1.4.0"),
        // Not kept: the one before.
        (Some(2), "v1.4.1"),
        // On a run.
        (Some(0), "v1.4.1"),
    ] {
        drop(typed(&mut model, if row.is_some() { "4" } else { "1" }));
        model.row = row.unwrap_or(0);
        drop(typed(&mut model, "r"));
        assert_eq!(question(&model).title, format!("Roll back to {expected}?"), "{row:?}");
        assert_eq!((labels(&model), question(&model).chosen), (vec!["Cancel", "Roll back"], 0));
        drop(key(&mut model, KeyCode::Right));
        let commands = key(&mut model, KeyCode::Enter);
        assert_eq!(requests(&commands), [back_to(expected, Database::Ask)]);
    }
    model.versions.iter_mut().for_each(|row| row.kept = false);
    assert_eq!(typed(&mut model, "r"), []);
    assert!(toast(&model).contains("nothing to go back to"));
}

#[test]
fn across_a_change_of_schema_there_is_a_choice() {
    let mut model = operator();
    model.versions[2].schema_differs = Some(true);
    model.versions[2].snapshot_at = Some(at(0));
    drop(typed(&mut model, "r"));
    let restore = "Restore database of 2023-11-14 22:13:20 UTC (today's is set aside)";
    assert_eq!((labels(&model), question(&model).chosen), (vec!["Cancel", restore, "Keep database"], 0));
    drop(key(&mut model, KeyCode::Right));
    assert_eq!(requests(&key(&mut model, KeyCode::Enter)), [back_to("v1.4.1", Database::Restore)]);
    drop(typed(&mut model, "r"));
    drop(key(&mut model, KeyCode::Left));
    assert_eq!(requests(&key(&mut model, KeyCode::Enter)), [back_to("v1.4.1", Database::Keep)]);
}

#[test]
fn a_refusal_that_asks_for_the_choice_leads_to_it() {
    let mut model = operator();
    for (hint, leads) in
        [("choose: `--restore-database` puts it back, `--keep-database` leaves it", true), ("no", false)]
    {
        drop(typed(&mut model, "r"));
        drop(key(&mut model, KeyCode::Right));
        let Cmd::Send(ticket, _) = key(&mut model, KeyCode::Enter)[0] else { panic!("nothing is sent") };
        let failure = Failure::new(Class::Refused, "the database's schema changed").hint(hint);
        drop(update(&mut model, Msg::Answer(ticket, Err(Box::new(failure)))));
        match leads {
            true => {
                assert_eq!(labels(&model)[2], "Keep database");
                assert!(question(&model).lines.iter().any(|line| line.contains("schema changed")));
                drop(key(&mut model, KeyCode::Esc));
            }
            false => assert!(model.overlay.is_none() && toast(&model).contains("schema changed")),
        }
    }
}

#[test]
fn a_run_can_be_cancelled_before_stop_and_in_verify() {
    for (step, state, expected) in [
        (None, State::Building, Some("Abort")),
        (Some(StepId::Build), State::Building, Some("Abort")),
        (Some(StepId::Prove), State::Building, Some("Abort")),
        (Some(StepId::Stop), State::Switching, None),
        (Some(StepId::Start), State::Switching, None),
        (Some(StepId::Verify), State::Verifying, Some("Roll back now")),
        (Some(StepId::Commit), State::Verifying, None),
        (Some(StepId::Verify), State::RollingBack, None),
        (Some(StepId::Build), State::Recovering, None),
    ] {
        let mut model = operator();
        under_way(&mut model, step);
        model.view.as_mut().unwrap().status.updater.state = state;
        assert_eq!(cancel_effect(&model).is_some(), expected.is_some(), "{step:?}");
        drop(typed(&mut model, "x"));
        match expected {
            Some(label) => {
                assert_eq!((labels(&model)[1], question(&model).chosen), (label, 0));
                assert_eq!(key(&mut model, KeyCode::Enter), []);
                drop(typed(&mut model, "x"));
                drop(key(&mut model, KeyCode::Right));
                assert_eq!(requests(&key(&mut model, KeyCode::Enter)), [Request::Cancel]);
            }
            None => {
                assert!(model.overlay.is_none() && toast(&model).contains("cannot be cancelled"), "{step:?}")
            }
        }
        for symbol in ['u', 'r', 'c'] {
            assert_eq!(typed(&mut model, &symbol.to_string()), [], "busy");
        }
    }
    let mut model = operator();
    assert_eq!(typed(&mut model, "x"), []);
    assert!(toast(&model).contains("no run"));
}

#[test]
fn the_version_under_the_cursor_is_held_or_allowed_again() {
    let mut model = operator();
    drop(typed(&mut model, "H"));
    assert_eq!(question(&model).title, "Hold v1.5.0?");
    drop(key(&mut model, KeyCode::Esc));
    drop(typed(&mut model, "4"));
    model.row = 4;
    drop(typed(&mut model, "H"));
    drop(key(&mut model, KeyCode::Right));
    let version = Version::parse("v1.4.1").unwrap();
    let hold = Request::Hold(Hold { version: version.clone(), reason: None });
    assert_eq!(requests(&key(&mut model, KeyCode::Enter)), [hold]);
    let held = Held {
        version: version.clone(),
        reason: "x".into(),
        at: at(0),
        retry_at: None,
        cause: crate::model::held::HeldCause::Operator,
        attempts: 1,
        fingerprint: None,
    };
    drop(events(&mut model, vec![EventKind::HeldChanged { held: vec![held] }]));
    assert_eq!(label_of(&model, Action::Hold), "Unhold");
    drop(typed(&mut model, "H"));
    drop(key(&mut model, KeyCode::Right));
    assert_eq!(requests(&key(&mut model, KeyCode::Enter)), [Request::Unhold(Unhold { version })]);
}

#[test]
fn the_first_requests_fill_logs_and_lists() {
    let mut model = Model::new(Caps::default(), (80, 24), at(0));
    let sent = requests(&update(&mut model, welcome(Role::Viewer)));
    assert!(matches!(&sent[..], [Request::Logs(a), Request::Logs(b), Request::History(_), Request::Versions]
        if (a.log, b.log, a.follow, b.follow, a.lines) == (Log::Updater, Log::Agent, true, true, 500)));
    assert_eq!((model.link.clone(), model.pending.len()), (Link::Connected, 4));
    drop(update(&mut model, Msg::Tail(Log::Updater, vec!["2026-11-24T03:15:00Z WARN engine: x".into()])));
    assert_eq!((model.pending.len(), model.updater.place().rows), (3, 1));
    drop(update(&mut model, Msg::Log(LogLines { log: Log::Agent, at: at(5), lines: vec!["y".into()] })));
    assert_eq!(model.agent.current().and_then(|row| row.at), Some(at(5)));
    let failure = Box::new(Failure::new(Class::Permission, "cannot read the journal"));
    drop(update(&mut model, Msg::Answer(Ticket(1), Err(failure))));
    assert_eq!(model.agent.current().map(|row| row.text.as_str()), Some("cannot read the journal"));
}

#[test]
fn what_changed_is_asked_for_once() {
    let mut model = operator();
    let ended = EventKind::RunEnded { run: run("3") };
    let sent = requests(&events(&mut model, vec![ended.clone(), ended.clone()]));
    assert_eq!(
        sent,
        [
            Request::History(History { limit: Some(200) }),
            Request::Versions,
            Request::Plan(Plan { version: Version::parse("v1.5.0").ok() })
        ]
    );
    assert!(toast(&model).starts_with("update nothing -> v1.4.2: done"));
    assert_eq!(events(&mut model, vec![ended]), [], "those wait for their answers");
    let latest = Latest { version: Some("v1.6.0".into()), update_available: true, ..Latest::default() };
    model.pending.clear();
    let sent = requests(&events(&mut model, vec![EventKind::Checked { latest }]));
    assert_eq!(sent.last(), Some(&Request::Plan(Plan { version: Version::parse("v1.6.0").ok() })));
    model.plan = Some(plan(true));
    model.pending.clear();
    let latest = Latest { version: Some("v1.4.2".into()), ..Latest::default() };
    drop(events(&mut model, vec![EventKind::Checked { latest }]));
    assert_eq!(model.plan, None);
    assert_eq!(typed(&mut model, "u"), []);
    assert!(toast(&model).contains("nothing to update"));
}

fn line(seq: u64, text: &str) -> Event {
    Event { seq, at: at(1), kind: EventKind::Output { line: text.into() } }
}

fn built(model: &Model) -> Vec<&str> {
    model.build.passing().map(|row| row.text.as_str()).collect()
}

#[test]
fn duplicates_do_nothing_and_gaps_are_shown() {
    let mut model = operator();
    drop(update(&mut model, Msg::Events(vec![line(11, "a"), line(11, "a"), line(9, "z"), line(12, "b")])));
    drop(update(&mut model, Msg::Events(vec![line(15, "c")])));
    assert_eq!(built(&model), ["a", "b", "… 2 lines did not reach this terminal", "c"]);
    // What the service counted is not told twice.
    under_way(&mut model, Some(StepId::Build));
    drop(update(&mut model, Msg::Dropped(3)));
    drop(update(&mut model, Msg::Events(vec![line(19, "d")])));
    assert_eq!(built(&model)[4..], ["… 3 lines did not reach this terminal", "d"]);
}

#[test]
fn a_view_that_comes_anew_adds_only_what_is_new() {
    let mut model = operator();
    drop(events(&mut model, vec![EventKind::RunStarted { run: run("9") }]));
    drop(update(&mut model, Msg::Events(vec![line(12, "a"), line(13, "b")])));
    let mut view = model.view.clone().unwrap();
    view.seq = 20;
    view.output.push("c".into());
    drop(update(&mut model, Msg::View(Box::new(view.clone()), "e".into())));
    assert_eq!(built(&model), ["a", "b", "c"]);
    // The service began anew: it remembers the run, not its output.
    let ended = view.status.run.take();
    view.status.last_run = ended;
    view.output.clear();
    drop(update(&mut model, Msg::View(Box::new(view.clone()), "f".into())));
    assert_eq!(built(&model), ["a", "b", "c"]);
    view.status.last_run = Some(run("10"));
    drop(update(&mut model, Msg::View(Box::new(view), "f".into())));
    assert_eq!((built(&model).len(), model.position().epoch.as_deref()), (0, Some("f")));
}

#[test]
fn a_lost_service_gives_up_what_was_asked() {
    let mut model = operator();
    let Cmd::Send(ticket, _) = typed(&mut model, "c")[0] else { panic!("nothing is sent") };
    let lost = |second| Msg::Lost {
        failure: Box::new(Failure::new(Class::Unreachable, "gone")),
        retry_at: at(second),
    };
    drop(update(&mut model, lost(2)));
    assert!(toast(&model).contains("before it answered `check`"));
    assert!(model.pending.is_empty());
    model.toast = None;
    drop(update(&mut model, Msg::Answer(ticket, Ok(Answer::Done("late".into())))));
    assert!(model.toast.is_none());
    drop(update(&mut model, Msg::Tick(at(9))));
    drop(update(&mut model, lost(11)));
    assert!(
        matches!(&model.link, Link::Lost { since, retry_at, .. } if (*since, *retry_at) == (at(0), at(11)))
    );
    assert_eq!(wake_at(&model), at(10), "the seconds are counted");
    assert!(model.view.is_some() && model.welcome.is_some(), "what was known is still shown");
}

#[test]
fn pages_and_panes_are_walked_through() {
    let mut model = operator();
    let mut seen = Vec::new();
    for _ in 0..6 {
        seen.push((model.focus, model.tab));
        drop(key(&mut model, KeyCode::Tab));
    }
    use PaneId::*;
    assert_eq!(
        seen,
        [
            (Pipeline, Tab::Overview),
            (Build, Tab::Build),
            (Updater, Tab::Logs),
            (Agent, Tab::Logs),
            (History, Tab::History),
            (Diagnostics, Tab::Diagnostics)
        ]
    );
    assert_eq!(model.focus, Pipeline);
    drop(key(&mut model, KeyCode::BackTab));
    assert_eq!(model.focus, Diagnostics);
    for (symbol, focus) in
        [("3", Agent), ("3", Updater), ("3", Agent), ("1", Pipeline), ("3", Agent), ("2", Build)]
    {
        drop(typed(&mut model, symbol));
        assert_eq!(model.focus, focus, "{symbol}");
    }
}

#[test]
fn a_search_works_while_it_is_typed() {
    let mut model = operator();
    drop(update(&mut model, Msg::Events((11..60).map(|seq| line(seq, &format!("line {seq}"))).collect())));
    drop(typed(&mut model, "2/line 1"));
    assert_eq!(
        model.entry.as_ref().map(|entry| (entry.kind, entry.text.as_str())),
        Some((EntryKind::Search, "line 1"))
    );
    assert_eq!(model.build.place().found, Some((9, 9)));
    drop(key(&mut model, KeyCode::Enter));
    assert!(model.entry.is_none());
    drop(typed(&mut model, "n"));
    assert_eq!(model.build.place().found, Some((1, 9)));
    drop(typed(&mut model, "N"));
    assert_eq!(model.build.place().found, Some((9, 9)));
    drop(key(&mut model, KeyCode::Esc));
    assert_eq!(model.build.place().found, None);
    // q and n are letters here; ^C still leaves.
    drop(typed(&mut model, "/qn two"));
    drop(control(&mut model, 'w'));
    assert_eq!(model.entry.as_ref().map(|entry| entry.text.as_str()), Some("qn "));
    assert_eq!(control(&mut model, 'c'), [Cmd::Detach]);
    drop(control(&mut model, 'u'));
    drop(update(&mut model, Msg::Paste("\u{1b}[31mline 2\nsecond".into())));
    assert_eq!(model.entry.as_ref().map(|entry| entry.text.as_str()), Some("line 2"));
    drop(control(&mut model, 'u'));
    drop(key(&mut model, KeyCode::Backspace));
    assert!(model.entry.is_none());
    drop(typed(&mut model, "&!line 1"));
    drop(key(&mut model, KeyCode::Enter));
    assert_eq!(model.build.place().rows, 40);
    drop(typed(&mut model, "&"));
    assert_eq!(model.entry.as_ref().map(|entry| entry.text.as_str()), Some("!line 1"));
    drop(key(&mut model, KeyCode::Esc));
    assert_eq!(model.build.place().rows, 40);
    drop(key(&mut model, KeyCode::Esc));
    assert_eq!(model.build.place().rows, 49);
}

#[test]
fn the_palette_lists_what_is_possible_and_does_it() {
    let mut model = operator();
    for (action, offered) in [(Action::Update, true), (Action::Cancel, false), (Action::Copy, false)] {
        assert_eq!(keys::palette(&model, "").iter().any(|row| row.action == action), offered, "{action:?}");
        assert_eq!(is_legal(&model, action), offered);
    }
    drop(typed(&mut model, ":roll"));
    assert_eq!(keys::palette(&model, "roll").first().map(|row| row.action), Some(Action::Rollback));
    drop(key(&mut model, KeyCode::Enter));
    assert_eq!(question(&model).title, "Roll back to v1.4.1?");
    drop(key(&mut model, KeyCode::Esc));
    drop(control(&mut model, 'p'));
    (0..200).for_each(|_| drop(key(&mut model, KeyCode::Down)));
    let count = keys::palette(&model, "").len();
    assert!(matches!(model.overlay, Some(Overlay::Palette { chosen, .. }) if chosen + 1 == count));
    drop(typed(&mut model, "zzz"));
    assert_eq!(key(&mut model, KeyCode::Enter), []);
    assert!(model.overlay.is_none());
}

#[test]
fn lines_are_given_away_whole() {
    let mut model = operator();
    drop(typed(&mut model, "2"));
    assert_eq!(typed(&mut model, "y"), []);
    assert!(toast(&model).contains("no lines"));
    let lines = (11..2_011).map(|seq| line(seq, &format!("{seq} {}", "x".repeat(90)))).collect();
    drop(update(&mut model, Msg::Events(lines)));
    let stamp = "2023-11-14T22:13:21.000Z";
    let x = "x".repeat(90);
    assert_eq!(typed(&mut model, "y"), [Cmd::Copy(format!("{stamp} 2010 {x}"))]);
    drop(typed(&mut model, "vk"));
    assert_eq!(typed(&mut model, "y"), [Cmd::Copy(format!("{stamp} 2009 {x}\n{stamp} 2010 {x}\n"))]);
    assert!(!model.build.selecting());
    assert!(
        model.toast.as_ref().is_none_or(|toast| !toast.text.contains("copied")),
        "nothing was copied yet"
    );
    let [Cmd::Copy(text)] = &typed(&mut model, "Y")[..] else { panic!("nothing is copied") };
    assert!(text.len() <= 74_994 && text.len() > 74_850 && text.ends_with(&format!(" 2010 {x}\n")));
    drop(update(&mut model, Msg::Did(Ok("copied".into()))));
    assert!(toast(&model).starts_with("copied; only the last 619 of 2000 lines"), "{}", toast(&model));
    assert!(matches!(&typed(&mut model, "o")[..], [Cmd::Pager(lines)] if lines.len() == 2_000));
    let saved = typed(&mut model, "s");
    assert!(
        matches!(&saved[..], [Cmd::Save(name, lines)]
        if name == "sentinel-updater-build-20231114-221320.log" && lines.len() == 2_000),
        "{:?}",
        saved.len()
    );
}

#[test]
fn the_cursor_stays_on_what_it_was_on() {
    let mut model = operator();
    let answer = |model: &mut Model, answer| {
        let Cmd::Send(ticket, _) = ask::send(model, Request::Versions) else { panic!("it is sent") };
        drop(update(model, Msg::Answer(ticket, Ok(answer))));
    };
    for (row, expected) in [(0, 0), (1, 2), (4, 5)] {
        model.history = vec![run("2"), run("1")];
        model.row = row;
        answer(&mut model, Answer::History(vec![run("3"), run("2"), run("1")]));
        assert_eq!(model.row, expected, "{row}");
    }
    answer(&mut model, Answer::Versions(Vec::new()));
    answer(&mut model, Answer::History(Vec::new()));
    assert_eq!((model.row, model.under_cursor()), (0, None));
}

#[test]
fn every_action_everywhere_is_done_or_refused_with_a_reason() {
    let tabs = [Tab::Overview, Tab::Build, Tab::Logs, Tab::History, Tab::Diagnostics];
    for role in [Role::Operator, Role::Viewer] {
        for tab in tabs {
            for row in BINDINGS {
                let mut model = as_role(role);
                drop(act::act(&mut model, Action::Tab(tab)));
                let why = refusal(&model, row.action);
                model.toast = None;
                let (code, modifiers) = row.keys[0];
                let commands = update(&mut model, Msg::Key(KeyEvent::new(code, modifiers)));
                if let Some(why) = why {
                    assert_eq!(
                        (commands.len(), toast(&model)),
                        (0, why.as_str()),
                        "{tab:?} {:?}",
                        row.action
                    );
                    assert!(model.overlay.is_none() && model.entry.is_none());
                    assert!(footer(&model).iter().all(|other| other.action != row.action));
                }
                // Whatever came of it, Esc leads back and ^C leaves.
                (0..3).for_each(|_| drop(key(&mut model, KeyCode::Esc)));
                assert!(model.overlay.is_none() && model.entry.is_none(), "{tab:?} {:?}", row.action);
                assert_eq!(control(&mut model, 'c'), [Cmd::Detach]);
            }
        }
    }
}

#[test]
fn details_are_shown_of_what_the_cursor_is_on() {
    let mut model = operator();
    for (row, expected) in [(0, Some("2")), (1, Some("1")), (3, Some("2")), (2, None)] {
        model.overlay = None;
        drop(typed(&mut model, "4"));
        model.row = row;
        drop(key(&mut model, KeyCode::Enter));
        let shown = match &model.overlay {
            Some(Overlay::Run { id, .. }) => Some(id.as_str()),
            _ => None,
        };
        assert_eq!(shown, expected, "{row}");
        assert_eq!(toast(&model).contains("no run to v1.5.0 is known"), shown.is_none());
        drop(key(&mut model, KeyCode::Esc));
    }
}

#[test]
fn the_clock_wakes_no_more_often_than_something_changes() {
    let mut model = operator();
    assert_eq!(wake_at(&model), at(40), "ages are told by the minute");
    under_way(&mut model, None);
    assert_eq!(wake_at(&model), at(1));
}
