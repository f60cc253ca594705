//! What the control socket asks of the service: [`control::Service`](Service) over hub, engine and memory.
//!
//! Looking never waits for the engine. What takes long (files, databases, programs, the module system) is done
//! on the runtime's threads for that, which end by themselves.

mod ask;
mod look;
mod standing;

use std::sync::{Arc, Mutex, PoisonError, RwLock};

use serde_json::Value;
use tokio::runtime::Handle;

use super::hub::Hub;
use super::logs::Followers;
use super::orders::Orders;
use crate::config::Settings;
use crate::control::protocol::{LogTail, Logs, PROTOCOL, Subscribe, Subscribed, Welcome};
use crate::control::{Caller, Queue, Reply, Request, Role, Service, value};
use crate::engine::Interrupt;
use crate::host::machine;
use crate::model::{Class, Failure, Outcome, Setting, View};

/// Where requests are taken. Its clones are one desk.
#[derive(Clone)]
pub(super) struct Desk {
    hub: Hub,
    orders: Orders,
    interrupt: Interrupt,
    followers: Followers,
    runtime: Handle,
    current: Arc<RwLock<Current>>,
    program: &'static str,
    watching: look::Watching,
    /// Held while a standing order is written and told.
    writing: Arc<Mutex<()>>,
}

/// The settings in force, and as they are shown.
#[derive(Clone)]
struct Current {
    settings: Arc<Settings>,
    shown: Arc<[Setting]>,
}

impl Desk {
    /// A desk for the engine at the other end of `hub` and `orders`. `program` is this program's version.
    pub(super) fn new(
        hub: Hub,
        orders: Orders,
        interrupt: Interrupt,
        runtime: Handle,
        (settings, shown): (&Settings, Vec<Setting>),
        program: &'static str,
    ) -> Self {
        let current = Current { settings: Arc::new(settings.clone()), shown: shown.into() };
        let current = Arc::new(RwLock::new(current));
        let (followers, watching) = (Followers::default(), look::Watching::default());
        let writing = Arc::default();
        Self { hub, orders, interrupt, followers, runtime, current, program, watching, writing }
    }

    /// Other settings.
    pub(super) fn configure(&self, settings: &Settings, shown: Vec<Setting>) {
        let current = Current { settings: Arc::new(settings.clone()), shown: shown.into() };
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = current;
    }

    fn current(&self) -> Current {
        self.current.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Does what may take its time with the settings in force, beside the runtime's own thread.
    async fn aside<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Settings) -> Outcome<T> + Send + 'static,
    ) -> Outcome<T> {
        let settings = self.current().settings;
        self.runtime
            .spawn_blocking(move || work(&settings))
            .await
            .unwrap_or_else(|_| Err(Failure::new(Class::Internal, "the request could not be worked on")))
    }
}

impl Service for Desk {
    fn welcome(&self, role: Role) -> Welcome {
        let settings = self.current().settings;
        Welcome {
            protocol: PROTOCOL,
            program: self.program.to_owned(),
            epoch: self.hub.epoch(),
            role,
            host: machine::host_name(),
            service: settings.updater.service_name.clone(),
            module: settings.agent.module.clone(),
        }
    }

    fn subscribe(&self, position: &Subscribe, queue: &Arc<Queue>) -> Subscribed {
        let subscribed = self.hub.subscribe(position, queue);
        self.watch_agent();
        subscribed
    }

    fn resync(&self, queue: &Arc<Queue>) -> View {
        self.hub.resync(queue)
    }

    fn logs<'a>(&'a self, request: &'a Logs, queue: &'a Arc<Queue>) -> Reply<'a, LogTail> {
        Box::pin(self.tail(request, queue))
    }

    fn call<'a>(&'a self, caller: &'a Caller, request: Request) -> Reply<'a, Value> {
        Box::pin(async move {
            match request {
                Request::Status => value(&self.status().await),
                Request::Settings => value(&*self.current().shown),
                Request::Plan(plan) => value(&self.plan(plan).await?),
                Request::History(history) => value(&self.history(&history).await?),
                Request::Versions => value(&self.versions().await?),
                Request::Check => value(&self.check().await?),
                Request::Update(update) => value(&self.update(caller, update).await?),
                Request::Rollback(rollback) => value(&self.rollback(caller, rollback).await?),
                Request::Cancel => value(&self.hub.cancel(&self.interrupt)?),
                Request::Pause(pause) => value(&self.pause(caller, pause).await?),
                Request::Resume => value(&self.resume().await?),
                Request::Hold(hold) => value(&self.hold(caller, hold).await?),
                Request::Unhold(unhold) => value(&self.unhold(unhold).await?),
                Request::Hello(_) | Request::Subscribe(_) | Request::Logs(_) => {
                    Err(Failure::new(Class::Internal, "this request is answered elsewhere"))
                }
            }
        })
    }
}
