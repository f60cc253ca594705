//! One version check: ask, observe, decide. Cheap when nothing changed: then no process is started,
//! nothing is written and nothing is logged.

use std::path::Path;

use crate::model::go_mod::path_of;
use crate::model::held::HeldCause;
use crate::model::status::{Latest, Paused, State};
use crate::model::{
    By, Changes, EventKind, Held, Installed, Outcome, Run, RunKind, StepId, StepStatus, Timestamp, Verdict,
    Version,
};
use crate::ports::{Committed, Offered};

use super::Engine;
use super::decide::{Action, Decision, Facts, decide, latest};
use super::downtime::{self, Expected};
use super::majors::{self, Offers};
use super::switch::Switch;
use super::{settle, staging};

/// What the last check found, good as long as nothing changes.
#[derive(Debug)]
pub(super) struct Memo {
    pub(super) offered: Vec<Offered>,
    /// The module paths that it was found under.
    paths: Vec<String>,
    installed: Option<String>,
    pub(super) decision: Decision,
    /// When it was found: a clock that went back makes times in it mean something else.
    at: Timestamp,
    /// When a reason that waits for a time may be over.
    until: Option<Timestamp>,
}

impl Memo {
    /// When another decision may be due.
    pub(super) fn until(&self) -> Option<Timestamp> {
        self.until
    }
}

impl Engine {
    /// Asks the module system, looks at the host and decides.
    ///
    /// # Errors
    /// What the module system answers, `Disk`, `Service`. `latest` tells the error too.
    pub fn check(&mut self) -> Outcome<Decision> {
        self.pulse.promise(self.world.clock.elapsed(), std::time::Duration::from_secs(1800));
        let before = self.world.agent_files.installed(&self.policy.place.binary)?;
        let source = self.world.source.as_mut();
        let offers = majors::offers(source, &self.policy, before.as_ref(), self.interrupt.cancel());
        let Offers { paths, answer } = match offers {
            Ok(offers) => offers,
            Err(failure) => {
                if self.latest.checked_at.is_none() {
                    // Nothing was found since the start: what was found before it stands.
                    self.latest = self.world.records.latest()?;
                }
                let told = Some(failure.to_string());
                if self.latest.error != told {
                    self.latest.error = told;
                    self.world.records.set_latest(&self.latest)?;
                    let latest = self.latest.clone();
                    (self.sink)(EventKind::Checked { latest });
                }
                return Err(failure);
            }
        };
        let now = self.world.clock.now();
        // The answer may have taken its time.
        let installed = self.world.agent_files.installed(&self.policy.place.binary)?;
        let sha256 = installed.as_ref().map(|installed| installed.sha256.clone());
        if let Some(memo) = &mut self.memo
            && !answer.changed
            && memo.paths == paths
            && memo.installed == sha256
            && memo.decision.action == Action::Nothing
            && memo.at <= now
            && memo.until.is_none_or(|until| now < until)
            && sha256.is_some()
            && self.latest.error.is_none()
        {
            self.latest.checked_at = Some(now);
            return Ok(memo.decision.clone());
        }
        (self.sink)(EventKind::StateChanged { state: State::Checking });
        let decision = self.decide_anew(paths, answer.offered, installed, now);
        self.rest()?;
        decision
    }

    fn decide_anew(
        &mut self,
        paths: Vec<String>,
        offered: Vec<Offered>,
        installed: Option<Installed>,
        now: Timestamp,
    ) -> Outcome<Decision> {
        let taken_back = offered.iter().filter(|offered| offered.retracted.is_some());
        self.retracted = taken_back.map(|offered| offered.version.clone()).collect();
        for path in &paths {
            let of_path = offered.iter().map(|offered| &offered.version);
            let of_path: Vec<Version> =
                of_path.filter(|version| path_of(path, version) == *path).cloned().collect();
            self.world.records.note_offered(path, &of_path, now)?;
        }
        let external = self.adopt(installed.as_ref(), now)?;
        self.learn_ages(&paths, &offered, installed.as_ref(), now)?;
        let service = self.world.services.state(&self.policy.place.service)?;
        let held = self.world.records.held()?;
        // Finding out what the tools are starts them: only a version that waits for others needs it.
        let waits_for_tools = |held: &Held| held.cause == HeldCause::Build && held.blocks(now);
        let fingerprint =
            if held.iter().any(waits_for_tools) { self.world.builder.fingerprint() } else { String::new() };
        let facts = Facts {
            now,
            staged: staging::review(&mut self.world, &self.policy, &offered, &held, installed.as_ref())?,
            machine: self.world.machine.machine_id(),
            expected: self.expected()?,
            installed,
            service,
            committed: self.world.records.committed()?,
            seen: majors::seen(self.world.records.as_mut(), &self.policy.module, &paths)?,
            held,
            paused: self.paused(now)?,
            stuck: self.world.records.stuck()?,
            fingerprint,
            offered,
        };
        let mut decision = decide(&facts, &self.policy);
        if let Some(text) = external {
            decision.alerts.push(("changed_outside", text));
        }
        self.set_alerts(&decision.alerts.clone())?;
        self.tell_latest(&facts, &decision)?;
        let until = facts
            .held
            .iter()
            .filter_map(|held| held.retry_at)
            .chain(facts.paused.as_ref().and_then(|paused| paused.until))
            .chain(decision.until)
            .chain(facts.seen.iter().filter_map(|seen| self.policy.too_young(Some(seen.first_seen_at), now)))
            .filter(|at| *at > now)
            .min();
        self.memo = Some(Memo {
            installed: facts.installed.as_ref().map(|installed| installed.sha256.clone()),
            offered: facts.offered,
            paths,
            decision: decision.clone(),
            at: facts.now,
            until,
        });
        self.tell_agent(&facts.service)?;
        Ok(decision)
    }

    /// The pause in force; one that is over is forgotten, and both are told.
    fn paused(&mut self, now: Timestamp) -> Outcome<Option<Paused>> {
        let mut paused = self.world.records.paused()?;
        if paused.as_ref().is_some_and(|paused| !paused.holds(now)) {
            self.world.records.set_paused(None)?;
            paused = None;
        }
        if self.told_paused != paused {
            self.told_paused.clone_from(&paused);
            (self.sink)(EventKind::PausedChanged { paused: paused.clone() });
        }
        Ok(paused)
    }

    /// The expected downtime, where the policy limits it.
    fn expected(&mut self) -> Outcome<Option<Expected>> {
        match self.policy.max_downtime.is_zero() {
            true => Ok(None),
            false => downtime::of(&mut self.world, &self.policy).map(Some),
        }
    }

    /// When an automatic run to `version` may stop the agent.
    pub(super) fn automatic(&mut self, version: &Version) -> Outcome<Switch> {
        let installed = self.world.agent_files.installed(&self.policy.place.binary)?;
        let records = self.world.records.as_mut();
        let facts = Facts {
            seen: majors::ever_seen(records, &self.policy.module, installed.as_ref())?,
            machine: self.world.machine.machine_id(),
            expected: self.expected()?,
            ..Facts::default()
        };
        Ok(Switch::automatic(&self.policy, &facts, version))
    }

    /// A binary that is not the one last committed was changed by somebody else: it is the installed
    /// one from now on. Returns what to tell the administrator.
    fn adopt(&mut self, installed: Option<&Installed>, now: Timestamp) -> Outcome<Option<String>> {
        let Some(installed) = installed else { return Ok(None) };
        let committed = self.world.records.committed()?;
        let adopted = Committed { version: installed.shown(), sha256: installed.sha256.clone(), at: now };
        let Some(committed) = committed else {
            // The first meeting: nobody changed anything.
            self.world.records.set_committed(&adopted)?;
            return Ok(None);
        };
        if committed.sha256 == installed.sha256 {
            let standing = self.world.records.alerts()?;
            return Ok(standing
                .into_iter()
                .find(|alert| alert.id == "changed_outside")
                .map(|alert| alert.text));
        }
        let left = Version::parse(&committed.version).ok();
        if let (Some(left), Some(now_there)) = (&left, &installed.version)
            && now_there < left
        {
            settle::hold_by_operator(
                self.world.records.as_mut(),
                left.clone(),
                "replaced by hand".into(),
                now,
            )?;
            let held = self.world.records.held()?;
            (self.sink)(EventKind::HeldChanged { held });
        }
        let mut run = Run::new(self.world.machine.new_run_id(now), RunKind::External, By::Timer, now);
        run.from = Some(committed.version.clone());
        run.to = Some(installed.shown());
        run.verdict = Some(Verdict::Updated);
        run.took_ms = Some(0);
        run.changes = self.changes_since(&committed)?;
        for row in &mut run.steps {
            row.status = match row.id {
                StepId::Check | StepId::Detect => StepStatus::Done,
                _ => StepStatus::Skipped,
            };
            row.note = (row.status == StepStatus::Skipped).then(|| "changed by somebody else".to_owned());
        }
        self.world.records.put_run(&run)?;
        self.world.records.set_committed(&adopted)?;
        self.world.records.set_stuck(None)?;
        self.end_probation()?;
        (self.sink)(EventKind::RunStarted { run: run.clone() });
        (self.sink)(EventKind::RunEnded { run });
        Ok(Some(format!(
            "`{}` was changed by somebody else: {} is there now, {} was; it is taken as installed",
            self.policy.place.binary.display(),
            installed.shown(),
            committed.version
        )))
    }

    /// What differs between the binary that was committed, if it is kept, and the one that is there now.
    fn changes_since(&mut self, committed: &Committed) -> Outcome<Option<Changes>> {
        let kept = self.world.versions.kept()?.into_iter().find(|kept| kept.sha256 == committed.sha256);
        let Some(kept) = kept else { return Ok(None) };
        // Only for the record: a binary that says nothing of itself is adopted all the same.
        let mut inspect = |path: &Path| self.world.builder.inspect(path).ok().flatten();
        let both = inspect(&kept.path).zip(inspect(&self.policy.place.binary));
        Ok(both.map(|(old, new)| Changes::between(&old, &new)))
    }

    /// Asks for commit times, from the newest version down to the first that is old enough: the time
    /// counts for what was in the very first answer, and it is shown for the version that policy
    /// leads to.
    fn learn_ages(
        &mut self,
        paths: &[String],
        offered: &[Offered],
        installed: Option<&Installed>,
        now: Timestamp,
    ) -> Outcome<()> {
        let current = installed.and_then(|installed| installed.version.as_ref());
        let seen = majors::seen(self.world.records.as_mut(), &self.policy.module, paths)?;
        for Offered { version, retracted } in offered.iter().rev() {
            if retracted.is_some() || self.policy.excludes(version).is_some() {
                continue;
            }
            let module = path_of(&self.policy.module, version);
            let known = seen.iter().find(|seen| seen.version == *version);
            let time = match known.and_then(|seen| seen.commit_time) {
                Some(time) => Some(time),
                None => self.world.source.info(&module, version, self.interrupt.cancel())?.time,
            };
            if let Some(time) = time
                && known.is_some_and(|seen| seen.commit_time.is_none())
            {
                self.world.records.set_commit_time(&module, version, time)?;
            }
            let since = known.map(|seen| match time {
                Some(time) if seen.in_first_answer => time.min(seen.first_seen_at),
                _ => seen.first_seen_at,
            });
            if self.policy.too_young(since, now).is_none()
                || current.is_some_and(|current| version <= current)
            {
                break;
            }
        }
        Ok(())
    }

    /// Tells what is known of the newest version; remembers it where it is news.
    fn tell_latest(&mut self, facts: &Facts, decision: &Decision) -> Outcome<()> {
        let latest = latest(facts, decision);
        let news = Latest { checked_at: self.latest.checked_at, ..latest.clone() } != self.latest;
        self.latest = latest.clone();
        if news {
            self.world.records.set_latest(&latest)?;
        }
        (self.sink)(EventKind::Checked { latest });
        Ok(())
    }
}
