//! The status as files and service manager tell it, for when nobody can be asked.

use super::interrupted;
use crate::config::Settings;
use crate::daemon;
use crate::host::lock::Holder;
use crate::model::status::State;
use crate::model::{Failure, Outcome, ServiceState, Status};
use crate::world;

/// What was seen.
pub(super) struct Glance {
    /// The status; what could not be seen is absent in it.
    pub status: Status,
    /// What could not be seen, and why.
    pub unseen: Vec<Failure>,
}

/// Looks. Nothing is changed, and what cannot be seen keeps nothing else from being shown.
pub(super) fn glance(settings: &Settings) -> Glance {
    let mut glance = Glance { status: Status::default(), unseen: Vec::new() };
    glance.status.updater.version = env!("CARGO_PKG_VERSION").to_owned();
    glance.status.updater.manager = world::kind(settings).name().to_owned();
    glance.services(settings);
    let seen = glance.process(settings).and_then(|running| glance.memory(settings, running));
    if let Err(failure) = seen {
        glance.unseen.push(failure);
    }
    glance
}

impl Glance {
    /// The agent, and the updater's service.
    fn services(&mut self, settings: &Settings) {
        let installed = self.seen(world::installed(settings)).flatten();
        let mut services = self.seen(world::services(settings));
        let mut state = |name: &str| services.as_mut().map(|services| services.state(name)).transpose();
        let (agent, updater) = (state(&settings.agent.service_name), state(&settings.updater.service_name));
        let (agent, updater) = (self.seen(agent).flatten(), self.seen(updater).flatten());
        self.status.agent = daemon::agent_status(settings, agent, installed);
        if let Some(updater) = updater.filter(ServiceState::is_running) {
            self.status.updater.pid = updater.pid;
            self.status.updater.started_at = updater.since;
        }
    }

    /// Whether an updater is at work, the service or a command, by the lock that each of them holds.
    fn process(&mut self, settings: &Settings) -> Outcome<bool> {
        let holder = world::holder(settings);
        let updater = &mut self.status.updater;
        let pid = match &holder {
            Ok(Holder::Process(pid)) => Some(*pid),
            Ok(Holder::Unknown) => updater.pid,
            Ok(Holder::Nobody) => None,
            // It may not be looked at: the service manager's word is all there is.
            Err(_) => updater.pid,
        };
        if updater.pid != pid {
            updater.started_at = None;
        }
        updater.pid = pid;
        let running = match &holder {
            Ok(holder) => *holder != Holder::Nobody,
            Err(_) => pid.is_some(),
        };
        if running {
            updater.state = State::Idle;
        }
        holder.map(|_| running)
    }

    /// What the updater remembers.
    fn memory(&mut self, settings: &Settings, running: bool) -> Outcome<()> {
        let status = &mut self.status;
        let stuck = daemon::remembered(settings, status)?;
        let open = interrupted::fold(&world::journal(settings)?.records);
        if running {
            status.updater.state = match &open {
                Some((_, state)) => *state,
                None if stuck => State::Stuck,
                None => State::Idle,
            };
        }
        status.run = open.map(|(run, _)| run);
        Ok(())
    }

    /// A value, or a note that it could not be seen.
    fn seen<T>(&mut self, outcome: Outcome<T>) -> Option<T> {
        outcome.map_err(|failure| self.unseen.push(failure)).ok()
    }
}
