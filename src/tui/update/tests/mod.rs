//! What becomes of keys, of the mouse and of what the service tells: a connected dashboard made by hand.
#![allow(clippy::unwrap_used)]

mod feed;
mod screen;
mod steering;
mod versions;

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

fn line(seq: u64, text: &str) -> Event {
    Event { seq, at: at(1), kind: EventKind::Output { line: text.into() } }
}

fn built(model: &Model) -> Vec<&str> {
    model.build.passing().map(|row| row.text.as_str()).collect()
}
