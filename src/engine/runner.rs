//! Takes a run forward through the table, and turns it back when a step that touches the agent
//! fails.

use std::time::Duration;

use crate::model::agent::Life;
use crate::model::event::Level;
use crate::model::journal::Direction;
use crate::model::status::State;
use crate::model::{Class, EventKind, Failure, Outcome, Record, Run, StepId, StepStatus, Verdict};

use super::context::{Context, millis};
use super::steps::prove;
use super::steps::verify::Watch;
use super::steps::{Applied, STEPS, Step, position};
use super::{settle, staging, switch};

/// How often a step is taken back before the run counts as stuck.
const UNDO_TRIES: u32 = 3;

/// How the engine leaves a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ended {
    /// It has its verdict.
    Verdict(Box<Run>),
    /// It has none: the journal stays open, and the next start or check goes on with it.
    Open,
}

/// Takes the steps from `first` on.
///
/// # Errors
/// Only when the journal cannot be closed: the run stays open then.
pub fn forward(cx: &mut Context, first: StepId) -> Outcome<Ended> {
    for step in &STEPS[position(first)..] {
        if step.id == StepId::Stop && !cx.touched {
            // Building takes minutes: a window may have closed, or opened.
            let waits = cx.switch.waits(cx.world.clock.now());
            if !waits.is_empty() && !cx.wished_to_stop() {
                return staging::end(cx, &switch::joined(&waits));
            }
            // A switch that was to come later and may come now: the old binary is not kept yet.
            if cx.plan.old.is_some()
                && cx.plan.old_kept.is_none()
                && let Some(new) = cx.plan.new_kept.clone()
                && let Err(failure) = prove::stage(cx, &new)
            {
                return finish(cx, Verdict::Failed, Some(&failure));
            }
        }
        if let Err((step, failure)) = one(cx, step) {
            return match failure.class {
                Class::Cancelled if step.touches => Ok(Ended::Open),
                Class::Cancelled => finish(cx, Verdict::Aborted, Some(&failure)),
                _ if step.id == StepId::Commit => {
                    // The new version runs and is proven: only the books are open.
                    cx.note(Level::Error, failure.to_string());
                    Ok(Ended::Open)
                }
                _ if step.touches => back(cx, &failure, step.id),
                _ => finish(cx, Verdict::Failed, Some(&failure)),
            };
        }
    }
    finish(cx, Verdict::Updated, None)
}

/// Takes one step: safe point, announcement, effect, report.
fn one<'s>(cx: &mut Context, step: &'s Step) -> Result<(), (&'s Step, Failure)> {
    let may_stop = !cx.touched && (!step.touches || step.id == StepId::Stop);
    if may_stop && cx.wished_to_stop() {
        return Err((&STEPS[0], Failure::new(Class::Cancelled, "stopped before the agent was touched")));
    }
    if step.id == StepId::Stop {
        heed_operator(cx);
    }
    cx.pulse.promise(cx.world.clock.elapsed(), (step.limit)(&cx.plan));
    if step.touches {
        let announced = match step.id {
            StepId::Stop => cx.world.journal.append(&Record::Switch { plan: Box::new(cx.plan.clone()) }),
            _ => Ok(()),
        }
        .and_then(|()| match step.id {
            // Nothing will be done, so nothing is announced: that would be one more sync of the disk while
            // the agent is down.
            StepId::Register if cx.plan.definition.is_none() => Ok(()),
            id => cx.enter(id, Direction::Forward),
        });
        if let Err(failure) = announced {
            // Not announced, so not done: before `stop` that is a failure like any other.
            let blamed = if step.id == StepId::Stop && !cx.touched { &STEPS[0] } else { step };
            cx.step_ended(step.id, StepStatus::Failed, None, Some(failure.to_string()));
            return Err((blamed, failure));
        }
        cx.touched = true;
    }
    cx.state(step.state);
    cx.step_started(step.id);
    let began = cx.world.clock.elapsed();
    let result = (step.apply)(cx);
    let took = cx.world.clock.elapsed().saturating_sub(began);
    match result {
        Ok(Applied::Done(note)) => cx.step_ended(step.id, StepStatus::Done, Some(took), note),
        Ok(Applied::Skipped(why)) => cx.step_ended(step.id, StepStatus::Skipped, None, Some(why)),
        Err(failure) => {
            // A wish that ended a child looks like a failure of that child.
            let failure = match failure.class {
                Class::Cancelled | Class::Unhealthy => failure,
                _ if !step.touches && cx.wished_to_stop() => Failure { class: Class::Cancelled, ..failure },
                _ => failure,
            };
            if failure.class != Class::Cancelled || !step.touches {
                cx.step_ended(step.id, StepStatus::Failed, Some(took), Some(failure.to_string()));
            }
            return Err((step, failure));
        }
    }
    Ok(())
}

/// Building takes minutes, and an interruption may take days: an agent that somebody started meanwhile
/// runs afterwards; one that was stopped before it was touched stays stopped.
fn heed_operator(cx: &mut Context) {
    let Ok(state) = cx.world.services.state(&cx.plan.place.service) else { return };
    match state.life {
        Life::Running => cx.plan.run_after = true,
        Life::Stopped if !cx.touched && cx.plan.old.is_some() => cx.plan.run_after = false,
        _ => {}
    }
    cx.seen = Some(state);
}

/// Turns the run round: everything that touched the agent is taken back, last first.
///
/// # Errors
/// Only when the journal cannot be closed.
pub fn back(cx: &mut Context, failure: &Failure, failed: StepId) -> Outcome<Ended> {
    cx.run.error = Some(failure.to_string());
    let survived_ms = millis(cx.survived);
    let turn = Record::Turn { error: failure.to_string(), class: failure.class, step: failed, survived_ms };
    if let Err(failure) = cx.world.journal.append(&turn) {
        // The agent matters more than the record: recovery would only try to go forward again.
        cx.note(Level::Error, failure.to_string());
    }
    cx.emit(EventKind::TurnedBack { error: failure.to_string() });
    take_back(cx, failure, failed)
}

/// The way back, from its first step on; taken again from there by recovery.
pub fn take_back(cx: &mut Context, failure: &Failure, failed: StepId) -> Outcome<Ended> {
    cx.state(State::RollingBack);
    for step in STEPS[..=position(failed).min(STEPS.len() - 1)].iter().rev() {
        let Some(undo) = step.undo else { continue };
        cx.pulse.promise(cx.world.clock.elapsed(), (step.limit)(&cx.plan));
        if let Err(stuck) = undo_one(cx, step.id, undo) {
            return give_up(cx, &stuck.context(format!("the {} step cannot be taken back", step.id)));
        }
    }
    let environment = match watch_old(cx, failure) {
        Ok(environment) => environment,
        Err(stuck) if stuck.class == Class::Cancelled => return Ok(Ended::Open),
        Err(stuck) => return give_up(cx, &stuck.context("the old version does not run either")),
    };
    cx.run.error = Some(failure.to_string());
    settle::settle_back(cx, failure, failed, environment)?;
    finish(cx, Verdict::RolledBack, Some(failure))
}

fn undo_one(cx: &mut Context, id: StepId, undo: super::steps::Undo) -> Outcome<()> {
    if let Err(failure) = cx.enter(id, Direction::Back) {
        cx.note(Level::Error, failure.to_string());
    }
    let mut tries = 1;
    loop {
        match undo(cx) {
            Ok(()) => break,
            Err(failure) if tries >= UNDO_TRIES || failure.class == Class::Cancelled => return Err(failure),
            Err(failure) => {
                cx.note(Level::Warn, format!("{failure}; trying again"));
                // Nobody can cancel the way back.
                cx.world.clock.pause(Duration::from_secs(u64::from(tries)), &crate::ports::Cancel::new());
                tries += 1;
            }
        }
    }
    let done = cx.run.steps.iter().any(|row| row.id == id && row.status == StepStatus::Done);
    if done {
        cx.step_ended(id, StepStatus::Undone, None, None);
    }
    Ok(())
}

/// The old version must run at least as long as the new one did. True when it runs but fails the
/// same check: then the environment is to blame.
fn watch_old(cx: &mut Context, failure: &Failure) -> Outcome<bool> {
    let Some(old) = cx.plan.old.clone() else { return Ok(false) };
    if !cx.plan.run_after {
        return Ok(false);
    }
    if cx.plan.was_failing {
        return Ok(true);
    }
    let window = cx.plan.health.window.min(cx.survived + Duration::from_secs(5));
    let watch = Watch { sha256: old.sha256, window, probes: false, back: true };
    cx.pulse.promise(cx.world.clock.elapsed(), super::steps::verify::limit(&cx.plan));
    watch.run(cx)?;
    if failure.class != Class::Unhealthy || !cx.plan.probes_passed_before {
        return Ok(false);
    }
    Ok(cx.world.prober.probe(&cx.plan.health).is_err())
}

/// Neither version runs, or it cannot be told: whatever is there is started, and a human is needed.
///
/// # Errors
/// Only when the journal cannot be closed.
pub fn give_up(cx: &mut Context, failure: &Failure) -> Outcome<Ended> {
    cx.note(Level::Error, failure.to_string());
    if cx.plan.run_after
        && let Err(failure) = cx.world.services.start(&cx.plan.place.service.clone())
    {
        cx.note(Level::Error, failure.to_string());
    }
    cx.run.error = Some(match cx.run.error.take() {
        Some(first) if first != failure.to_string() => format!("{first}; then {failure}"),
        _ => failure.to_string(),
    });
    settle::settle(cx, Verdict::Stuck)?;
    finish(cx, Verdict::Stuck, None)
}

/// Gives the verdict: the run object is complete, in the journal first, then in history.
///
/// # Errors
/// `Disk` when the journal cannot be closed.
pub fn finish(cx: &mut Context, verdict: Verdict, failure: Option<&Failure>) -> Outcome<Ended> {
    if let Some(failure) = failure {
        cx.run.error = Some(failure.to_string());
        if verdict == Verdict::Failed {
            settle::settle_failed(cx, failure)?;
        } else if verdict == Verdict::Aborted {
            settle::settle(cx, verdict)?;
        }
    }
    let stopped = cx.run.step;
    cx.run.verdict = Some(verdict);
    cx.run.took_ms = Some(millis(cx.world.clock.elapsed().saturating_sub(cx.began)));
    cx.run.step = None;
    cx.run.progress = None;
    for row in &mut cx.run.steps {
        if matches!(row.status, StepStatus::Pending | StepStatus::Running) {
            row.status = StepStatus::NotRun;
            row.note = Some(match (verdict, stopped) {
                (Verdict::Staged, _) => "it is switched to later".to_owned(),
                (Verdict::Aborted, _) => "the run was aborted".to_owned(),
                (_, Some(step)) => format!("the {step} step failed"),
                (_, None) => "the run ended before it".to_owned(),
            });
        }
    }
    let run = Box::new(cx.run.clone());
    cx.world.journal.append(&Record::End { run: run.clone() })?;
    if let Err(failure) = cx.world.records.put_run(&run) {
        // The journal has it: the next start writes it into history.
        cx.note(Level::Error, failure.to_string());
    }
    cx.emit(EventKind::RunEnded { run: (*run).clone() });
    cx.state(if verdict == Verdict::Stuck { State::Stuck } else { State::Idle });
    cx.pulse.idle();
    cx.interrupt.run_over();
    Ok(Ended::Verdict(run))
}
