//! One version check: ask, observe, decide. Cheap when nothing changed: then no process is started,
//! nothing is written and nothing is logged.

use crate::model::held::HeldCause;
use crate::model::status::{Latest, State};
use crate::model::{
    By, EventKind, Held, Installed, Outcome, Run, RunKind, StepId, StepStatus, Timestamp, Verdict, Version,
};
use crate::ports::{Committed, Offered};

use super::Engine;
use super::decide::{Action, Decision, Facts, decide};
use super::settle;

/// What the last check found, good as long as nothing changes.
#[derive(Debug)]
pub(super) struct Memo {
    pub(super) offered: Vec<Offered>,
    installed: Option<String>,
    pub(super) decision: Decision,
    /// When a reason that waits for a time may be over.
    until: Option<Timestamp>,
}

impl Engine {
    /// Asks the module system, looks at the host and decides.
    ///
    /// # Errors
    /// What the module system answers, `Disk`, `Service`. `latest` tells the error too.
    pub fn check(&mut self) -> Outcome<Decision> {
        self.pulse.promise(self.world.clock.elapsed(), std::time::Duration::from_secs(1800));
        let answer = match self.world.source.check(&self.policy.module, self.interrupt.cancel()) {
            Ok(answer) => answer,
            Err(failure) => {
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
        let installed = self.world.agent_files.installed(&self.policy.place.binary)?;
        let sha256 = installed.as_ref().map(|installed| installed.sha256.clone());
        if let Some(memo) = &mut self.memo
            && !answer.changed
            && memo.installed == sha256
            && memo.decision.action == Action::Nothing
            && memo.until.is_none_or(|until| now < until)
            && sha256.is_some()
            && self.latest.error.is_none()
        {
            self.latest.checked_at = Some(now);
            return Ok(memo.decision.clone());
        }
        let offered = match &self.memo {
            Some(memo) if !answer.changed => memo.offered.clone(),
            _ => answer.offered,
        };
        (self.sink)(EventKind::StateChanged { state: State::Checking });
        let decision = self.decide_anew(offered, installed, now);
        self.rest()?;
        decision
    }

    fn decide_anew(
        &mut self,
        offered: Vec<Offered>,
        installed: Option<Installed>,
        now: Timestamp,
    ) -> Outcome<Decision> {
        let module = self.policy.module.clone();
        let versions: Vec<Version> = offered.iter().map(|offered| offered.version.clone()).collect();
        self.world.records.note_offered(&module, &versions, now)?;
        let external = self.adopt(installed.as_ref(), now)?;
        self.learn_ages(&offered, installed.as_ref(), now)?;
        let service = self.world.services.state(&self.policy.place.service)?;
        let held = self.world.records.held()?;
        // Finding out what the tools are starts them: only a version that waits for others needs it.
        let waits_for_tools = |held: &Held| held.cause == HeldCause::Build && held.blocks(now);
        let fingerprint =
            if held.iter().any(waits_for_tools) { self.world.builder.fingerprint() } else { String::new() };
        let facts = Facts {
            now,
            installed,
            service,
            committed: self.world.records.committed()?,
            seen: self.world.records.seen(&module)?,
            held,
            paused: self.world.records.paused()?,
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
            .chain(facts.seen.iter().filter_map(|seen| self.policy.too_young(Some(seen.first_seen_at), now)))
            .filter(|at| *at > now)
            .min();
        self.memo = Some(Memo {
            installed: facts.installed.as_ref().map(|installed| installed.sha256.clone()),
            offered: facts.offered.clone(),
            decision: decision.clone(),
            until,
        });
        self.tell_agent(&facts.service)?;
        Ok(decision)
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

    /// Asks for commit times, from the newest version down to the first that is old enough: the time
    /// counts for what was in the very first answer, and it is shown for the version that policy
    /// leads to.
    fn learn_ages(
        &mut self,
        offered: &[Offered],
        installed: Option<&Installed>,
        now: Timestamp,
    ) -> Outcome<()> {
        let module = self.policy.module.clone();
        let current = installed.and_then(|installed| installed.version.as_ref());
        let seen = self.world.records.seen(&module)?;
        for Offered { version, retracted } in offered.iter().rev() {
            if retracted.is_some() || self.policy.excludes(version).is_some() {
                continue;
            }
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
        let seen = decision
            .target
            .as_ref()
            .and_then(|target| facts.seen.iter().find(|seen| seen.version == *target));
        let latest = Latest {
            version: decision.target.as_ref().map(ToString::to_string),
            commit_time: seen.and_then(|seen| seen.commit_time),
            first_seen_at: seen.map(|seen| seen.first_seen_at),
            checked_at: Some(facts.now),
            error: None,
            update_available: decision.update_available,
            reason: decision.reason.clone(),
        };
        let news = Latest { checked_at: self.latest.checked_at, ..latest.clone() } != self.latest;
        self.latest = latest.clone();
        if news {
            self.world.records.set_latest(&latest)?;
        }
        (self.sink)(EventKind::Checked { latest });
        Ok(())
    }
}
