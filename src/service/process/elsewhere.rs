//! The embedded supervisor where there is none: this system has no guard.

use std::path::PathBuf;

use crate::host::Guard;
use crate::model::event::Level;
use crate::model::{Class, Failure, Outcome};
use crate::ports::ServiceManager;

/// What the supervisor is told about its surroundings.
pub struct Options {
    /// Where services are defined.
    pub folder: PathBuf,
    /// The file that takes what services print.
    pub log: PathBuf,
    /// Bytes after which that file is rotated.
    pub max_log_size: u64,
    /// How many older files are kept.
    pub max_log_files: u32,
    /// Who watches over a service's processes.
    pub guard: Guard,
    /// Takes what happens.
    pub note: Box<dyn Fn(Level, &str) + Send>,
}

/// Never there.
pub enum Supervisor {}

impl Supervisor {
    /// Not on this system.
    ///
    /// # Errors
    /// `Service`, always.
    pub fn begin(_options: Options) -> Outcome<Self> {
        Err(Failure::new(Class::Service, "the updater cannot run the agent itself on this system")
            .hint("let the system's service manager run it"))
    }

    /// The port to it.
    pub fn manager(&self) -> Box<dyn ServiceManager> {
        match *self {}
    }

    /// Starts every service.
    pub fn start_all(&self) {
        match *self {}
    }

    /// Takes new limits of the log.
    pub fn set_log_limits(&self, _max_size: u64, _max_files: u32) {
        match *self {}
    }
}
