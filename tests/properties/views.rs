//! The fold of events: the same picture whoever looks, from when on, and over whichever wire.

use std::path::PathBuf;

use libtest_mimic::Trial;
use proptest::prelude::*;
use sentinel_updater::model::event::{Level, Progress};
use sentinel_updater::model::status::{AgentStatus, Alert, Latest, Paused, State};
use sentinel_updater::model::view::View;
use sentinel_updater::model::{
    By, Event, EventKind, Run, RunKind, Status, StepId, StepStatus, Timestamp, Verdict,
};

use super::{hold, property};

pub(crate) fn properties() -> Vec<Trial> {
    vec![
        property("views::that_begin_with_a_snapshot_end_like_the_others", snapshots),
        property("views::are_the_same_beyond_the_wire", wire),
        property("views::lose_no_more_than_progress_when_droppable_events_are_lost", droppable),
    ]
}

fn run() -> impl Strategy<Value = Run> {
    ("[a-c]", 0..3_u8, prop::option::of("v1\\.[0-3]\\.0")).prop_map(|(id, kind, to)| {
        let kind = [RunKind::Update, RunKind::Rollback, RunKind::Repair][usize::from(kind)];
        let mut run = Run::new(id, kind, By::Uid(0), Timestamp::UNIX_EPOCH);
        run.to = to;
        run
    })
}

fn step() -> impl Strategy<Value = StepId> {
    (0..StepId::ALL.len()).prop_map(|at| StepId::ALL[at])
}

fn kind() -> impl Strategy<Value = EventKind> {
    let state = prop::sample::select(vec![
        State::Idle,
        State::Checking,
        State::Building,
        State::Verifying,
        State::Stuck,
    ]);
    let how = prop::sample::select(vec![
        StepStatus::Done,
        StepStatus::Failed,
        StepStatus::Skipped,
        StepStatus::Undone,
    ]);
    let text = || "[a-z]{0,3}";
    let alert = (text(), text()).prop_map(|(id, text)| Alert { id, text, since: Timestamp::UNIX_EPOCH });
    let paused = text().prop_map(|text| Paused {
        by: text.clone(),
        since: Timestamp::UNIX_EPOCH,
        until: None,
        reason: Some(text),
    });
    let of_runs = prop_oneof![
        run().prop_map(|run| EventKind::RunStarted { run }),
        step().prop_map(|step| EventKind::StepStarted { step }),
        (step(), how, prop::option::of(0..9_u64), prop::option::of(text()))
            .prop_map(|(step, status, took_ms, note)| EventKind::StepEnded { step, status, took_ms, note }),
        (text(), 0..9_u64).prop_map(|(phase, done)| EventKind::Progress {
            progress: Progress { phase, done, total: 9, detail: None }
        }),
        text().prop_map(|error| EventKind::TurnedBack { error }),
        run().prop_map(|mut run| {
            run.verdict = Some(Verdict::Updated);
            EventKind::RunEnded { run }
        }),
    ];
    let of_rest = prop_oneof![
        state.prop_map(|state| EventKind::StateChanged { state }),
        prop::option::of(text())
            .prop_map(|error| EventKind::Checked { latest: Latest { error, ..Latest::default() } }),
        any::<bool>().prop_map(|some| EventKind::NextCheck { at: some.then_some(Timestamp::UNIX_EPOCH) }),
        text().prop_map(|line| EventKind::Output { line }),
        text().prop_map(|service| EventKind::AgentSeen {
            agent: AgentStatus { service, binary: PathBuf::from("/x"), ..AgentStatus::default() }
        }),
        alert.prop_map(|alert| EventKind::AlertRaised { alert }),
        text().prop_map(|id| EventKind::AlertCleared { id }),
        prop::option::of(paused).prop_map(|paused| EventKind::PausedChanged { paused }),
        text().prop_map(|text| EventKind::Note { level: Level::Warn, text }),
        Just(EventKind::HeldChanged { held: Vec::new() }),
    ];
    prop_oneof![of_runs, of_rest]
}

pub(super) fn events() -> impl Strategy<Value = Vec<Event>> {
    prop::collection::vec(kind(), 0..24).prop_map(|kinds| {
        (1..).zip(kinds).map(|(seq, kind)| Event { seq, at: Timestamp::UNIX_EPOCH, kind }).collect()
    })
}

pub(super) fn fold<'a>(mut view: View, events: impl IntoIterator<Item = &'a Event>) -> View {
    for event in events {
        view.apply(event);
    }
    view
}

fn snapshots() -> Result<(), String> {
    hold(&(events(), any::<prop::sample::Index>(), any::<prop::sample::Index>()), |(events, at, back)| {
        let whole = fold(View::default(), &events);
        let at = at.index(events.len() + 1);
        let early = fold(View::default(), &events[..at]);
        // Who joins gets the view, and then perhaps events that it already contains.
        let from = back.index(at + 1);
        let joined = fold(early, &events[from..]);
        prop_assert_eq!(joined, whole);
        Ok(())
    })
}

fn wire() -> Result<(), String> {
    hold(&events(), |events| {
        let sent = serde_json::to_string(&events).map_err(|error| TestCaseError::fail(error.to_string()))?;
        let received: Vec<Event> =
            serde_json::from_str(&sent).map_err(|error| TestCaseError::fail(format!("{error}: {sent}")))?;
        prop_assert_eq!(&received, &events);
        let view = fold(View::default(), &received);
        let json =
            serde_json::to_string(&view.status).map_err(|error| TestCaseError::fail(error.to_string()))?;
        let status: Status =
            serde_json::from_str(&json).map_err(|error| TestCaseError::fail(error.to_string()))?;
        prop_assert_eq!(status, view.status);
        Ok(())
    })
}

fn droppable() -> Result<(), String> {
    hold(&(events(), prop::collection::vec(any::<bool>(), 24)), |(events, lost)| {
        let arrived =
            events.iter().zip(&lost).filter(|(event, lost)| !(**lost && event.kind.may_be_dropped()));
        let mut some = fold(View::default(), arrived.map(|(event, _)| event)).status;
        let mut all = fold(View::default(), &events).status;
        for run in [&mut some.run, &mut all.run].into_iter().flatten() {
            run.progress = None;
        }
        prop_assert_eq!(some, all);
        Ok(())
    })
}
