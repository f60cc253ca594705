//! `rescue`, which the service manager runs after every end of the updater.

use std::path::PathBuf;

use crate::config::{self, Settings, Sources};
use crate::engine;
use crate::host::lock::Lock;
use crate::model::Outcome;
use crate::store::Layout;
use crate::world;

/// Gets the agent up again if the updater ended in the middle of a switch. Says what it did; stays
/// silent when there was nothing to do.
///
/// # Errors
/// What the file system or the service manager says.
pub fn rescue(file: Option<PathBuf>) -> Outcome<Option<String>> {
    let sources = Sources::here(file, Vec::new());
    let settings: Settings = match config::load(&sources) {
        Ok(loaded) => loaded.settings,
        Err(_) => config::fallback(&sources),
    };
    // Somebody else runs the engine already: the switch is in good hands.
    let Ok(_lock) = Lock::acquire(&Layout::new(&settings.paths.state).lock()) else { return Ok(None) };
    let runtime = super::service::runtime()?;
    let mut world = world::offline(&settings, runtime.handle())?;
    engine::rescue(&mut world)
}
