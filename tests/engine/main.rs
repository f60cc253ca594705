//! The engine against a host in memory: the whole story without a fault, and then every fault at
//! every effect.
#![allow(clippy::unwrap_used, clippy::print_stdout, missing_docs)]

mod clock;
#[path = "../kit/fault_table.rs"]
#[allow(dead_code, reason = "only memory is met here")]
mod fault_table;
mod faults;
mod host;
mod majors;
mod policies;
mod probation;
mod regressions;
mod stories;
mod world;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Once;
use std::time::Duration;

use sentinel_updater::engine::{Engine, Interrupt, Policy, Pulse, Reply, RollbackRequest, UpdateRequest};
use sentinel_updater::model::plan::{AgentPlace, Health, RestorePolicy, ServiceSpec};
use sentinel_updater::model::{By, EventKind, Outcome, Run};

use crate::host::{BACKUP, BINARY, DATABASE, Killed, STAGED, Shared};

/// The policy of most stories.
pub fn policy() -> Policy {
    Policy {
        module: world::MODULE.into(),
        package: "cmd/sentinel".into(),
        place: AgentPlace {
            service: "sentinelgo".into(),
            binary: BINARY.into(),
            backup: BACKUP.into(),
            staged: STAGED.into(),
            database: Some(DATABASE.into()),
        },
        spec: ServiceSpec {
            service: "sentinelgo".into(),
            binary: BINARY.into(),
            args: Vec::new(),
            env: Vec::new(),
            user: None,
            install_args: Vec::new(),
            data: "/var/lib/sentinelgo".into(),
        },
        health: Health { window: Duration::from_secs(60), http: None, command: Vec::new() },
        version_args: vec!["--version".into()],
        state: "/var/lib/sentinelgo/updater".into(),
        constraint: None,
        prerelease: false,
        allow_major: false,
        min_age: Duration::ZERO,
        splay: Duration::ZERO,
        windows: Vec::new(),
        max_downtime: Duration::ZERO,
        keep_versions: 3,
        restore: RestorePolicy::Schema,
        probation: Duration::ZERO,
        check_interval: Duration::from_secs(30),
        jitter: 0.0,
        build_timeout: Duration::from_secs(1800),
    }
}

/// The updater's process: what it holds in memory is gone when it ends.
pub struct Updater {
    pub engine: Engine,
    pub interrupt: Interrupt,
    pub events: std::sync::Arc<std::sync::Mutex<Vec<EventKind>>>,
}

impl Updater {
    pub fn start(host: &Shared) -> Self {
        Self::with(host, policy())
    }

    /// One that does something at certain events.
    pub fn reacting(
        host: &Shared,
        react: impl Fn(&EventKind) + Send + 'static,
        interrupt: Interrupt,
    ) -> Self {
        let mut updater = Self::with(host, policy());
        let sink = updater.events.clone();
        updater.engine = Engine::new(
            world::world(host),
            policy(),
            Box::new(move |event| {
                react(&event);
                sink.lock().unwrap().push(event);
            }),
            interrupt.clone(),
            Pulse::default(),
        );
        updater.interrupt = interrupt;
        updater
    }

    /// One with another policy.
    pub fn with(host: &Shared, policy: Policy) -> Self {
        let events = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
        let sink = events.clone();
        let interrupt = Interrupt::new();
        let engine = Engine::new(
            world::world(host),
            policy,
            Box::new(move |event| sink.lock().unwrap().push(event)),
            interrupt.clone(),
            Pulse::default(),
        );
        Self { engine, interrupt, events }
    }
}

/// Runs `work` in a process that may be killed: `None` when it was.
pub fn process<T>(work: impl FnOnce() -> T) -> Option<T> {
    static QUIET: Once = Once::new();
    QUIET.call_once(|| {
        let usual = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if info.payload().downcast_ref::<Killed>().is_none() {
                usual(info);
            }
        }));
    });
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(value) => Some(value),
        Err(payload) if payload.is::<Killed>() => None,
        Err(payload) => std::panic::resume_unwind(payload),
    }
}

/// One turn of a fresh process: recover, check, act.
pub fn turn(host: &Shared) -> Option<Run> {
    turn_with(host, policy())
}

pub fn turn_with(host: &Shared, policy: Policy) -> Option<Run> {
    let mut updater = Updater::with(host, policy);
    updater.engine.turn().1
}

/// A command without the service: recover, then do it.
pub fn update(host: &Shared, request: &UpdateRequest) -> Outcome<Reply> {
    let mut updater = Updater::start(host);
    updater.engine.recover()?;
    updater.engine.update(request, By::Uid(0))
}

pub fn rollback(host: &Shared, request: &RollbackRequest) -> Outcome<Reply> {
    let mut updater = Updater::start(host);
    updater.engine.recover()?;
    updater.engine.rollback(request, By::Uid(0))
}
