//! What a verdict leaves behind: what is committed, what is held, which copies are kept.
//!
//! Every part may be repeated: recovery does when the end of a run was not recorded.

use std::time::Duration;

use crate::model::event::Level;
use crate::model::held::HeldCause;
use crate::model::{
    By, Class, EventKind, Failure, Held, Outcome, RunKind, StepId, Timestamp, Verdict, Version,
};
use crate::ports::Committed;

use super::context::Context;
use super::{probation, staging};

const MINUTE: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_secs(24 * 3600);
/// After how many attempts a version that the environment failed is held for good.
const ENVIRONMENT_ATTEMPTS: u32 = 3;

/// Settles a verdict that blames nobody.
///
/// # Errors
/// `Disk`: the run stays open and is settled again.
pub fn settle(cx: &mut Context, verdict: Verdict) -> Outcome<()> {
    probation::settle(cx, verdict)?;
    match verdict {
        Verdict::Updated => {
            commit(cx, cx.plan.new_kept.as_ref().map(|new| (new.version.clone(), new.sha256.clone())))?;
            cx.world.records.set_stuck(None)?;
            if let Some(target) = cx.plan.target.clone() {
                cx.world.records.unhold(&target)?;
            }
            hold_left(cx)?;
            keep_snapshot(cx);
        }
        Verdict::RolledBack => {
            commit(cx, cx.plan.old.as_ref().map(|old| (old.shown(), old.sha256.clone())))?;
            cx.world.records.set_stuck(None)?;
            drop_new(cx);
        }
        Verdict::Stuck => {
            let left = cx.plan.target.as_ref().map_or("an unknown version".to_owned(), ToString::to_string);
            cx.world.records.set_stuck(Some(&left))?;
            let reason = cx.run.error.clone().unwrap_or_default();
            hold(cx, HeldCause::Stuck, reason, None)?;
        }
        // A candidate that was staged before stays: nothing was found against it.
        Verdict::Failed | Verdict::Aborted if staging::is_candidate(cx)? => {}
        Verdict::Failed | Verdict::Aborted => drop_new(cx),
        Verdict::Staged => {}
    }
    if matches!(verdict, Verdict::Updated | Verdict::RolledBack | Verdict::Stuck)
        && staging::is_candidate(cx)?
    {
        cx.world.records.set_staged(None)?;
    }
    tidy(cx);
    let held = cx.world.records.held()?;
    if cx.held_before.as_ref() != Some(&held) {
        cx.emit(EventKind::HeldChanged { held });
    }
    Ok(())
}

/// Settles a run that was taken back: the version is held, unless the environment is to blame.
///
/// # Errors
/// `Disk`.
pub fn settle_back(cx: &mut Context, failure: &Failure, failed: StepId, environment: bool) -> Outcome<()> {
    let version_is_to_blame = failure.class == Class::Unhealthy
        || matches!(failed, StepId::Start | StepId::Verify) && failure.class != Class::Disk;
    if version_is_to_blame && !environment {
        hold(cx, HeldCause::Failed, failure.line(), None)?;
    } else {
        let why = if environment { "the old version fails the same check: " } else { "" };
        hold(cx, HeldCause::Environment, format!("{why}{}", failure.line()), None)?;
    }
    settle(cx, Verdict::RolledBack)
}

/// Settles a run that failed before the agent was touched. A network's failure only slows the
/// checks down; everything else makes the version wait.
///
/// # Errors
/// `Disk`.
pub fn settle_failed(cx: &mut Context, failure: &Failure) -> Outcome<()> {
    if matches!(failure.class, Class::Security | Class::Proof) && staging::is_candidate(cx)? {
        staging::forget(cx.world)?;
    }
    if failure.class != Class::Network {
        let fingerprint = cx.world.builder.fingerprint();
        hold(cx, HeldCause::Build, failure.line(), Some(fingerprint))?;
    }
    settle(cx, Verdict::Failed)
}

/// Holds the target of the run, or makes it wait: longer with each attempt.
fn hold(cx: &mut Context, cause: HeldCause, reason: String, fingerprint: Option<String>) -> Outcome<()> {
    let Some(version) = cx.plan.target.clone() else { return Ok(()) };
    if cx.plan.run.kind == RunKind::Rollback && cause != HeldCause::Stuck {
        // A kept version that fails is not going to be taken by itself anyway.
        return Ok(());
    }
    let now = cx.world.clock.now();
    let before = cx.world.records.held()?.into_iter().find(|held| held.version == version);
    let attempts = match &before {
        // Settled once already by this very run.
        Some(held) if held.cause == cause && held.at >= cx.run.started_at => held.attempts,
        Some(held) if held.cause == cause => held.attempts + 1,
        _ => 1,
    };
    let wait = match cause {
        HeldCause::Build => Some(doubled(10 * MINUTE, attempts)),
        HeldCause::Environment if attempts < ENVIRONMENT_ATTEMPTS => Some(doubled(60 * MINUTE, attempts)),
        _ => None,
    };
    let retry_at = wait.map(|wait| now.checked_add(wait).unwrap_or(Timestamp::MAX));
    cx.world.records.hold(&Held { version, reason, at: now, retry_at, cause, attempts, fingerprint })
}

/// `first`, doubled with each attempt, at most a day.
fn doubled(first: Duration, attempts: u32) -> Duration {
    first.saturating_mul(1_u32.checked_shl(attempts.saturating_sub(1)).unwrap_or(u32::MAX)).min(DAY)
}

/// After a rollback on request the version left is held, so that it does not come back by itself.
fn hold_left(cx: &mut Context) -> Outcome<()> {
    let Some(reason) = cx.plan.hold_reason.clone() else { return Ok(()) };
    let Some(version) = cx.plan.old.as_ref().and_then(|old| old.version.clone()) else { return Ok(()) };
    let at = cx.world.clock.now();
    if cx.plan.run.by != By::Probation {
        return hold_by_operator(cx.world.records.as_mut(), version, reason, at);
    }
    let held = Held {
        version,
        reason,
        at,
        retry_at: None,
        cause: HeldCause::Failed,
        attempts: 1,
        fingerprint: None,
    };
    cx.world.records.hold(&held)
}

/// Holds a version because somebody decided so.
///
/// # Errors
/// `Disk`.
pub fn hold_by_operator(
    records: &mut dyn crate::ports::Records,
    version: Version,
    reason: String,
    at: Timestamp,
) -> Outcome<()> {
    records.hold(&Held {
        version,
        reason,
        at,
        retry_at: None,
        cause: HeldCause::Operator,
        attempts: 0,
        fingerprint: None,
    })
}

fn commit(cx: &mut Context, binary: Option<(String, String)>) -> Outcome<()> {
    let Some((version, sha256)) = binary else { return Ok(()) };
    let at = cx.world.clock.now();
    cx.world.records.set_committed(&Committed { version, sha256, at })
}

/// The version left keeps the database as it was when it was left; the version reached needs none.
/// An agent that runs is not called back because a copy could not be filed.
fn keep_snapshot(cx: &mut Context) {
    let (old, new) = (cx.plan.old_kept.clone(), cx.plan.new_kept.clone());
    let mut results = Vec::new();
    if let Some(old) = &old {
        results.push(cx.world.versions.set_snapshot(old, cx.plan.snapshot.as_ref()));
    }
    if let Some(new) = &new {
        results.push(cx.world.versions.set_snapshot(new, None));
    }
    let protected: Vec<String> = [new, old].into_iter().flatten().map(|kept| kept.sha256).collect();
    match keeping(cx, protected) {
        Ok((count, protected)) => results.push(cx.world.versions.prune(count, &protected)),
        Err(failure) => results.push(Err(failure)),
    }
    warn(cx, results);
}

/// How many entries stay, and which in any case: a candidate that waits is no version to go back to, so
/// it takes nobody's place.
fn keeping(cx: &mut Context, mut protected: Vec<String>) -> Outcome<(usize, Vec<String>)> {
    let mut count = usize::try_from(cx.plan.keep_versions).unwrap_or(usize::MAX);
    if let Some(staged) = cx.world.records.staged()?.filter(|staged| !protected.contains(&staged.kept.sha256))
    {
        let newest = cx.world.versions.kept()?;
        if newest.iter().take(count).any(|kept| kept.sha256 == staged.kept.sha256) {
            count = count.saturating_add(1);
        }
        protected.push(staged.kept.sha256);
    }
    Ok((count, protected))
}

/// A version that did not make it leaves the store, and the snapshot of this run is not needed.
fn drop_new(cx: &mut Context) {
    let mut results = Vec::new();
    if let Some(new) = cx.plan.new_kept.clone()
        && cx.plan.new_is_fresh
    {
        results.push(cx.world.versions.remove(&new));
    }
    if let Some(snapshot) = cx.plan.snapshot.clone() {
        results.push(cx.world.databases.discard(&snapshot));
    }
    warn(cx, results);
}

/// Tells what could not be tidied up.
fn warn(cx: &mut Context, results: Vec<Outcome<()>>) {
    for failure in results.into_iter().filter_map(Result::err) {
        cx.note(Level::Warn, failure.to_string());
    }
}

/// Removes what only this run needed. What cannot be removed now is removed by the next run.
fn tidy(cx: &mut Context) {
    let place = cx.plan.place.clone();
    let results = vec![cx.world.agent_files.clean(&place), cx.world.builder.clean()];
    warn(cx, results);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_a_day() {
        let minutes: Vec<u64> = (1..=9).map(|n| doubled(10 * MINUTE, n).as_secs() / 60).collect();
        assert_eq!(minutes, [10, 20, 40, 80, 160, 320, 640, 1280, 1440]);
        assert_eq!(doubled(10 * MINUTE, 60), DAY);
    }
}
