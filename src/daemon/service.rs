//! `run`: the service's life.

use std::path::PathBuf;
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};
use tokio::sync::oneshot;

use crate::config::{self, Loaded, Rejected, Settings, Sources};
use crate::engine::{Interrupt, Pulse, Wish};
use crate::host::{machine, notify};
use crate::model::event::Level;
use crate::model::{Class, Failure, Outcome, Run, Status, Timestamp};
use crate::world;

use super::hook::Hook;
use super::hub::Hub;
use super::life::EngineThread;
use super::log::Log;
use super::orders::{Order, Orders};
use super::say::{Target, write};
use super::signals::{Signal, Signals};

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
        Ok(Loaded { settings, warnings, .. }) => {
            let log = Log::open(&settings);
            for warning in warnings {
                write(Level::Warn, Target::Service, &warning);
            }
            ((settings, log), None)
        }
        Err(rejected) => {
            let settings = config::fallback(&sources);
            let log = Log::open(&settings);
            ((settings, log), Some(rejected))
        }
    };
    let (settings, log) = settings;
    let ended = live(request, &sources, &settings, &log, rejected.as_ref());
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

/// A runtime whose one thread is the caller's.
pub fn runtime() -> Outcome<Runtime> {
    Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::new(Class::Internal, "cannot set up the event loop").because(&error))
}

fn live(
    request: &Request,
    sources: &Sources<'_>,
    settings: &Settings,
    log: &Log,
    rejected: Option<&Rejected>,
) -> Outcome<Option<Run>> {
    let lock = world::lock(settings)?;
    let runtime = runtime()?;
    let interrupt = Interrupt::new();
    let pulse = Pulse::default();
    let mut status = Status::default();
    status.updater.version = request.version.to_owned();
    status.updater.pid = Some(std::process::id());
    status.updater.started_at = Some(Timestamp::now());
    let manager = world::kind(settings);
    status.updater.manager = manager.name().to_owned();
    let hook = Hook::new(settings);
    let orders = Orders::default();
    let hub = Hub::new(status, hook.clone(), orders.clone());
    write(Level::Info, Target::Service, &format!("sentinel-updater {} starts", request.version));
    if manager.is_own() {
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
        only_recover: rejected.is_some(),
        once: request.once,
    };
    let join = std::thread::Builder::new()
        .name("engine".into())
        .spawn(move || {
            let result = thread.live();
            let _ = done.send(());
            result
        })
        .map_err(|error| Failure::new(Class::Internal, "cannot start the engine's thread").because(&error))?;
    runtime.block_on(watch(Watch { ended, orders, interrupt, pulse, log, sources }));
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

/// What the main loop holds.
struct Watch<'a> {
    ended: oneshot::Receiver<()>,
    orders: Orders,
    interrupt: Interrupt,
    pulse: Pulse,
    log: &'a Log,
    sources: &'a Sources<'a>,
}

/// Feeds the watchdog while the engine keeps its promises; passes signals on.
async fn watch(mut watch: Watch<'_>) {
    let mut signals = Signals::listen();
    let watchdog = notify::watchdog_interval();
    loop {
        let pause = async {
            match watchdog {
                Some(interval) => tokio::time::sleep(interval).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            _ = &mut watch.ended => return,
            () = pause => if watch.pulse.holds(machine::since_boot()) { notify::watchdog() },
            signal = signals.next() => match signal {
                Signal::Hangup => reload(&watch),
                Signal::Interrupt | Signal::Terminate => break,
            },
        }
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

/// Opens the log anew and takes new settings over; bad ones change nothing.
fn reload(watch: &Watch<'_>) {
    notify::reloading();
    match config::load(watch.sources) {
        Ok(loaded) => {
            watch.log.reopen(&loaded.settings);
            for warning in &loaded.warnings {
                write(Level::Warn, Target::Service, warning);
            }
            write(Level::Info, Target::Service, "configuration read again");
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
