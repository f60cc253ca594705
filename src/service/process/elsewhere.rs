//! The embedded supervisor where there is none: this system has no guard.

mod options;

use crate::model::{Class, Failure, Outcome};
use crate::ports::ServiceManager;

pub use options::Options;

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
