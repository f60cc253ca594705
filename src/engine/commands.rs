//! What people ask for: update, rollback, hold. Each answers with a run, or why there is none.

use std::time::Duration;

use crate::model::go_mod::path_of;
use crate::model::plan::DatabaseChoice;
use crate::model::{
    By, Class, DatabaseRequest, EventKind, Failure, Kept, Outcome, RollbackRequest, Run, RunKind,
    UpdateRequest, Version,
};

use super::gates::{Wanted, gates};
use super::standing;
use super::switch::Switch;
use super::{Decision, Engine, planning};

/// The answer to a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// There is nothing to do.
    Nothing(String),
    /// A run was made; it has its verdict.
    Ran(Box<Run>),
    /// A run was made and has no verdict yet: the next start goes on with it.
    Open,
}

impl Engine {
    /// Brings the agent to a newer version, or to the one asked for.
    ///
    /// # Errors
    /// `Refused` for what only `--force` lifts; what the check answers; `Disk`.
    pub fn update(&mut self, request: &UpdateRequest, by: By) -> Outcome<Reply> {
        let decision = self.check()?;
        let installed = self.world.agent_files.installed(&self.policy.place.binary)?;
        let current = installed.as_ref().and_then(|installed| installed.version.clone());
        let target = match (&request.version, &decision.target) {
            (Some(version), _) | (None, Some(version)) => version.clone(),
            (None, None) => {
                let why = decision.reason.unwrap_or_else(|| "there is no version to take".into());
                return Err(Failure::new(Class::Refused, why));
            }
        };
        if current.as_ref() == Some(&target) {
            return Ok(Reply::Nothing(format!("{target} is installed already")));
        }
        if !request.force {
            if request.version.is_none()
                && let Some(current) = &current
                && target < *current
            {
                return Ok(Reply::Nothing(format!("{current} is installed and newer than {target}")));
            }
            self.gates(&target, current.as_ref(), &decision)?;
        }
        if request.version.is_some() {
            // A version that does not exist is told before a run begins.
            let module = path_of(&self.policy.module, &target);
            self.world.source.info(&module, &target, self.interrupt.cancel())?;
        }
        let kind = if installed.is_some() { RunKind::Update } else { RunKind::Install };
        let plan = planning::build(self, kind, &target, by)?;
        let never = request
            .stage_only
            .then(|| "somebody asks for it (`update`) or the timer finds it due".to_owned());
        if never.is_some() && plan.new_kept.is_some() {
            return Ok(Reply::Nothing(format!("{target} is built and proven already")));
        }
        if let (Some(ms), false, false) = (plan.expected_downtime_ms, request.stage_only, request.force)
            && let Some((expected, limit)) = self.policy.too_long(Duration::from_millis(ms))
        {
            return Err(Failure::new(
                Class::Refused,
                format!(
                    "the agent is expected to be down for {} ms, and policy.max_downtime is {} ms",
                    expected.as_millis(),
                    limit.as_millis()
                ),
            )
            .hint("`update --force` takes it all the same"));
        }
        let switch = Switch { never, forced: request.force, ..Switch::default() };
        Ok(self.execute_when(plan, switch)?.map_or(Reply::Open, |run| Reply::Ran(Box::new(run))))
    }

    /// What `--force` lifts.
    fn gates(&mut self, target: &Version, current: Option<&Version>, decision: &Decision) -> Outcome<()> {
        let held = self.world.records.held()?;
        let offered = self.memo.as_ref().map_or(&[][..], |memo| &memo.offered);
        let chosen = decision.target.as_ref() == Some(target);
        let wanted = Wanted { target, current, chosen, held: &held, offered };
        match gates(&wanted, &self.policy).into_iter().find_map(|gate| gate.refusal) {
            Some(reason) => {
                Err(Failure::new(Class::Refused, reason)
                    .hint("`update VERSION --force` takes it all the same"))
            }
            None => Ok(()),
        }
    }

    /// Goes back to a kept version: no network, no compiler.
    ///
    /// # Errors
    /// `Refused` when there is no such version, or the choice about the database is missing; `Disk`.
    pub fn rollback(&mut self, request: &RollbackRequest, by: By) -> Outcome<Reply> {
        let installed = self.world.agent_files.installed(&self.policy.place.binary)?;
        let mut kept = self.world.versions.kept()?;
        if let Some(staged) = self.world.records.staged()? {
            kept.retain(|kept| kept.sha256 != staged.kept.sha256);
        }
        let target = choose(&kept, installed.as_ref(), request.version.as_deref())?;
        if installed.as_ref().is_some_and(|installed| installed.sha256 == target.sha256) {
            return Ok(Reply::Nothing(format!("{} is installed already", target.version)));
        }
        let choice = self.database_choice(&target, request.database)?;
        let mut plan = planning::to_kept(self, RunKind::Rollback, &target, choice, by)?;
        plan.hold_reason = Some(format!("rolled back by {by}"));
        Ok(self.execute(plan)?.map_or(Reply::Open, |run| Reply::Ran(Box::new(run))))
    }

    /// Across a schema change somebody has to choose.
    fn database_choice(&mut self, target: &Kept, request: DatabaseRequest) -> Outcome<DatabaseChoice> {
        let Some(snapshot) = target.snapshot.clone() else {
            return match request {
                DatabaseRequest::Restore => Err(Failure::new(
                    Class::Refused,
                    format!("no database snapshot of {} is kept", target.version),
                )
                .hint("`--keep-database` goes back with the database as it is")),
                _ => Ok(DatabaseChoice::Keep),
            };
        };
        match request {
            DatabaseRequest::Restore => Ok(DatabaseChoice::Restore(snapshot)),
            DatabaseRequest::Keep => Ok(DatabaseChoice::Keep),
            DatabaseRequest::Ask if self.world.databases.schema(&snapshot.database)? == snapshot.schema => {
                Ok(DatabaseChoice::Keep)
            }
            DatabaseRequest::Ask => Err(Failure::new(
                Class::Refused,
                format!("the database's schema changed since {} was left", target.version),
            )
            .hint(format!(
                "choose: `--restore-database` puts the database of {} back (today's is set aside), `--keep-database` leaves it",
                snapshot.at
            ))),
        }
    }

    /// Never takes a version automatically.
    ///
    /// # Errors
    /// `Disk`.
    pub fn hold(&mut self, version: &Version, reason: Option<&str>, by: By) -> Outcome<()> {
        let now = self.world.clock.now();
        let (event, _) = standing::hold(self.world.records.as_mut(), version, reason, by, now)?;
        self.ordered(event);
        Ok(())
    }

    /// Lifts a hold. False: there was none.
    ///
    /// # Errors
    /// `Disk`.
    pub fn unhold(&mut self, version: &Version) -> Outcome<bool> {
        let (event, was) = standing::unhold(self.world.records.as_mut(), version)?;
        self.ordered(event);
        Ok(was)
    }

    /// Stops automatic updates, for a time or until resumed.
    ///
    /// # Errors
    /// `Disk`.
    pub fn pause(&mut self, time: Option<Duration>, reason: Option<&str>, by: By) -> Outcome<()> {
        let now = self.world.clock.now();
        let (event, _) = standing::pause(self.world.records.as_mut(), time, reason, by, now)?;
        self.ordered(event);
        Ok(())
    }

    /// Lets automatic updates go on. False: they were not paused.
    ///
    /// # Errors
    /// `Disk`.
    pub fn resume(&mut self) -> Outcome<bool> {
        let (event, was) = standing::resume(self.world.records.as_mut(), self.world.clock.now())?;
        self.ordered(event);
        Ok(was)
    }

    /// Somebody else gave or lifted a standing order, and told it: the next turn decides anew.
    pub fn standing_changed(&mut self) {
        self.memo = None;
        if let Ok(paused) = self.world.records.paused() {
            self.told_paused = paused;
        }
    }

    /// Tells a standing order that was given here; the next turn decides anew.
    fn ordered(&mut self, event: EventKind) {
        self.memo = None;
        if let EventKind::PausedChanged { paused } = &event {
            self.told_paused.clone_from(paused);
        }
        (self.sink)(event);
    }
}

/// The kept version meant: the one named, else the highest below the installed one, else the one
/// kept last.
fn choose(kept: &[Kept], installed: Option<&crate::model::Installed>, named: Option<&str>) -> Outcome<Kept> {
    let listed = || match kept.iter().map(|kept| kept.version.as_str()).collect::<Vec<_>>().join(", ") {
        list if list.is_empty() => {
            "no version is kept yet: the first update keeps the one it leaves".to_owned()
        }
        list => format!("kept are {list}"),
    };
    if let Some(named) = named {
        return kept
            .iter()
            .find(|kept| kept.version == named)
            .cloned()
            .ok_or_else(|| Failure::new(Class::Refused, format!("{named} is not kept")).hint(listed()));
    }
    let current = installed.and_then(|installed| installed.version.as_ref());
    let others =
        || kept.iter().filter(|kept| installed.is_none_or(|installed| installed.sha256 != kept.sha256));
    let below = others()
        .filter_map(|kept| Version::parse(&kept.version).ok().map(|version| (version, kept)))
        .filter(|(version, _)| current.is_none_or(|current| version < current))
        .max_by(|a, b| a.0.cmp(&b.0))
        .map(|(_, kept)| kept);
    below.or_else(|| others().find(|kept| Version::parse(&kept.version).is_err())).cloned().ok_or_else(|| {
        Failure::new(Class::Refused, "no version before the installed one is kept").hint(listed())
    })
}
