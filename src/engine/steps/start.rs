//! Start the agent, and tell how long it was down.

use crate::model::Outcome;

use super::super::context::{Context, millis};
use super::Applied;

/// Starts the service, unless the administrator had stopped it.
pub fn apply(cx: &mut Context) -> Outcome<Applied> {
    if !cx.plan.run_after {
        return Ok(Applied::skipped("the agent was stopped on purpose and stays stopped"));
    }
    start(cx)?;
    Ok(Applied::Done(None))
}

/// Stops it: what is taken back next must find it stopped.
pub fn undo(cx: &mut Context) -> Outcome<()> {
    super::stop::apply(cx).map(drop)
}

/// Starts the service and adds the gap to the run's downtime.
pub(super) fn start(cx: &mut Context) -> Outcome<()> {
    let service = cx.plan.place.service.clone();
    cx.world.services.start(&service)?;
    let Some(stopped_at) = cx.stopped_at.take() else { return Ok(()) };
    let ours = millis(cx.world.clock.elapsed().saturating_sub(stopped_at));
    // The manager's own clock is exact; a unit that is not enabled is forgotten in between, and
    // then ours must do.
    cx.seen = cx.world.services.state(&service).ok();
    let gap = match &cx.seen {
        Some(state) if state.active_exit_us > 0 && state.active_enter_us > state.active_exit_us => {
            ((state.active_enter_us - state.active_exit_us) / 1000).min(ours)
        }
        _ => ours,
    };
    if cx.plan.old.is_some() {
        cx.run.downtime_ms = Some(cx.run.downtime_ms.unwrap_or(0) + gap);
    }
    Ok(())
}
