//! A run as it goes by: for people on standard error, or every event as JSON on standard output.
//!
//! The engine in this process tells a sink, the service's run is followed over the socket: what is said is the
//! same.

mod course;
mod remote;
mod teller;

use super::console::{Console, Stop};
use super::exit::Exit;
use crate::engine::{Reply, Sink};
use crate::model::event::Level;
use crate::model::{Event, EventKind, Run, StepId, StepRow, StepStatus, Timestamp};
use crate::render;
use crate::render::words::{self, Glyphs};

pub(super) use remote::{Work, begin, detach};

/// A sink for the engine that shows what happens. Whether anybody still looks never matters to a run.
pub(super) fn sink(console: &Console, json: bool) -> Sink {
    let console = console.clone();
    match json {
        true => {
            let mut seq = 0;
            Box::new(move |kind| {
                seq += 1;
                if let Ok(line) = serde_json::to_string(&Event { seq, at: Timestamp::now(), kind }) {
                    drop(console.line(&line));
                }
            })
        }
        false => Box::new(move |kind| {
            if let Some(line) = said(&kind) {
                console.talk(&line);
            }
        }),
    }
}

/// What is said of an event.
pub(super) fn said(kind: &EventKind) -> Option<String> {
    match kind {
        EventKind::RunStarted { run } => {
            Some(format!("{} {} (run {})", words::kind(run.kind), words::way(run), run.id))
        }
        // The two that take long: nobody should wonder.
        EventKind::StepStarted { step: step @ (StepId::Build | StepId::Verify) } => Some(render::run::step(
            &StepRow { status: StepStatus::Running, ..StepRow::pending(*step) },
            Glyphs::Ascii,
        )),
        EventKind::StepEnded { status: StepStatus::NotRun | StepStatus::Pending, .. } => None,
        EventKind::StepEnded { step, status, took_ms, note } => {
            let row =
                StepRow { status: *status, took_ms: *took_ms, note: note.clone(), ..StepRow::pending(*step) };
            Some(render::run::step(&row, Glyphs::Ascii))
        }
        EventKind::Output { line } => Some(format!("    | {line}")),
        EventKind::ChangesKnown { changes } => {
            Some(format!("    what changes: {}", render::changes::line(changes)))
        }
        EventKind::TurnedBack { error } => Some(format!("  going back to the old version: {error}")),
        EventKind::AlertRaised { alert } => Some(format!("  attention: {}", alert.text)),
        EventKind::Note { level: Level::Warn | Level::Error, text } => Some(format!("  attention: {text}")),
        EventKind::Note { level: Level::Info, text } => Some(format!("  {text}")),
        _ => None,
    }
}

/// Tells the result of a request and gives its exit code.
pub(super) fn result(console: &Console, reply: &Reply, json: bool) -> Result<Exit, Stop> {
    match reply {
        Reply::Nothing(why) => nothing(console, why, json),
        Reply::Ran(run) => ended(console, run, json),
        Reply::Open => {
            console.talk("the run has no verdict yet: the service goes on with it when it starts, or the next `update`");
            Ok(Exit::Failed)
        }
    }
}

/// There was nothing to do.
pub(super) fn nothing(console: &Console, why: &str, json: bool) -> Result<Exit, Stop> {
    if json {
        console.talk(why);
        return Ok(Exit::Done);
    }
    counts(console.line(why)).map(|()| Exit::Done)
}

/// A run has ended.
pub(super) fn ended(console: &Console, run: &Run, json: bool) -> Result<Exit, Stop> {
    if !json {
        // As JSON the last event holds the whole run.
        counts(console.line(&render::run::outcome(run)))?;
    }
    Ok(Exit::of_run(run))
}

/// The verdict counts, also where nobody reads it.
fn counts(told: Result<(), Stop>) -> Result<(), Stop> {
    match told {
        Err(Stop::Gone) => Ok(()),
        told => told,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::status::State;
    use crate::model::{By, RunKind};

    #[test]
    fn what_matters_to_the_one_who_waits_is_said() {
        let run = Run::new("r1".into(), RunKind::Update, By::Uid(0), Timestamp::UNIX_EPOCH);
        let ended = |step, status, note: &str| EventKind::StepEnded {
            step,
            status,
            took_ms: Some(180),
            note: Some(note.into()),
        };
        for (kind, expected) in [
            (EventKind::RunStarted { run }, Some("update nothing -> nothing (run r1)")),
            (EventKind::StepStarted { step: StepId::Build }, Some("  > Download & compile")),
            (EventKind::StepStarted { step: StepId::Stop }, None),
            (
                ended(StepId::Stop, StepStatus::Done, "gone"),
                Some("  + Stop agent                     180 ms       gone"),
            ),
            (ended(StepId::Commit, StepStatus::NotRun, "aborted"), None),
            (EventKind::Output { line: "pkg".into() }, Some("    | pkg")),
            (
                EventKind::TurnedBack { error: "it died".into() },
                Some("  going back to the old version: it died"),
            ),
            (EventKind::StateChanged { state: State::Idle }, None),
        ] {
            assert_eq!(said(&kind).as_deref(), expected, "{kind:?}");
        }
    }
}
