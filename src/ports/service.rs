//! The service manager, as the engine sees it.

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::model::plan::ServiceSpec;
use crate::model::{Outcome, ServiceState};

use super::Cancel;

/// Starts, stops and defines services. Every call has a deadline of its own and names the service.
pub trait ServiceManager: Send {
    /// `systemd`, `launchd`, `scm`, `process`.
    fn name(&self) -> &'static str;

    /// The service's state.
    ///
    /// # Errors
    /// `Service` when the manager does not answer; an unknown service is `Life::Absent`.
    fn state(&mut self, service: &str) -> Outcome<ServiceState>;

    /// Starts the service from any state, after clearing a failure recorded before. Running
    /// already is success.
    ///
    /// # Errors
    /// `Service`; `Refused` for a masked service; `Cancelled` when the system is stopping.
    fn start(&mut self, service: &str) -> Outcome<()>;

    /// Stops the service; returns when none of its processes is left. Not running already is
    /// success.
    ///
    /// # Errors
    /// `Service`; `Timeout` when processes outlive `deadline`.
    fn stop(&mut self, service: &str, deadline: Duration) -> Outcome<()>;

    /// Blocks until the service's state may differ from `seen`, at most for `timeout`, and returns
    /// the present state.
    ///
    /// # Errors
    /// As [`state`](Self::state).
    fn wait_change(
        &mut self,
        service: &str,
        seen: &ServiceState,
        timeout: Duration,
        cancel: &Cancel,
    ) -> Outcome<ServiceState>;

    /// Compares the service's definition with `spec`.
    ///
    /// # Errors
    /// `Service` when the manager does not answer; `Disk`.
    fn definition(&mut self, spec: &ServiceSpec) -> Outcome<Definition>;

    /// Writes the definition at `path` (`None`: removes it) and makes the manager read it. Nothing
    /// happens when it already says so. A definition that did not exist before is enabled.
    ///
    /// # Errors
    /// `Disk`, `Service`.
    fn define(&mut self, service: &str, path: &Path, text: Option<&str>) -> Outcome<()>;

    /// Lets the agent register itself: runs `binary` with `spec.install_args`, 60 s at most, then
    /// makes the manager read the result.
    ///
    /// # Errors
    /// `Service` with the agent's output.
    fn self_register(&mut self, spec: &ServiceSpec) -> Outcome<()>;

    /// True while the whole system is going down: no verdict is given then.
    fn system_stopping(&mut self) -> bool;
}

/// How a service is defined on the host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Definition {
    /// The file that defines it, or would.
    pub path: PathBuf,
    /// What it says; `None`: the manager does not know the service.
    pub present: Option<String>,
    /// What it should say; `None`: the definition is somebody else's, or edited by somebody, and stays.
    pub wanted: Option<String>,
    /// An administrator forbade starting it.
    pub masked: bool,
    /// The binary it runs, where it can be told: a service that runs another file is not ours to update.
    pub runs: Option<PathBuf>,
}

impl Definition {
    /// True when it must be written.
    pub fn must_change(&self) -> bool {
        self.wanted.is_some() && self.wanted != self.present
    }
}
