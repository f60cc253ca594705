//! Settings to [`World`]: the only room that chooses adapters.
//!
//! What comes in are validated settings. What goes out are ports, a policy, and readers for commands
//! that only look. No decision about the agent is made here.

mod lock;
mod options;
mod policy;
mod read;
mod source;
mod supervisor;

use std::path::Path;
use std::sync::Arc;

use tokio::runtime::Handle;

use crate::config::{Manager, Secret, Settings};
use crate::host::Guard;
use crate::host::http::Http;
use crate::model::{Class, Failure, Outcome};
use crate::ports::{Runner, ServiceManager, World};
use crate::probe::{HealthProber, LocalMachine, SystemClock};
use crate::service::{self, Kind};
use crate::store::{BinaryFiles, FileJournal, Layout, SqliteDatabases, SqliteRecords, VersionFolder};
use crate::toolchain::{self, GoToolchain, ProcessGroupRunner};

pub use lock::lock;
pub use policy::policy;
pub use read::{agent, installed, journal, kept, reading, source};
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
    let http = Arc::new(Http::new(runtime.clone(), options::http(settings)));
    Ok(World {
        source: source::open(settings, http.clone())?,
        builder: Box::new(builder(settings)?),
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

fn builder(settings: &Settings) -> Outcome<GoToolchain> {
    Ok(GoToolchain::new(options::build(settings), group_runner()?))
}

fn group_runner() -> Outcome<Box<dyn Runner>> {
    let guard = Guard::this_executable().map_err(|error| {
        Failure::new(Class::Internal, "cannot find out which program this is").because(&error)
    })?;
    Ok(Box::new(ProcessGroupRunner::new(guard)))
}

/// Probe commands run outside our sandbox where there is a service manager to run them.
fn probe_runner(settings: &Settings) -> Outcome<Box<dyn Runner>> {
    let unit = format!("{}-probe", settings.updater.service_name);
    service::outside_runner(kind(settings), &unit)?.map_or_else(group_runner, Ok)
}

fn agent_files() -> BinaryFiles {
    BinaryFiles::new(Box::new(|path: &Path| toolchain::build_info(path)))
}
