//! What a step works with.

use std::time::Duration;

use crate::model::event::Level;
use crate::model::journal::Direction;
use crate::model::status::State;
use crate::model::{EventKind, Held, Outcome, Plan, Progress, Record, Run, ServiceState, StepId, StepStatus};
use crate::ports::{Built, World};

use super::interrupt::{Interrupt, Pulse};
use super::switch::Switch;

/// The way events leave the engine.
pub type Emit<'a> = &'a mut dyn FnMut(EventKind);

/// One run under way: the world, its plan, its record, and what earlier steps found.
pub struct Context<'a> {
    /// Everything outside.
    pub world: &'a mut World,
    /// What the run does.
    pub plan: Plan,
    /// The run as it is shown.
    pub run: Run,
    /// Where events go.
    pub emit: Emit<'a>,
    /// Who may stop us.
    pub interrupt: &'a Interrupt,
    /// The watchdog's promise.
    pub pulse: &'a Pulse,
    /// When the agent may be stopped.
    pub switch: Switch,
    /// What `build` produced, for `prove`.
    pub built: Option<Built>,
    /// The agent may be touched already (a run taken up by recovery): no safe point is left.
    pub touched: bool,
    /// The agent's service as it was seen a moment ago, for whoever needs it next: asking costs up to 20 ms.
    pub seen: Option<ServiceState>,
    /// When the agent was stopped, by our monotonic clock.
    pub stopped_at: Option<Duration>,
    /// How long the present version had run when the last watch ended.
    pub survived: Duration,
    /// When the run began, by our monotonic clock.
    pub began: Duration,
    /// What was held before the run; `None`: unknown.
    pub held_before: Option<Vec<Held>>,
}

impl<'a> Context<'a> {
    /// A context for `plan`.
    pub fn new(
        world: &'a mut World,
        plan: Plan,
        emit: Emit<'a>,
        interrupt: &'a Interrupt,
        pulse: &'a Pulse,
    ) -> Self {
        let began = world.clock.elapsed();
        let run = plan.run.clone();
        let held_before = world.records.held().ok();
        Self {
            world,
            plan,
            run,
            emit,
            interrupt,
            pulse,
            switch: Switch::default(),
            built: None,
            touched: false,
            seen: None,
            stopped_at: None,
            survived: Duration::ZERO,
            began,
            held_before,
        }
    }

    /// Emits an event.
    pub fn emit(&mut self, kind: EventKind) {
        (self.emit)(kind);
    }

    /// Emits a remark.
    pub fn note(&mut self, level: Level, text: impl Into<String>) {
        (self.emit)(EventKind::Note { level, text: text.into() });
    }

    /// Emits the engine's state.
    pub fn state(&mut self, state: State) {
        (self.emit)(EventKind::StateChanged { state });
    }

    /// Emits progress of the step under way.
    pub fn progress(&mut self, phase: &str, done: u64, total: u64, detail: Option<String>) {
        let progress = Progress { phase: phase.to_owned(), done, total, detail };
        self.run.progress = Some(progress.clone());
        (self.emit)(EventKind::Progress { progress });
    }

    /// Marks a step as begun, here and for the eyes.
    pub fn step_started(&mut self, step: StepId) {
        self.run.step_started(step);
        (self.emit)(EventKind::StepStarted { step });
    }

    /// Marks a step as ended, here and for the eyes.
    pub fn step_ended(
        &mut self,
        step: StepId,
        status: StepStatus,
        took: Option<Duration>,
        note: Option<String>,
    ) {
        let took_ms = took.map(millis);
        self.run.step_ended(step, status, took_ms, note.clone());
        (self.emit)(EventKind::StepEnded { step, status, took_ms, note });
    }

    /// Announces an effect: the record is durable when this returns.
    ///
    /// # Errors
    /// `Disk`: the effect must not happen then.
    pub fn enter(&mut self, step: StepId, direction: Direction) -> Outcome<()> {
        let record =
            Record::Enter { step, direction, boot: self.world.machine.boot_id(), at: self.world.clock.now() };
        self.world.journal.append(&record)
    }

    /// True when the run came from a crash-free past and nobody wants it stopped.
    pub fn wished_to_stop(&self) -> bool {
        self.interrupt.wish().is_some()
    }
}

/// Milliseconds, as the run object counts.
pub fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
