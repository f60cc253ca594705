//! What the service tells.

use super::*;

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
