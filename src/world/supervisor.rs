//! The embedded supervisor, where the updater runs the agent itself.

use crate::config::Settings;
use crate::host::Guard;
use crate::model::Outcome;
use crate::model::event::Level;
use crate::ports::World;
use crate::service::Kind;
use crate::service::process::Options;
use crate::store::Layout;

pub use crate::service::process::Supervisor;

/// Begins the supervisor; `None` where a service manager runs the agent. What happens to the agent goes
/// to `note`. Everything that it runs ends with it.
///
/// # Errors
/// `Internal` when the system gives no thread.
pub fn supervisor(
    settings: &Settings,
    note: impl Fn(Level, &str) + Send + 'static,
) -> Outcome<Option<Supervisor>> {
    if super::kind(settings) != Kind::Process {
        return Ok(None);
    }
    let guard = Guard::this_executable()?;
    let options = Options {
        folder: Layout::new(&settings.paths.state).services(),
        log: settings.agent_output(),
        max_log_size: settings.updater.max_log_size,
        max_log_files: settings.updater.max_log_files,
        guard,
        note: Box::new(note),
    };
    Supervisor::begin(options).map(Some)
}

/// `world` with its services run by `supervisor`, if there is one.
pub fn supervised(mut world: World, supervisor: Option<&Supervisor>) -> World {
    if let Some(supervisor) = supervisor {
        world.services = supervisor.manager();
    }
    world
}
