//! Settings to [`World`]: the only room that chooses adapters.
//!
//! What comes in are validated settings. What goes out are ports, a policy, and readers for commands
//! that only look. No decision about the agent is made here.

mod lock;
mod options;
mod policy;
mod read;
mod releases;
mod source;
mod supervisor;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::runtime::Handle;

use crate::config::{Manager, Secret, Settings};
use crate::host::Guard;
use crate::host::http::Http;
use crate::model::Outcome;
use crate::ports::{BuildEvent, Cancel, Runner, ServiceManager, World};
use crate::probe::{HealthProber, LocalMachine, SystemClock};
use crate::service::{self, Kind};
use crate::store::{BinaryFiles, FileJournal, Layout, SqliteDatabases, SqliteRecords, VersionFolder};
use crate::toolchain::{self, GoToolchain, ProcessGroupRunner, Releases};

pub use lock::{holder, lock};
pub use policy::policy;
pub use read::{
    RUNS, agent, installed, journal, kept, machine, newest_build_log, reading, records, runs, schema, source,
};
pub use supervisor::{Supervisor, supervised, supervisor};

/// The world that the settings describe. HTTP runs on `runtime`, whose own thread must not be the
/// caller's.
///
/// # Errors
/// `Config` for a proxy list that cannot be used, `Service` without a usable service manager, `Disk`
/// when the state directory cannot be made.
pub fn assemble(settings: &Settings, runtime: &Handle) -> Outcome<World> {
    let layout = Layout::new(&settings.paths.state);
    layout.create()?;
    let http = http(settings, runtime);
    Ok(World {
        source: source::open(settings, http.clone())?,
        builder: Box::new(builder(settings, http.clone())?),
        services: services(settings)?,
        journal: Box::new(FileJournal::new(layout.journal())),
        versions: Box::new(VersionFolder::new(&layout)),
        agent_files: Box::new(agent_files()),
        databases: Box::new(SqliteDatabases::new(&layout)),
        records: Box::new(SqliteRecords::new(layout.records())),
        prober: Box::new(HealthProber::new(http, probe_runner(settings)?)),
        machine: Box::new(LocalMachine::default()),
        clock: Box::new(SystemClock),
    })
}

/// A world for recovery and rescue: it goes by the journal alone and asks nobody outside.
///
/// # Errors
/// `Service` without a usable service manager, `Disk`.
pub fn offline(settings: &Settings, runtime: &Handle) -> Outcome<World> {
    let mut settings = settings.clone();
    // The configured proxies may be what is wrong with the settings.
    settings.build.goproxy = Some(Secret::new("off"));
    assemble(&settings, runtime)
}

/// A go for a module with this `go` line: one of the host's, or one that is fetched now into the cache
/// directory of the settings. Its path. No service and no root are needed.
///
/// # Errors
/// `Toolchain`, `Network`, `Security`, `Disk`, `Cancelled`.
pub fn go(
    settings: &Settings,
    runtime: &Handle,
    go_line: Option<&str>,
    sink: &mut dyn FnMut(BuildEvent),
    cancel: &Cancel,
) -> Outcome<PathBuf> {
    builder(settings, http(settings, runtime))?.go(go_line, sink, cancel)
}

/// The proxies that the settings lead to: theirs, else those of the host's go, else go's usual ones. May
/// hold a password.
///
/// # Errors
/// `Toolchain`, `Security` when the host's go cannot be asked.
pub fn proxies(settings: &Settings, runtime: &Handle) -> Outcome<String> {
    if let Some(list) = &settings.build.goproxy {
        return Ok(list.expose().to_owned());
    }
    source::default_list(&mut builder(settings, http(settings, runtime))?)
}

/// Releases of Go, as the settings say where from and how they are checked: for
/// [`GoToolchain::fetching_from`].
///
/// # Errors
/// `Config` for a proxy list or a checksum database that cannot be used.
pub fn releases(settings: &Settings, runtime: &Handle) -> Outcome<Box<dyn Releases>> {
    releases::open(settings, http(settings, runtime))
}

/// The service manager that the settings name, or the one that runs this host. Where the updater runs the
/// agent itself this only looks, beside the process that does.
///
/// # Errors
/// `Service` when there is no adapter for it here.
pub fn services(settings: &Settings) -> Outcome<Box<dyn ServiceManager>> {
    service::open(kind(settings), &Layout::new(&settings.paths.state).services())
}

/// Which service manager that is.
pub fn kind(settings: &Settings) -> Kind {
    match settings.service.manager {
        Manager::Auto => service::detect::detect(),
        Manager::Systemd => Kind::Systemd,
        Manager::Launchd => Kind::Launchd,
        Manager::Scm => Kind::Scm,
        Manager::Process => Kind::Process,
    }
}

fn http(settings: &Settings, runtime: &Handle) -> Arc<Http> {
    Arc::new(Http::new(runtime.clone(), options::http(settings)))
}

fn builder(settings: &Settings, http: Arc<Http>) -> Outcome<GoToolchain> {
    let releases = releases::open(settings, http)?;
    Ok(GoToolchain::new(options::build(settings), group_runner()?).fetching_from(releases))
}

fn group_runner() -> Outcome<Box<dyn Runner>> {
    Ok(Box::new(ProcessGroupRunner::new(Guard::this_executable()?)))
}

/// Probe commands run outside our sandbox where there is a service manager to run them.
fn probe_runner(settings: &Settings) -> Outcome<Box<dyn Runner>> {
    let unit = format!("{}-probe", settings.updater.service_name);
    service::outside_runner(kind(settings), &unit)?.map_or_else(group_runner, Ok)
}

/// A runner for what is told of the run with the id `run`: outside our sandbox where there is a service
/// manager to run it, and under a name of its own, so that no other run ends it.
///
/// # Errors
/// `Service` when the manager's programs are missing, `Internal`.
pub fn hook_runner(settings: &Settings, run: &str) -> Outcome<Box<dyn Runner>> {
    let name = &settings.updater.service_name;
    let unit = format!("{}-hook-{run}", name.strip_suffix(".service").unwrap_or(name));
    service::outside_runner(kind(settings), &unit)?.map_or_else(group_runner, Ok)
}

fn agent_files() -> BinaryFiles {
    BinaryFiles::new(Box::new(|path: &Path| toolchain::build_info(path)))
}
