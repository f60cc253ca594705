//! Stop the agent; taken back by starting it.

use std::time::Duration;

use crate::model::Outcome;

use super::super::context::Context;
use super::Applied;

/// Longer than any sensible `TimeoutStopSec`: the manager kills what does not end by itself.
const DEADLINE: Duration = Duration::from_secs(120);

/// Stops the service. Its processes are gone when this returns.
pub fn apply(cx: &mut Context) -> Outcome<Applied> {
    let state = match cx.seen.take() {
        Some(state) => state,
        None => cx.world.services.state(&cx.plan.place.service)?,
    };
    cx.stopped_at = Some(cx.world.clock.elapsed());
    if state.life == crate::model::agent::Life::Absent {
        return Ok(Applied::skipped("the service does not exist yet"));
    }
    cx.world.services.stop(&cx.plan.place.service, DEADLINE)?;
    Ok(Applied::Done(None))
}

/// Starts what is there now, if it ran before.
pub fn undo(cx: &mut Context) -> Outcome<()> {
    if cx.plan.run_after && cx.plan.old.is_some() { super::start::start(cx) } else { Ok(()) }
}
