//! Parts of the world: readers for commands that only look, which need no lock, and the memory alone.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use tokio::runtime::Handle;

use crate::config::Settings;
use crate::model::snapshot::Schema;
use crate::model::{Failure, Installed, Kept, Outcome, Run, ServiceState};
use crate::ports::{
    AgentFiles, Databases, Journal, Machine, ModuleSource, OpenRun, Records, ServiceManager, VersionStore,
};
use crate::probe::LocalMachine;
use crate::store::{FileJournal, HISTORY, Layout, SqliteDatabases, SqliteRecords, VersionFolder};

/// The updater's memory, read-only; `None`: there is none yet.
///
/// # Errors
/// `Permission` when it may not be read, `Disk`.
pub fn reading(settings: &Settings) -> Outcome<Option<Box<dyn Records>>> {
    let path = Layout::new(&settings.paths.state).records();
    match path.try_exists() {
        Ok(false) => Ok(None),
        _ => Ok(Some(Box::new(SqliteRecords::reader(path)))),
    }
}

/// How many runs there are to be told at most: as many as are kept.
pub const RUNS: usize = HISTORY as usize;

/// The runs that ended, newest first, at most `limit`.
///
/// # Errors
/// `Permission` when the memory may not be read, `Disk`.
pub fn runs(settings: &Settings, limit: usize) -> Outcome<Vec<Run>> {
    match reading(settings)? {
        Some(mut records) => Ok(records.runs(limit)?.into_iter().map(with_existing_log).collect()),
        None => Ok(Vec::new()),
    }
}

/// The run without the path of a build log that is there no more: old ones make room for new ones.
fn with_existing_log(mut run: Run) -> Run {
    run.build_log = run.build_log.filter(|path| path.exists());
    run
}

/// The updater's memory, for the holder of the lock who needs nothing else of the world.
///
/// # Errors
/// `Disk` when the state directory cannot be made.
pub fn records(settings: &Settings) -> Outcome<Box<dyn Records>> {
    let layout = Layout::new(&settings.paths.state);
    layout.create()?;
    Ok(Box::new(SqliteRecords::new(layout.records())))
}

/// The versions in the store.
///
/// # Errors
/// `Permission`, `Disk`.
pub fn kept(settings: &Settings) -> Outcome<Vec<Kept>> {
    VersionFolder::reader(&Layout::new(&settings.paths.state)).kept()
}

/// The schema of a database of the agent, which may be running; `None`: it has none that can be read.
///
/// # Errors
/// `Database`, `Permission`, `Disk`.
pub fn schema(settings: &Settings, database: &Path) -> Outcome<Option<Schema>> {
    SqliteDatabases::new(&Layout::new(&settings.paths.state)).schema(database)
}

/// The log of the newest build: their names sort by time. `None`: nothing has been built yet.
///
/// # Errors
/// `Permission`, `Disk`.
pub fn newest_build_log(settings: &Settings) -> Outcome<Option<PathBuf>> {
    let folder = Layout::new(&settings.paths.state).builds();
    let entries = match std::fs::read_dir(&folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(Failure::io("look into", &folder, &error)),
    };
    let logs = entries.flatten().map(|entry| entry.path());
    Ok(logs.filter(|path| path.extension().is_some_and(|extension| extension == "log")).max())
}

/// The run that is open in the journal.
///
/// # Errors
/// `Permission`, `Disk`.
pub fn journal(settings: &Settings) -> Outcome<OpenRun> {
    FileJournal::reader(Layout::new(&settings.paths.state).journal()).open_run()
}

/// What the service manager and the file say of the agent.
///
/// # Errors
/// `Service`, `Disk`.
pub fn agent(settings: &Settings) -> Outcome<(ServiceState, Option<Installed>)> {
    let mut services: Box<dyn ServiceManager> = super::services(settings)?;
    let state = services.state(&settings.agent.service_name)?;
    let installed = super::agent_files().installed(&settings.agent.binary)?;
    Ok((state, installed))
}

/// What the agent's binary is, by its content; `None`: there is none.
///
/// # Errors
/// `Disk`; `Security` when it is no regular file.
pub fn installed(settings: &Settings) -> Outcome<Option<Installed>> {
    super::agent_files().installed(&settings.agent.binary)
}

/// Facts about this machine.
pub fn machine() -> Box<dyn Machine> {
    Box::new(LocalMachine::default())
}

/// The module system, for a check that writes nothing.
///
/// # Errors
/// `Config` for a proxy list that cannot be used.
pub fn source(settings: &Settings, runtime: &Handle) -> Outcome<Box<dyn ModuleSource>> {
    super::source::open(settings, super::http(settings, runtime))
}
