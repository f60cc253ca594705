//! The will: decide, plan, run, undo, recover, schedule. One file a step.
//!
//! The engine does one thing at a time, on a plain thread, through synchronous ports. It sees only
//! `model` and `ports`: never a setting's origin, a socket or a real adapter. Nothing touches the
//! running agent before a proven binary of the new version lies beside the old one.

mod check;
mod commands;
mod context;
pub mod decide;
pub mod downtime;
pub mod gates;
mod interrupt;
pub mod majors;
mod planning;
mod policy;
mod probation;
pub mod recover;
mod rescue;
mod runner;
mod schedule;
mod settle;
mod splay;
mod staging;
pub mod standing;
pub mod steps;
pub mod switch;

pub use crate::model::{DatabaseRequest, RollbackRequest, UpdateRequest};
pub use commands::Reply;
pub use decide::{Action, Decision};
pub use interrupt::{Interrupt, Pulse, Wish};
pub use policy::Policy;
pub use rescue::rescue;
pub use runner::Ended;

use std::time::Duration;

use crate::model::event::Level;
use crate::model::status::{AgentStatus, Alert, Latest, Paused, State};
use crate::model::{
    By, Class, EventKind, Failure, Outcome, Plan, Record, Run, RunKind, ServiceState, StepId, StepStatus,
    Verdict, Version,
};
use crate::ports::World;

use self::check::Memo;
use self::context::Context;
use self::schedule::Schedule;
use self::switch::Switch;

/// Where the engine's events go.
pub type Sink = Box<dyn FnMut(EventKind) + Send>;

/// The engine: a world, a policy, and what it remembers between two checks.
pub struct Engine {
    world: World,
    policy: Policy,
    sink: Sink,
    interrupt: Interrupt,
    pulse: Pulse,
    schedule: Schedule,
    memo: Option<Memo>,
    latest: Latest,
    /// Versions that the last answer marked as taken back by their authors.
    retracted: Vec<Version>,
    /// A run has no verdict yet: it is taken up again before anything else.
    open: bool,
    last_error: Option<(String, u32)>,
    /// The pause that was told last.
    told_paused: Option<Paused>,
}

impl Engine {
    /// An engine that has done nothing yet. Call [`recover`](Self::recover) first.
    pub fn new(world: World, policy: Policy, sink: Sink, interrupt: Interrupt, pulse: Pulse) -> Self {
        Self {
            world,
            policy,
            sink,
            interrupt,
            pulse,
            schedule: Schedule::default(),
            memo: None,
            latest: Latest::default(),
            retracted: Vec::new(),
            open: true,
            last_error: None,
            told_paused: None,
        }
    }

    /// Takes up a run that was interrupted, and completes history from the journal.
    ///
    /// # Errors
    /// `Disk`. The run stays open then.
    pub fn recover(&mut self) -> Outcome<Option<Run>> {
        let run = recover_run(&mut self.world, &mut self.sink, &self.interrupt, &self.pulse)?;
        self.memo = None;
        match run {
            Some(Ended::Open) => Ok(None),
            Some(Ended::Verdict(run)) => {
                self.open = false;
                Ok(Some(*run))
            }
            None => {
                self.open = false;
                // What a run could not tidy up, and a build that was killed. It may stay if it must.
                drop(self.world.builder.clean());
                Ok(None)
            }
        }
    }

    /// True while a run has no verdict.
    pub fn is_open(&self) -> bool {
        self.open
    }

    /// New settings, from the next check on.
    pub fn reload(&mut self, world: World, policy: Policy) {
        self.world = world;
        self.policy = policy;
        self.memo = None;
    }

    /// The world, for reading what the engine does not tell by events.
    pub fn world(&mut self) -> &mut World {
        &mut self.world
    }

    /// The policy in force.
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// What is known of the newest version.
    pub fn latest(&self) -> &Latest {
        &self.latest
    }

    /// One turn of the service's life: take up an open run, check, do what is due. Returns the time
    /// until the next turn, and the run if there was one.
    pub fn turn(&mut self) -> (Duration, Option<Run>) {
        let result = self.try_turn();
        let now = self.world.clock.now();
        let (run, delay) = match result {
            Ok(run) => {
                self.last_error = None;
                (run, self.schedule.after_success(self.policy.check_interval, self.policy.jitter))
            }
            Err(failure) => {
                self.report(&failure);
                (None, self.schedule.after_failure(&failure, self.policy.check_interval, self.policy.jitter))
            }
        };
        // A window that opens, a pause that ends: they are not slept through.
        let wakes = self.memo.as_ref().and_then(Memo::until);
        let delay = schedule::sooner(wakes, self.world.clock.now()).map_or(delay, |sooner| delay.min(sooner));
        let at = now.checked_add(delay).ok();
        (self.sink)(EventKind::NextCheck { at });
        self.pulse.idle();
        (delay, run)
    }

    fn try_turn(&mut self) -> Outcome<Option<Run>> {
        if self.open {
            self.recover()?;
            if self.open {
                return Ok(None);
            }
        }
        let decision = self.check()?;
        self.act(&decision, By::Timer)
    }

    /// Does what a decision says.
    ///
    /// # Errors
    /// `Disk` when the run cannot be recorded.
    pub fn act(&mut self, decision: &Decision, by: By) -> Outcome<Option<Run>> {
        let plan = match &decision.action {
            Action::Nothing => return Ok(None),
            Action::Update(version) => {
                let plan = planning::build(self, RunKind::Update, version, by)?;
                let switch = self.automatic(version)?;
                return self.execute_when(plan, switch);
            }
            Action::Install(version) => planning::build(self, RunKind::Install, version, by)?,
            Action::Repair => planning::repair(self, by)?,
        };
        self.execute(plan)
    }

    /// Runs a plan at once. `None`: it has no verdict yet.
    fn execute(&mut self, plan: Plan) -> Outcome<Option<Run>> {
        self.execute_when(plan, Switch::default())
    }

    /// Runs a plan and stops the agent only when `switch` allows it.
    fn execute_when(&mut self, plan: Plan, switch: Switch) -> Outcome<Option<Run>> {
        if self.open {
            return Err(Failure::new(Class::Busy, "an interrupted run has no verdict yet")
                .hint("look at `status`; when the system is up again the run goes on"));
        }
        let mut cx = Context::new(&mut self.world, plan, &mut self.sink, &self.interrupt, &self.pulse);
        cx.switch = switch;
        cx.world.journal.append(&Record::Begin { plan: Box::new(cx.plan.clone()) })?;
        self.open = true;
        self.memo = None;
        let run = cx.run.clone();
        cx.emit(EventKind::RunStarted { run });
        let why = match (cx.plan.run.by, &cx.plan.hold_reason) {
            (By::Probation, Some(reason)) => {
                format!("{} {reason}", cx.run.from.as_deref().unwrap_or("the new version"))
            }
            _ => found(&cx.run),
        };
        for (step, note) in [(StepId::Check, None), (StepId::Detect, Some(why))] {
            cx.step_started(step);
            cx.step_ended(step, StepStatus::Done, Some(Duration::ZERO), note);
        }
        let ended = runner::forward(&mut cx, StepId::Preflight)?;
        let agent = match cx.seen.take() {
            Some(state) => self.tell_agent(&state)?,
            None => self.observe_agent()?,
        };
        let reached = matches!(&ended, Ended::Verdict(run) if run.verdict == Some(Verdict::Updated));
        if reached && !agent.retracted {
            self.clear_alert("retracted")?;
        }
        Ok(match ended {
            Ended::Open => None,
            Ended::Verdict(run) => {
                self.open = false;
                if run.verdict == Some(Verdict::Staged) {
                    // What is waited for is told at once, not at the next check.
                    drop(self.check());
                }
                Some(*run)
            }
        })
    }

    /// Looks at the agent and tells what is seen.
    ///
    /// # Errors
    /// `Disk`, `Service`.
    pub fn observe_agent(&mut self) -> Outcome<AgentStatus> {
        let state = self.world.services.state(&self.policy.place.service)?;
        self.tell_agent(&state)
    }

    /// Tells what is seen of the agent, whose service is in `state`.
    fn tell_agent(&mut self, state: &ServiceState) -> Outcome<AgentStatus> {
        let place = &self.policy.place;
        let installed = self.world.agent_files.installed(&place.binary)?;
        let version = installed.as_ref().and_then(|installed| installed.version.as_ref());
        let retracted = version.is_some_and(|version| self.retracted.contains(version));
        let mut agent = AgentStatus {
            service: place.service.clone(),
            version: installed.as_ref().map(crate::model::Installed::shown),
            binary: place.binary.clone(),
            sha256: installed.map(|installed| installed.sha256),
            retracted,
            ..AgentStatus::default()
        };
        agent.see(state);
        (self.sink)(EventKind::AgentSeen { agent: agent.clone() });
        Ok(agent)
    }

    /// An unchanged failure is told once, then counted.
    fn report(&mut self, failure: &Failure) {
        let line = failure.to_string();
        match &mut self.last_error {
            Some((last, count)) if *last == line => *count += 1,
            _ => {
                if let Some((last, count)) = self.last_error.take()
                    && count > 1
                {
                    self.note(Level::Warn, format!("seen {count} times: {last}"));
                }
                self.note(Level::Error, line.clone());
                self.last_error = Some((line, 1));
            }
        }
    }

    fn note(&mut self, level: Level, text: String) {
        (self.sink)(EventKind::Note { level, text });
    }

    /// Replaces the standing alerts: tells which are new and which are over.
    fn set_alerts(&mut self, wanted: &[(&'static str, String)]) -> Outcome<()> {
        let standing = self.world.records.alerts()?;
        let now = self.world.clock.now();
        let alerts: Vec<Alert> = wanted
            .iter()
            .map(|(id, text)| {
                let since = standing.iter().find(|alert| alert.id == *id).map_or(now, |alert| alert.since);
                Alert { id: (*id).to_owned(), text: text.clone(), since }
            })
            .collect();
        if alerts == standing {
            return Ok(());
        }
        for over in standing.iter().filter(|alert| alerts.iter().all(|new| new.id != alert.id)) {
            (self.sink)(EventKind::AlertCleared { id: over.id.clone() });
        }
        for alert in alerts.iter().filter(|alert| !standing.contains(alert)) {
            (self.sink)(EventKind::AlertRaised { alert: alert.clone() });
        }
        self.world.records.set_alerts(&alerts)
    }

    /// An alert is over before the next check would say so: without the service that may be never.
    fn clear_alert(&mut self, id: &str) -> Outcome<()> {
        let mut alerts = self.world.records.alerts()?;
        let before = alerts.len();
        alerts.retain(|alert| alert.id != id);
        if alerts.len() < before {
            self.world.records.set_alerts(&alerts)?;
            (self.sink)(EventKind::AlertCleared { id: id.to_owned() });
        }
        Ok(())
    }

    /// The state in which the engine rests.
    fn rest(&mut self) -> Outcome<()> {
        let state = if self.world.records.stuck()?.is_some() { State::Stuck } else { State::Idle };
        (self.sink)(EventKind::StateChanged { state });
        Ok(())
    }
}

/// Takes up a run that was interrupted, with nothing but the journal's own values: no policy is
/// needed, so that a broken configuration cannot keep the agent down.
///
/// # Errors
/// `Disk`.
pub fn recover_run(
    world: &mut World,
    sink: &mut Sink,
    interrupt: &Interrupt,
    pulse: &Pulse,
) -> Outcome<Option<Ended>> {
    if let Some(Record::End { run }) = world.journal.last_end()?
        && world.records.run(&run.id)?.is_none()
    {
        world.records.put_run(&run)?;
        // Its end was recorded and not told to anybody.
        sink(EventKind::RunEnded { run: *run });
    }
    recover::resume(world, sink, interrupt, pulse)
}

fn found(run: &Run) -> String {
    let from = run.from.as_deref().unwrap_or("nothing");
    let to = run.to.as_deref().unwrap_or("nothing");
    format!("{from} installed, {to} wanted")
}
