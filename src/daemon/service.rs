//! `run`: the service's life.

use std::convert::Infallible;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::MissedTickBehavior;

use crate::config::{self, Loaded, Rejected, Settings, Sources};
use crate::engine::{Interrupt, Pulse, Wish};
use crate::host::{event_loop, machine, notify};
use crate::model::event::Level;
use crate::model::status::State;
use crate::model::{Class, Failure, Outcome, Run, Setting, Status, Timestamp};
use crate::world;

use super::desk::Desk;
use super::door::{Door, House};
use super::hook::Hook;
use super::hub::Hub;
use super::life::EngineThread;
use super::log::Log;
use super::orders::{Order, Orders};
use super::say::{Target, write};
use super::seen;
use crate::host::signals::{Signal, Signals};

/// What `run` is asked for.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// Another configuration file.
    pub config: Option<PathBuf>,
    /// Settings of the command line.
    pub flags: Vec<(String, String)>,
    /// One check, the update if one is due, then the end.
    pub once: bool,
    /// The program's version, for the log and the status.
    pub version: &'static str,
}

/// How `run` ended.
#[derive(Debug, Clone)]
pub enum Ending {
    /// It was asked to end, or `--once` was through; the run it made.
    Done(Option<Box<Run>>),
    /// The configuration cannot be used.
    Rejected(Rejected),
    /// It could not work.
    Failed(Failure),
}

/// Runs until SIGTERM, or once. An interrupted run is taken up before the configuration is looked at.
pub fn run(request: &Request) -> Ending {
    let sources = Sources::here(request.config.clone(), request.flags.clone());
    let (settings, rejected) = match config::load(&sources) {
        Ok(Loaded { settings, values, warnings, .. }) => {
            let log = Log::open(&settings);
            for warning in warnings {
                write(Level::Warn, Target::Service, &warning);
            }
            ((settings, values, log), None)
        }
        Err(rejected) => {
            let settings = config::fallback(&sources);
            let log = Log::open(&settings);
            ((settings, Vec::new(), log), Some(rejected))
        }
    };
    let (settings, shown, log) = settings;
    let start = Start { request, sources: &sources, settings: &settings, shown, log: &log };
    let ended = live(start, rejected.is_some());
    if let Err(failure) = &ended {
        write(Level::Error, Target::Service, &failure.to_string());
    }
    for problem in rejected.iter().flat_map(|rejected| &rejected.problems) {
        write(Level::Error, Target::Service, &problem.to_string());
    }
    match (ended, rejected) {
        (Ok(_), Some(rejected)) => Ending::Rejected(rejected),
        // With nothing to take up, only a better configuration helps: no restart does.
        (Err(failure), Some(rejected)) if failure.class != Class::Busy && nothing_open(&settings) => {
            Ending::Rejected(rejected)
        }
        (Err(failure), _) => Ending::Failed(failure),
        (Ok(run), None) => Ending::Done(run.map(Box::new)),
    }
}

/// Whether the journal certainly holds no run to take up.
fn nothing_open(settings: &Settings) -> bool {
    world::journal(settings).is_ok_and(|open| open.records.is_empty())
}

/// What a life begins with.
struct Start<'a> {
    request: &'a Request,
    sources: &'a Sources<'a>,
    settings: &'a Settings,
    /// The settings as they are shown.
    shown: Vec<Setting>,
    log: &'a Log,
}

fn live(start: Start<'_>, only_recover: bool) -> Outcome<Option<Run>> {
    let Start { request, sources, settings, shown, log } = start;
    let lock = world::lock(settings)?;
    let runtime = event_loop::runtime()?;
    let interrupt = Interrupt::new();
    let pulse = Pulse::default();
    let hook = Hook::new(settings);
    let orders = Orders::default();
    let hub = Hub::new(first_status(request, settings), hook.clone(), orders.clone());
    write(Level::Info, Target::Service, &format!("sentinel-updater {} starts", request.version));
    if world::kind(settings).is_own() {
        let text = "no service manager: the updater runs the agent itself (manager process)";
        write(Level::Info, Target::Service, text);
    }
    let (done, ended) = oneshot::channel();
    let thread = EngineThread {
        settings: settings.clone(),
        hub: hub.clone(),
        interrupt: interrupt.clone(),
        pulse: pulse.clone(),
        orders: orders.clone(),
        handle: runtime.handle().clone(),
        only_recover,
        once: request.once,
    };
    let over = hub.clone();
    let join = std::thread::Builder::new()
        .name("engine".into())
        .spawn(move || {
            let result = thread.live();
            over.end();
            let _ = done.send(());
            result
        })
        .map_err(|error| Failure::new(Class::Internal, "cannot start the engine's thread").because(&error))?;
    let signals = {
        let _within = runtime.enter();
        Signals::listen()
    };
    // The engine is at work already: the agent does not wait until somebody found the group.
    let house = (!request.once && !only_recover).then(|| {
        let desk = Desk::new(
            hub.clone(),
            orders.clone(),
            interrupt.clone(),
            runtime.handle().clone(),
            (settings, shown),
            request.version,
        );
        let (door, listener) = Door::open(settings, &hub);
        (House { desk, door: Arc::new(door) }, listener)
    });
    hub.reachable();
    let (house, listener) = house.map_or((None, None), |(house, listener)| (Some(house), listener));
    runtime.block_on(async {
        let open = house.as_ref().zip(listener).map(|(house, listener)| house.open(listener));
        watch(Watch { ended, orders, interrupt, pulse, log, sources, house: house.as_ref(), signals }).await;
        if let Some(open) = open {
            open.close().await;
        }
    });
    notify::stopping();
    // A lookup of a name that nobody waits for must not keep us.
    runtime.shutdown_background();
    let result = join.join().unwrap_or_else(|_| {
        Err(Failure::new(Class::Internal, "the engine ended unexpectedly; its state is in the journal"))
    });
    // The engine's work is done: the next updater need not wait for a hook.
    drop(lock);
    hook.finish(&mut || {
        notify::extend_timeout(Duration::from_secs(60));
        notify::watchdog();
    });
    write(Level::Info, Target::Service, "sentinel-updater ends");
    result
}

/// The status before anything has happened: what is remembered.
fn first_status(request: &Request, settings: &Settings) -> Status {
    let mut status = Status::default();
    let stuck = seen::remembered(settings, &mut status).unwrap_or_else(|failure| {
        // The engine tells what it needs of it, too.
        write(Level::Warn, Target::Service, &failure.to_string());
        false
    });
    status.updater.version = request.version.to_owned();
    status.updater.pid = Some(std::process::id());
    status.updater.started_at = Some(Timestamp::now());
    status.updater.manager = world::kind(settings).name().to_owned();
    status.updater.state = if stuck { State::Stuck } else { State::Idle };
    status.agent.service.clone_from(&settings.agent.service_name);
    status.agent.binary.clone_from(&settings.agent.binary);
    status
}

/// What the main loop holds.
struct Watch<'a> {
    ended: oneshot::Receiver<()>,
    orders: Orders,
    interrupt: Interrupt,
    pulse: Pulse,
    log: &'a Log,
    sources: &'a Sources<'a>,
    house: Option<&'a House>,
    signals: Signals,
}

/// Feeds the watchdog while the engine keeps its promises; passes signals on.
async fn watch(mut watch: Watch<'_>) {
    let pulse = watch.pulse.clone();
    // Beside each other: what a signal asks for may take longer than the watchdog waits.
    let asked = tokio::select! {
        asked = asked_to_end(&mut watch) => asked,
        never = feed(&pulse) => match never {},
    };
    if !asked {
        return;
    }
    write(Level::Info, Target::Service, "asked to end");
    notify::stopping();
    watch.interrupt.ask(Wish::Exit);
    watch.orders.send(Order::Exit);
    // From `stop` to `start` the engine goes on until the agent runs: as long as it is alive, the
    // service manager is asked for patience.
    while watch.pulse.holds(machine::since_boot()) {
        notify::extend_timeout(Duration::from_secs(60));
        notify::watchdog();
        if tokio::time::timeout(Duration::from_secs(20), &mut watch.ended).await.is_ok() {
            return;
        }
    }
}

/// Feeds the watchdog for ever, whatever else happens meanwhile.
async fn feed(pulse: &Pulse) -> Infallible {
    let Some(interval) = notify::watchdog_interval() else { return std::future::pending().await };
    let mut ticks = tokio::time::interval_at(tokio::time::Instant::now() + interval, interval);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        if pulse.holds(machine::since_boot()) {
            notify::watchdog();
        }
    }
}

/// Reloads as often as it is asked for, until we are to end. False: the engine ended by itself.
async fn asked_to_end(watch: &mut Watch<'_>) -> bool {
    loop {
        tokio::select! {
            _ = &mut watch.ended => return false,
            signal = watch.signals.next() => match signal {
                Signal::Hangup => reload(watch).await,
                Signal::Interrupt | Signal::Terminate => return true,
            },
        }
    }
}

/// Opens the log anew and takes new settings over; bad ones change nothing.
async fn reload(watch: &Watch<'_>) {
    notify::reloading();
    match config::load(watch.sources) {
        Ok(loaded) => {
            watch.log.reopen(&loaded.settings);
            for warning in &loaded.warnings {
                write(Level::Warn, Target::Service, warning);
            }
            write(Level::Info, Target::Service, "configuration read again");
            if let Some(house) = watch.house {
                house.configure(&loaded.settings, loaded.values).await;
            }
            watch.orders.send(Order::Reload(Box::new(loaded.settings)));
        }
        Err(rejected) => {
            let settings = config::fallback(watch.sources);
            watch.log.reopen(&settings);
            for problem in &rejected.problems {
                write(Level::Error, Target::Service, &problem.to_string());
            }
            write(
                Level::Error,
                Target::Service,
                "the configuration is bad: the settings of before stay in force",
            );
        }
    }
    notify::ready();
}
