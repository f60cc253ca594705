//! A run that was interrupted: what its journal and the host say it needs.

use std::time::Duration;

use crate::model::event::Level;
use crate::model::journal::Direction;
use crate::model::status::State;
use crate::model::{Class, EventKind, Failure, Outcome, Plan, Record, StepId, StepStatus, Verdict};
use crate::ports::World;

use super::context::{Context, Emit};
use super::interrupt::{Interrupt, Pulse};
use super::runner::{self, Ended};
use super::settle;
use super::steps::{STEPS, position};

/// After how many recoveries of one run nobody believes in it any more.
const MAX_RECOVERIES: u32 = 3;

/// The one continuation of an interrupted run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Recovery {
    /// The agent was not touched: end the run.
    Abandon,
    /// Between `stop` and `start`: take those steps again.
    Forward,
    /// The new version was being watched: watch it again, for a whole window.
    Watch,
    /// It was proven: only the books are open.
    Commit,
    /// It was being taken back: take everything back again.
    Back {
        /// What had failed.
        failure: Failure,
        /// In which step.
        step: StepId,
        /// How long the new version had run, in milliseconds.
        survived_ms: u64,
    },
    /// Somebody put another binary in place meanwhile: leave everything to them.
    Yield,
    /// It was recovered too often: old binary back, agent started, a human is needed.
    GiveUp,
}

/// Decides by the records of an open run and the content of the agent's binary (`None`: none there).
pub fn recover(records: &[Record], installed: Option<&str>) -> Recovery {
    let Some(plan) = plan(records) else { return Recovery::Abandon };
    let last = records.iter().rev().find_map(|record| match record {
        Record::Enter { step, direction, .. } => Some((*step, *direction)),
        _ => None,
    });
    let turned = records.iter().find_map(|record| match record {
        Record::Turn { error, class, step, survived_ms } => Some((error, *class, *step, *survived_ms)),
        _ => None,
    });
    let Some((step, _)) = last else { return Recovery::Abandon };
    let is_old = installed == plan.old.as_ref().map(|old| old.sha256.as_str());
    let is_new = installed.is_some() && installed == plan.new_kept.as_ref().map(|new| new.sha256.as_str());
    if step == StepId::Commit && turned.is_none() && is_new {
        return Recovery::Commit;
    }
    // A binary that vanished is put back; one that neither version explains is somebody's decision.
    let replaced = installed.is_some() && !is_old && !is_new;
    let taken_back_by_hand =
        is_old && !is_new && turned.is_none() && step > StepId::Install && installed.is_some();
    if replaced || taken_back_by_hand {
        return Recovery::Yield;
    }
    let attempts = records.iter().filter(|record| matches!(record, Record::Recovered { .. })).count();
    if attempts >= MAX_RECOVERIES as usize {
        return Recovery::GiveUp;
    }
    if let Some((error, class, step, survived_ms)) = turned {
        return Recovery::Back { failure: Failure::new(class, error.clone()), step, survived_ms };
    }
    match step {
        StepId::Verify | StepId::Commit => Recovery::Watch,
        _ => Recovery::Forward,
    }
}

/// The newest plan of the run.
pub fn plan(records: &[Record]) -> Option<&Plan> {
    records.iter().rev().find_map(|record| match record {
        Record::Begin { plan } | Record::Switch { plan } => Some(&**plan),
        _ => None,
    })
}

/// Takes an interrupted run to its end. `None`: no run was open.
///
/// # Errors
/// `Disk` when journal or binary cannot be read, or the journal not be written.
pub fn resume(world: &mut World, emit: Emit, interrupt: &Interrupt, pulse: &Pulse) -> Outcome<Option<Ended>> {
    let open = world.journal.open_run()?;
    if let Some(path) = &open.set_aside {
        emit(EventKind::Note {
            level: Level::Error,
            text: format!(
                "the journal was damaged and lies in `{}` now; the state is rebuilt from what is on the disk",
                path.display()
            ),
        });
    }
    let Some(plan) = plan(&open.records).cloned() else { return Ok(None) };
    let installed = world.agent_files.installed(&plan.place.binary)?.map(|installed| installed.sha256);
    let recovery = recover(&open.records, installed.as_deref());
    let mut cx = Context::new(world, plan, emit, interrupt, pulse);
    remember(&mut cx, &open.records);
    cx.touched = recovery != Recovery::Abandon;
    cx.state(State::Recovering);
    let run = cx.run.clone();
    cx.emit(EventKind::RunStarted { run });
    let attempt = 1 + open.records.iter().filter(|record| matches!(record, Record::Recovered { .. })).count();
    cx.world.journal.append(&Record::Recovered { attempt: u32::try_from(attempt).unwrap_or(u32::MAX) })?;
    cx.note(Level::Warn, format!("run {} was interrupted: {}", cx.run.id, in_words(&recovery)));
    cx.pulse.promise(cx.world.clock.elapsed(), Duration::from_secs(300));
    let ended = match recovery {
        Recovery::Abandon => {
            let failure = Failure::new(Class::Cancelled, "the updater ended before the agent was touched");
            runner::finish(&mut cx, Verdict::Aborted, Some(&failure))?
        }
        Recovery::Forward => runner::forward(&mut cx, StepId::Stop)?,
        Recovery::Watch => watch(&mut cx)?,
        Recovery::Commit => runner::forward(&mut cx, StepId::Commit)?,
        Recovery::Back { failure, step, survived_ms } => {
            cx.survived = Duration::from_millis(survived_ms);
            runner::take_back(&mut cx, &failure, step)?
        }
        Recovery::Yield => yield_to_operator(&mut cx, installed.as_deref())?,
        Recovery::GiveUp => give_up(&mut cx, attempt)?,
    };
    Ok(Some(ended))
}

/// The agent was left up: it may have died with the machine, so it is started before it is watched.
fn watch(cx: &mut Context) -> Outcome<Ended> {
    if cx.plan.run_after
        && let Err(failure) = cx.world.services.start(&cx.plan.place.service.clone())
    {
        return match failure.class {
            Class::Cancelled => Ok(Ended::Open),
            _ => runner::back(cx, &failure, StepId::Verify),
        };
    }
    runner::forward(cx, StepId::Verify)
}

/// Somebody else decided what runs: the run ends, and its target does not come back by itself.
fn yield_to_operator(cx: &mut Context, installed: Option<&str>) -> Outcome<Ended> {
    let is_old = installed == cx.plan.old.as_ref().map(|old| old.sha256.as_str());
    let failure =
        Failure::new(Class::Refused, "the agent's binary was replaced by hand while the run was interrupted");
    if let Some(target) = cx.plan.target.clone() {
        let now = cx.world.clock.now();
        settle::hold_by_operator(cx.world.records.as_mut(), target, "replaced by hand".into(), now)?;
    }
    if is_old {
        settle::settle(cx, Verdict::RolledBack)?;
        runner::finish(cx, Verdict::RolledBack, Some(&failure))
    } else {
        runner::finish(cx, Verdict::Aborted, Some(&failure))
    }
}

/// Old binary back, agent started, no verdict on either version.
fn give_up(cx: &mut Context, attempt: usize) -> Outcome<Ended> {
    cx.state(State::RollingBack);
    for step in STEPS[..=position(StepId::Start)].iter().rev().filter(|step| step.id != StepId::Stop) {
        if let Some(undo) = step.undo
            && let Err(failure) = undo(cx)
        {
            cx.note(Level::Error, failure.to_string());
        }
    }
    let failure = Failure::new(
        Class::Internal,
        format!("the run was interrupted {attempt} times: the old version is back and nothing more is tried"),
    )
    .hint("find out what interrupts it, then `update` or `rollback`");
    runner::give_up(cx, &failure)
}

/// Brings the run object to where the journal left it.
fn remember(cx: &mut Context, records: &[Record]) {
    let mut stopped_at = None;
    for record in records {
        match record {
            Record::Enter { step, direction: Direction::Forward, at, .. } => {
                if *step == StepId::Stop && stopped_at.is_none() {
                    stopped_at = Some(*at);
                }
                let reached = position(*step);
                for earlier in STEPS[..reached].iter().map(|step| step.id) {
                    if let Some(row) = cx.run.row_mut(earlier)
                        && matches!(row.status, StepStatus::Pending | StepStatus::Running)
                    {
                        row.status = StepStatus::Done;
                    }
                }
                cx.run.step_started(*step);
            }
            Record::SnapshotTaken { snapshot, took_ms } => {
                cx.plan.snapshot.clone_from(snapshot);
                cx.run.snapshot_ms = Some(*took_ms);
            }
            Record::Turn { error, step, .. } => {
                cx.run.error = Some(error.clone());
                cx.run.step_ended(*step, StepStatus::Failed, None, Some(error.clone()));
            }
            _ => {}
        }
    }
    let down_since = |step: StepId| step > StepId::Preflight;
    if let Some(at) = stopped_at
        && cx.run.step.is_some_and(down_since)
        && cx.run.step < Some(StepId::Verify)
    {
        let down = Duration::try_from(cx.world.clock.now().duration_since(at)).unwrap_or_default();
        cx.stopped_at = Some(cx.world.clock.elapsed().saturating_sub(down));
    }
    let ran = Duration::try_from(cx.world.clock.now().duration_since(cx.run.started_at)).unwrap_or_default();
    cx.began = cx.began.saturating_sub(ran);
}

fn in_words(recovery: &Recovery) -> &'static str {
    match recovery {
        Recovery::Abandon => "the agent was not touched, so it is dropped",
        Recovery::Forward => "it goes on",
        Recovery::Watch => "the new version is watched again",
        Recovery::Commit => "it had succeeded and is recorded",
        Recovery::Back { .. } => "it goes on being taken back",
        Recovery::Yield => "the binary was replaced by hand meanwhile, so it ends here",
        Recovery::GiveUp => "too often, so the old version is put back",
    }
}
