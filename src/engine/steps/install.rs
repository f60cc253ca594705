//! Put the new binary in place: one rename.

use crate::model::{Class, Failure, Outcome};

use super::super::context::Context;
use super::Applied;

/// Renames the staged binary over the agent's.
pub fn apply(cx: &mut Context) -> Outcome<Applied> {
    let new = cx
        .plan
        .new_kept
        .clone()
        .ok_or_else(|| Failure::new(Class::Internal, "this run has no new binary"))?;
    match cx.world.agent_files.install(&cx.plan.place, &new.sha256) {
        // An interrupted rollback of this run may have used the staged file up.
        Err(failure) if failure.class == Class::Proof => {
            cx.world.agent_files.stage(&new, &cx.plan.place)?;
            cx.world.agent_files.install(&cx.plan.place, &new.sha256)?;
        }
        other => other?,
    }
    Ok(Applied::Done(None))
}

/// Puts the old binary back; removes the new one where there was none.
pub fn undo(cx: &mut Context) -> Outcome<()> {
    match &cx.plan.old {
        Some(old) => cx.world.agent_files.put_back(&cx.plan.place, cx.plan.old_kept.as_ref(), &old.sha256),
        None => cx.world.agent_files.remove(&cx.plan.place),
    }
}
