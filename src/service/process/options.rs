//! What the supervisor is begun with, the same on every system.

use std::path::PathBuf;

use crate::host::Guard;
use crate::model::event::Level;

/// Takes a line about what happens to a service.
pub type Note = Box<dyn Fn(Level, &str) + Send>;

/// What the supervisor is told about its surroundings.
pub struct Options {
    /// Where services are defined; private, made when it is missing.
    pub folder: PathBuf,
    /// The file that takes what services print.
    pub log: PathBuf,
    /// Bytes after which that file is rotated; 0: never.
    pub max_log_size: u64,
    /// How many older files are kept.
    pub max_log_files: u32,
    /// Who watches over a service's processes.
    pub guard: Guard,
    /// Takes what happens, for the updater's own log.
    pub note: Note,
}
