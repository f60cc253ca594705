//! Probation: a new version is watched on after its commit, while the updater does nothing else.
//!
//! What is watched lies in the updater's memory, so that a restart goes on with it. A crash of the agent,
//! or a probe that fails several times in a row, takes the agent back to the version before; that is a run
//! of its own.

use std::time::Duration;

use crate::model::agent::Life;
use crate::model::event::Level;
use crate::model::plan::{DatabaseChoice, Health, RestorePolicy};
use crate::model::{By, EventKind, Kept, Outcome, Plan, Probation, RunKind, ServiceState, Verdict};
use crate::ports::Cancel;

use super::context::Context;
use super::steps::verify::{Change, judge};
use super::{Engine, planning};

/// How often the configured probes are asked.
const PROBE_PERIOD: Duration = Duration::from_secs(10);
/// How many failures of the probes in a row count: one may be a network that hiccups.
const FAILURES: u32 = 3;
/// How often going back is tried when it cannot even begin.
const ATTEMPTS: u32 = 3;
/// The wait between two of them.
const RETRY: Duration = Duration::from_secs(600);
/// How long to wait before the manager is asked again that did not answer.
const PATIENCE: Duration = Duration::from_secs(30);

/// What a look at the agent says.
enum Finding {
    /// Nothing against the version, so far.
    Well,
    /// Nothing can be said now.
    Unclear,
    /// Somebody else decided what runs: there is nothing to watch any more.
    Gone(&'static str),
    /// The version is no good.
    Bad(String),
}

impl Engine {
    /// Watches a version that is on probation for `limit`, or until `wake` is raised, a verdict falls or
    /// the probation ends. False, at once: there is none.
    ///
    /// Trouble is reported as an event: the next call tries again.
    pub fn watch_probation(&mut self, limit: Duration, wake: &Cancel) -> bool {
        match self.watch(limit, wake) {
            Ok(watched) => watched,
            Err(failure) => {
                self.report(&failure);
                self.world.clock.pause(limit.min(PATIENCE), wake);
                true
            }
        }
    }

    /// One look without waiting: what happened while no updater ran.
    ///
    /// # Errors
    /// `Service`, `Disk`.
    pub fn glance_at_probation(&mut self) -> Outcome<()> {
        self.watch(Duration::ZERO, &Cancel::new()).map(drop)
    }

    fn watch(&mut self, limit: Duration, wake: &Cancel) -> Outcome<bool> {
        if self.open {
            return Ok(false);
        }
        let Some(probation) = self.world.records.probation()? else { return Ok(false) };
        let until = self.world.clock.elapsed().saturating_add(limit);
        let probation = self.since_this_boot(probation)?;
        let mut seen = self.world.services.state(&probation.service)?;
        let mut finding = first_look(&probation, &seen);
        let mut probes = Probes::default();
        loop {
            match finding {
                Finding::Bad(_) if self.world.services.system_stopping() => {
                    // Everything ends now, and nobody is to blame.
                    self.world.clock.pause(limit.min(PATIENCE), wake);
                    return Ok(true);
                }
                Finding::Bad(how) => return self.fail(probation, &how, wake, until).map(|()| true),
                Finding::Gone(why) => {
                    self.note(Level::Info, format!("the probation of {} ends: {why}", probation.version));
                    return self.end_probation().map(|()| true);
                }
                Finding::Well | Finding::Unclear => {}
            }
            let now = self.world.clock.elapsed();
            let left = (probation.began + probation.length).saturating_sub(now);
            if left.is_zero() {
                let length = probation.length.as_secs();
                self.note(Level::Info, format!("{} passed its probation of {length} s", probation.version));
                return self.end_probation().map(|()| true);
            }
            let rest = until.saturating_sub(now);
            if rest.is_zero() || wake.requested() {
                return Ok(true);
            }
            let period = if probed(&probation.health) { PROBE_PERIOD } else { Duration::MAX };
            let pause = left.min(rest).min(period);
            let state = self.world.services.wait_change(&probation.service, &seen, pause, wake)?;
            finding = look(&seen, &state);
            if matches!(finding, Finding::Well) && !wake.requested() {
                finding = probes.ask(self, &probation.health);
            }
            seen = state;
        }
    }

    /// A reboot begins the probation anew: how long the agent ran before it cannot be told.
    fn since_this_boot(&mut self, mut probation: Probation) -> Outcome<Probation> {
        let boot = self.world.machine.boot_id();
        if probation.boot != boot {
            probation.boot = boot;
            probation.began = self.world.clock.elapsed();
            probation.since = self.world.clock.now();
            probation.restarts = 0;
            self.world.records.set_probation(Some(&probation))?;
            (self.sink)(EventKind::ProbationChanged { probation: Some(probation.shown()) });
        }
        Ok(probation)
    }

    /// Takes the agent back to the version before.
    fn fail(&mut self, mut probation: Probation, how: &str, wake: &Cancel, until: Duration) -> Outcome<()> {
        let now = self.world.clock.now();
        if probation.retry_at.is_some_and(|at| now < at) {
            let rest = until.saturating_sub(self.world.clock.elapsed());
            self.world.clock.pause(rest.min(PATIENCE), wake);
            return Ok(());
        }
        let installed = self.world.agent_files.installed(&probation.binary)?;
        if installed.is_none_or(|installed| installed.sha256 != probation.sha256) {
            self.note(
                Level::Info,
                format!("the probation of {} ends: its binary was replaced", probation.version),
            );
            return self.end_probation();
        }
        let reason = format!("failed its probation: {how}");
        let kept = self.world.versions.kept()?.into_iter().find(|kept| kept.sha256 == probation.back_to);
        let Some(kept) = kept else {
            let version = &probation.version;
            self.note(Level::Error, format!("{version} {reason}; the version before it is not kept any more, so it stays (`rollback` goes to another one)"));
            return self.end_probation();
        };
        self.note(Level::Error, format!("{} {reason}; going back to {}", probation.version, kept.version));
        let choice = self.choice_by_policy(&kept)?;
        let mut plan = planning::to_kept(self, RunKind::Rollback, &kept, choice, By::Probation)?;
        plan.hold_reason = Some(reason);
        match self.execute(plan)?.and_then(|run| run.verdict) {
            // It could not even begin: the version is as bad as before.
            Some(Verdict::Failed) if probation.attempts + 1 < ATTEMPTS => {
                probation.attempts += 1;
                probation.retry_at = now.checked_add(RETRY).ok();
                self.world.records.set_probation(Some(&probation))
            }
            Some(Verdict::Failed) => self.end_probation(),
            // Settled with the run; one that was aborted, or has no verdict yet, is looked at again.
            _ => Ok(()),
        }
    }

    /// What becomes of the database when nobody can be asked.
    fn choice_by_policy(&mut self, kept: &Kept) -> Outcome<DatabaseChoice> {
        let Some(snapshot) = kept.snapshot.clone() else { return Ok(DatabaseChoice::Keep) };
        // What is not SQLite is never put back by itself.
        let restore = snapshot.schema.is_some()
            && match self.policy.restore {
                RestorePolicy::Always => true,
                RestorePolicy::Never => false,
                RestorePolicy::Schema => self.world.databases.schema(&snapshot.database)? != snapshot.schema,
            };
        Ok(if restore { DatabaseChoice::Restore(snapshot) } else { DatabaseChoice::Keep })
    }

    /// Nothing is on probation any more.
    pub(super) fn end_probation(&mut self) -> Outcome<()> {
        if self.world.records.probation()?.is_some() {
            self.world.records.set_probation(None)?;
            (self.sink)(EventKind::ProbationChanged { probation: None });
        }
        Ok(())
    }
}

/// Begins the probation of what a run committed, and ends the one before.
///
/// # Errors
/// `Disk`.
pub(super) fn settle(cx: &mut Context, verdict: Verdict) -> Outcome<()> {
    let before = cx.world.records.probation()?;
    let after = match verdict {
        Verdict::Updated => begin(cx)?,
        Verdict::Stuck => None,
        // The version that failed its probation is back, because the one before it runs no better.
        Verdict::RolledBack if cx.plan.run.by == By::Probation => None,
        Verdict::RolledBack | Verdict::Failed | Verdict::Aborted | Verdict::Staged => return Ok(()),
    };
    if before != after {
        cx.world.records.set_probation(after.as_ref())?;
        cx.emit(EventKind::ProbationChanged { probation: after.as_ref().map(Probation::shown) });
    }
    Ok(())
}

/// Only a new version with one to go back to, and that runs, can be on probation.
fn begin(cx: &mut Context) -> Outcome<Option<Probation>> {
    let Plan { run, place, run_after, probation, health, probes_passed_before, .. } = &cx.plan;
    let (Some(new), Some(old)) = (&cx.plan.new_kept, &cx.plan.old_kept) else { return Ok(None) };
    if run.kind != RunKind::Update || probation.is_zero() || !run_after {
        return Ok(None);
    }
    let health = if *probes_passed_before { health.clone() } else { Health::default() };
    let seen = match &cx.seen {
        Some(state) => Ok(state.clone()),
        None => cx.world.services.state(&place.service),
    };
    Ok(Some(Probation {
        run: run.id.clone(),
        version: new.version.clone(),
        sha256: new.sha256.clone(),
        back_to: old.sha256.clone(),
        service: place.service.clone(),
        binary: place.binary.clone(),
        since: cx.world.clock.now(),
        length: *probation,
        boot: cx.world.machine.boot_id(),
        began: cx.world.clock.elapsed(),
        restarts: seen.map_or(0, |state| state.restarts),
        health,
        attempts: 0,
        retry_at: None,
    }))
}

fn probed(health: &Health) -> bool {
    health.http.is_some() || !health.command.is_empty()
}

/// What the state says of the time in which nobody watched.
fn first_look(probation: &Probation, state: &ServiceState) -> Finding {
    let before = ServiceState { restarts: probation.restarts, ..state.clone() };
    look(&before, state)
}

/// What a change of the state means. An agent that somebody stopped has failed nothing.
fn look(before: &ServiceState, now: &ServiceState) -> Finding {
    if now.life == Life::Absent {
        return Finding::Gone("the agent's service is gone");
    }
    match judge(before, now) {
        Change::Same | Change::Restarted if now.is_running() => Finding::Well,
        Change::Failed(how) => Finding::Bad(format!("the agent did not keep running: {how}")),
        Change::Same | Change::Restarted | Change::Unsettled => Finding::Unclear,
    }
}

/// Failures of the configured probes in a row.
#[derive(Default)]
struct Probes {
    failures: u32,
}

impl Probes {
    fn ask(&mut self, engine: &mut Engine, health: &Health) -> Finding {
        if !probed(health) {
            return Finding::Well;
        }
        match engine.world.prober.probe(health) {
            Ok(()) => self.failures = 0,
            Err(failure) => {
                self.failures += 1;
                if self.failures >= FAILURES {
                    return Finding::Bad(failure.context("the agent runs but its probe fails").line());
                }
            }
        }
        Finding::Well
    }
}
