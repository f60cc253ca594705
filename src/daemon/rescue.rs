//! `rescue`, which the service manager runs after every end of the updater.

use std::path::PathBuf;

use crate::config::{self, Settings, Sources};
use crate::engine;
use crate::host::event_loop;
use crate::model::{Class, Outcome};
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
    if world::kind(&settings).is_own() {
        // The agent ended with the updater and comes back with it: `run` recovers first.
        return Ok(None);
    }
    let _lock = match world::lock(&settings) {
        Ok(lock) => lock,
        // Somebody else runs the engine already: the switch is in good hands.
        Err(failure) if failure.class == Class::Busy => return Ok(None),
        Err(failure) => return Err(failure),
    };
    let runtime = event_loop::runtime()?;
    let mut world = world::offline(&settings, runtime.handle())?;
    engine::rescue(&mut world)
}
