//! The engine's thread: turn after turn, and what it waits for in between.

use std::sync::mpsc;
use std::time::{Duration, Instant};

use tokio::runtime::Handle;

use crate::config::Settings;
use crate::engine::{self, Ended, Engine, Interrupt, Pulse, Wish};
use crate::model::event::Level;
use crate::model::{By, Outcome, Run};
use crate::ports::{Cancel, World};
use crate::world::{self, Supervisor};

use super::hub::{Hub, Target, write};

/// What the engine's thread is told.
pub(super) enum Order {
    /// End, in order.
    Exit,
    /// Take new settings over.
    Reload(Box<Settings>),
}

/// The way to the engine's thread, which may be waiting for the agent and not for orders.
pub(super) struct Orders {
    orders: mpsc::Sender<Order>,
    wake: Cancel,
}

/// The engine's end of it.
pub(super) struct Inbox {
    orders: mpsc::Receiver<Order>,
    /// Raised when there is something.
    wake: Cancel,
}

/// Both ends of the way.
pub(super) fn channel() -> (Orders, Inbox) {
    let (sender, receiver) = mpsc::channel();
    let wake = Cancel::new();
    (Orders { orders: sender, wake: wake.clone() }, Inbox { orders: receiver, wake })
}

impl Orders {
    /// Gives an order, whatever the engine waits for.
    pub(super) fn send(&self, order: Order) {
        // An engine that has ended needs no orders.
        drop(self.orders.send(order));
        self.wake.request();
    }
}

/// The engine's thread.
pub(super) struct EngineThread {
    pub(super) settings: Settings,
    pub(super) hub: Hub,
    pub(super) interrupt: Interrupt,
    pub(super) pulse: Pulse,
    pub(super) inbox: Inbox,
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
            match self.wait(&mut engine, delay) {
                Some(Order::Exit) => return Ok(None),
                None => {}
                Some(Order::Reload(settings)) => match self.assemble(&settings, supervisor.as_ref()) {
                    Ok(world) => {
                        engine.reload(world, world::policy(&settings));
                        self.hub.configure(&settings);
                    }
                    Err(failure) => write(Level::Error, Target::Service, &failure.to_string()),
                },
            }
        }
    }

    /// Waits for an order, at most for `delay`; meanwhile a version on probation is watched.
    fn wait(&self, engine: &mut Engine, delay: Duration) -> Option<Order> {
        let until = Instant::now() + delay;
        loop {
            // Lowered before the inbox is looked into: an order that comes later raises it again.
            self.inbox.wake.reset();
            match self.inbox.orders.try_recv() {
                Ok(order) => return Some(order),
                Err(mpsc::TryRecvError::Disconnected) => return Some(Order::Exit),
                Err(mpsc::TryRecvError::Empty) => {}
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() || self.interrupt.wish() == Some(Wish::Exit) {
                return None;
            }
            if !engine.watch_probation(left, &self.inbox.wake) {
                return match self.inbox.orders.recv_timeout(left) {
                    Ok(order) => Some(order),
                    Err(mpsc::RecvTimeoutError::Disconnected) => Some(Order::Exit),
                    Err(mpsc::RecvTimeoutError::Timeout) => None,
                };
            }
        }
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
