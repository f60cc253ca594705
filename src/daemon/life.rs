//! The engine's thread: turn after turn, and what it waits for in between.

use std::time::{Duration, Instant};

use tokio::runtime::Handle;

use crate::config::Settings;
use crate::control::protocol::Begun;
use crate::engine::{self, Ended, Engine, Interrupt, Pulse, Reply, Wish};
use crate::model::event::Level;
use crate::model::{By, EventKind, Outcome, Run};
use crate::ports::World;
use crate::world::{self, Supervisor};

use super::hub::Hub;
use super::orders::{Order, Orders, Request};
use super::say::{Target, write};

/// The engine's thread.
pub(super) struct EngineThread {
    pub(super) settings: Settings,
    pub(super) hub: Hub,
    pub(super) interrupt: Interrupt,
    pub(super) pulse: Pulse,
    pub(super) orders: Orders,
    /// The runtime of the main thread.
    pub(super) handle: Handle,
    /// The configuration is bad: only what was interrupted is taken up.
    pub(super) only_recover: bool,
    /// One turn, then the end.
    pub(super) once: bool,
}

impl EngineThread {
    /// Lives until it is told to exit; the run that it made, if it was to make one turn only.
    ///
    /// # Errors
    /// What keeps it from beginning; for one turn what fails in it.
    pub(super) fn live(self) -> Outcome<Option<Run>> {
        // Ends last: the agent outlives everything that is done to it.
        let supervisor = world::supervisor(&self.settings, |level, line| write(level, Target::Agent, line))?;
        if self.only_recover {
            return self.recover_only(supervisor.as_ref());
        }
        let world = self.assemble(&self.settings, supervisor.as_ref())?;
        let policy = world::policy(&self.settings);
        let mut engine =
            Engine::new(world, policy, self.hub.sink(), self.interrupt.clone(), self.pulse.clone());
        if self.once {
            return self.one_turn(&mut engine);
        }
        if let Err(failure) = engine.recover() {
            // The turns try again; a service that ends here would only be started again.
            write(Level::Error, Target::Engine, &failure.to_string());
        }
        if let Some(supervisor) = &supervisor
            && self.interrupt.wish() != Some(Wish::Exit)
        {
            // Whatever was interrupted has been taken up: the agent's life is nobody else's now.
            supervisor.start_all();
        }
        // Clients need not wait for the first check to see the agent. What cannot be seen is told by the turns.
        drop(engine.observe_agent());
        self.hub.ready();
        loop {
            if self.interrupt.wish() == Some(Wish::Exit) {
                return Ok(None);
            }
            let (mut delay, _) = engine.turn();
            if engine.is_open() {
                delay = delay.min(Duration::from_secs(30));
            }
            if self.interrupt.wish() == Some(Wish::Exit) {
                return Ok(None);
            }
            if !self.between(&mut engine, supervisor.as_ref(), delay) {
                return Ok(None);
            }
        }
    }

    /// From one turn to the next: waits for `delay`, or for something that calls for a turn at once. Meanwhile a
    /// version on probation is watched, and requests are served. False: the end.
    fn between(&self, engine: &mut Engine, supervisor: Option<&Supervisor>, delay: Duration) -> bool {
        let until = Instant::now() + delay;
        loop {
            match self.wait(engine, until) {
                None => return true,
                Some(Order::Exit) => return false,
                Some(Order::Reload(settings)) => {
                    match self.assemble(&settings, supervisor) {
                        Ok(world) => {
                            engine.reload(world, world::policy(&settings));
                            self.hub.configure(&settings);
                        }
                        Err(failure) => write(Level::Error, Target::Service, &failure.to_string()),
                    }
                    return true;
                }
                Some(Order::Standing) => {
                    engine.standing_changed();
                    return true;
                }
                Some(Order::Wish(request)) => {
                    let changed = self.serve(engine, request);
                    // A wish to abort was for this request, and a promise of its check is over.
                    self.interrupt.run_over();
                    self.pulse.idle();
                    if changed {
                        return true;
                    }
                }
            }
        }
    }

    /// Waits for an order; `None`: the time has come, or the end.
    fn wait(&self, engine: &mut Engine, until: Instant) -> Option<Order> {
        loop {
            if let Some(order) = self.orders.next() {
                return Some(order);
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() || self.interrupt.wish() == Some(Wish::Exit) {
                return None;
            }
            if !engine.watch_probation(left, self.orders.wake()) {
                self.orders.wait(left);
            }
        }
    }

    /// Does what somebody asks for. True: the schedule begins anew.
    fn serve(&self, engine: &mut Engine, request: Request) -> bool {
        match request {
            Request::Check(answer) => {
                let decision = engine.check();
                let found = decision.as_ref().map(|_| engine.latest().clone()).map_err(Clone::clone);
                // Whoever waited may be gone.
                drop(answer.send(found));
                // What was found to be due is done by the next turn, which is now.
                decision.is_ok()
            }
            Request::Update(wanted, by, answer) => {
                self.hub.prepare(answer);
                let reply = engine.update(&wanted, by);
                self.served(reply)
            }
            Request::Rollback(wanted, by, answer) => {
                self.hub.prepare(answer);
                let reply = engine.rollback(&wanted, by);
                self.served(reply)
            }
        }
    }

    /// Answers a request for a run that came to none; one that has begun was answered then.
    fn served(&self, reply: Outcome<Reply>) -> bool {
        let waits = self.hub.prepared();
        let (answer, began) = match reply {
            Ok(Reply::Nothing(why)) => (Ok(Begun { run: None, nothing: Some(why) }), false),
            Ok(Reply::Ran(run)) => (Ok(Begun { run: Some(run.id), nothing: None }), true),
            Ok(Reply::Open) => (Ok(Begun::default()), true),
            Err(failure) => (Err(failure), false),
        };
        match (waits, answer) {
            (Some(waits), answer) => drop(waits.send(answer)),
            // It was answered when the run began: nobody else hears why the run was left.
            (None, Err(failure)) => {
                self.hub.take(EventKind::Note { level: Level::Error, text: failure.to_string() });
            }
            (None, Ok(_)) => {}
        }
        began
    }

    fn assemble(&self, settings: &Settings, supervisor: Option<&Supervisor>) -> Outcome<World> {
        if let Some(supervisor) = supervisor {
            supervisor.set_log_limits(settings.updater.max_log_size, settings.updater.max_log_files);
        }
        Ok(world::supervised(world::assemble(settings, &self.handle)?, supervisor))
    }

    /// `run --once`: errors are the command's.
    fn one_turn(&self, engine: &mut Engine) -> Outcome<Option<Run>> {
        let recovered = engine.recover()?;
        self.hub.ready();
        if engine.is_open() || self.interrupt.wish().is_some() {
            return Ok(recovered);
        }
        engine.glance_at_probation()?;
        let decision = engine.check()?;
        Ok(engine.act(&decision, By::Timer)?.or(recovered))
    }

    /// The configuration is bad: whatever was interrupted is finished with the journal's own values.
    fn recover_only(&self, supervisor: Option<&Supervisor>) -> Outcome<Option<Run>> {
        let world = world::offline(&self.settings, &self.handle)?;
        let mut world = world::supervised(world, supervisor);
        let ended = engine::recover_run(&mut world, &mut self.hub.sink(), &self.interrupt, &self.pulse)?;
        Ok(match ended {
            Some(Ended::Verdict(run)) => Some(*run),
            Some(Ended::Open) | None => None,
        })
    }
}
