//! A candidate that is built and proven now and switched to later.

use crate::model::event::Level;
use crate::model::{Held, Installed, Outcome, RunKind, Staged, StepId, StepStatus, Verdict, Version};
use crate::ports::{Offered, World};

use super::context::Context;
use super::policy::Policy;
use super::{Engine, runner, settle};

/// Ends a run before `stop`: its candidate waits in the store.
///
/// # Errors
/// Only when the journal cannot be closed.
pub(super) fn end(cx: &mut Context, reason: &str) -> Outcome<runner::Ended> {
    if let Err(failure) = remember(cx) {
        return runner::finish(cx, Verdict::Failed, Some(&failure));
    }
    settle::settle(cx, Verdict::Staged)?;
    cx.step_ended(StepId::Stop, StepStatus::NotRun, None, Some(format!("it is switched to when {reason}")));
    runner::finish(cx, Verdict::Staged, None)
}

/// Records the candidate; the one before it leaves the store.
fn remember(cx: &mut Context) -> Outcome<()> {
    let (Some(version), Some(kept)) = (cx.plan.target.clone(), cx.plan.new_kept.clone()) else {
        return Ok(());
    };
    let former = cx.world.records.staged()?;
    let staged = Staged {
        version,
        module: cx.plan.module.clone(),
        package: cx.plan.package.clone(),
        fingerprint: cx.world.builder.fingerprint(),
        kept,
        at: cx.world.clock.now(),
        run: cx.run.id.clone(),
        forced: cx.switch.forced,
    };
    cx.world.records.set_staged(Some(&staged))?;
    if let Some(former) = former
        && former.kept.sha256 != staged.kept.sha256
        && let Err(failure) = remove(cx.world, &former)
    {
        cx.note(Level::Warn, failure.to_string());
    }
    Ok(())
}

/// Takes a candidate out of the store, unless it is what runs.
fn remove(world: &mut World, staged: &Staged) -> Outcome<()> {
    let committed = world.records.committed()?;
    match committed.is_some_and(|committed| committed.sha256 == staged.kept.sha256) {
        true => Ok(()),
        false => world.versions.remove(&staged.kept),
    }
}

/// Forgets the candidate and takes it out of the store.
pub(super) fn forget(world: &mut World) -> Outcome<()> {
    let Some(staged) = world.records.staged()? else { return Ok(()) };
    remove(world, &staged)?;
    world.records.set_staged(None)
}

/// The candidate for `target`, whole and made as it would be made now; one that is not is forgotten.
///
/// # Errors
/// `Disk`.
pub(super) fn usable(engine: &mut Engine, target: &Version) -> Outcome<Option<Staged>> {
    let Some(staged) = engine.world.records.staged()?.filter(|staged| staged.version == *target) else {
        return Ok(None);
    };
    let same = staged.module == engine.policy.module
        && staged.package == engine.policy.package
        && staged.fingerprint == engine.world.builder.fingerprint();
    let kept = engine.world.versions.kept()?.iter().any(|kept| kept.sha256 == staged.kept.sha256);
    if same && kept && engine.world.versions.check(&staged.kept).is_ok() {
        return Ok(Some(staged));
    }
    engine.note(
        Level::Warn,
        format!("{target} was built and proven, but is not what a build would make now: it is built again"),
    );
    forget(&mut engine.world)?;
    Ok(None)
}

/// What is staged, after what can no longer be switched to by itself was taken away.
///
/// # Errors
/// `Disk`.
pub(super) fn review(
    world: &mut World,
    policy: &Policy,
    offered: &[Offered],
    held: &[Held],
    installed: Option<&Installed>,
) -> Outcome<Option<Staged>> {
    let Some(staged) = world.records.staged()? else { return Ok(None) };
    let current = installed.and_then(|installed| installed.version.as_ref());
    let over = current.is_some_and(|current| *current == staged.version)
        || staged.module != policy.module
        || staged.package != policy.package;
    let lower = current.is_some_and(|current| staged.version < *current);
    let retracted =
        offered.iter().any(|offered| offered.version == staged.version && offered.retracted.is_some());
    let is_held = held.iter().any(|held| held.version == staged.version && held.retry_at.is_none());
    let there = world.versions.kept()?.iter().any(|kept| kept.sha256 == staged.kept.sha256);
    if over || !there || !staged.forced && (lower || retracted || is_held) {
        forget(world)?;
        return Ok(None);
    }
    Ok(Some(staged))
}

/// True when the run switches to, or would switch to, the recorded candidate.
pub(super) fn is_candidate(cx: &mut Context) -> Outcome<bool> {
    let staged = cx.world.records.staged()?;
    let new = cx.plan.new_kept.as_ref();
    Ok(matches!(cx.plan.run.kind, RunKind::Update | RunKind::Install)
        && staged.zip(new).is_some_and(|(staged, new)| staged.kept.sha256 == new.sha256))
}
