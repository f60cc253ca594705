//! The agent as it is found on the host.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::{Snapshot, Timestamp, Version};

/// The agent's installed binary, as it was read (never run).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Installed {
    /// The version in its build information; `None`: unknown.
    pub version: Option<Version>,
    /// The main module in its build information.
    pub module: Option<String>,
    /// SHA-256 of the file, in hex.
    pub sha256: String,
}

impl Installed {
    /// The version as it is shown: `unknown` without build information.
    pub fn shown(&self) -> String {
        self.version.as_ref().map_or_else(|| "unknown".to_owned(), ToString::to_string)
    }
}

/// What the service manager says of a service's life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Life {
    /// Its main process runs.
    Running,
    /// Between two states: starting, stopping, waiting for an automatic restart.
    Changing,
    /// Not running, no failure recorded.
    Stopped,
    /// Ended by a failure.
    Failed,
    /// The service manager does not know the service.
    #[default]
    Absent,
}

/// The service manager's view of the agent's service.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ServiceState {
    /// Running, stopped, failed, absent.
    pub life: Life,
    /// An administrator forbade starting it.
    pub masked: bool,
    /// It starts at boot.
    pub enabled: bool,
    /// Main process, when running.
    pub pid: Option<u32>,
    /// When the present life began.
    pub since: Option<Timestamp>,
    /// Automatic restarts since it was last started by hand.
    pub restarts: u32,
    /// `success`, or the manager's word for what went wrong (`exit-code`, `signal`, `timeout`…).
    pub result: String,
    /// Changes with every start, by whomever.
    pub invocation: String,
    /// How the main process ended, in words (`exited with 1`, `killed by signal 9`).
    pub ended: Option<String>,
    /// Manager's monotonic clock at the last time it became active, in microseconds; 0: never.
    pub active_enter_us: u64,
    /// Manager's monotonic clock at the last time it stopped being active, in microseconds; 0: never.
    pub active_exit_us: u64,
}

impl ServiceState {
    /// True while the main process runs.
    pub fn is_running(&self) -> bool {
        self.life == Life::Running
    }

    /// True when the manager restarts it by itself over and over, or has given up on it.
    pub fn is_failing(&self) -> bool {
        self.life == Life::Failed
            || (self.life == Life::Changing && self.result != "success" && !self.result.is_empty())
    }
}

/// A version in the version store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    /// The version as shown; `unknown` for a binary without build information.
    pub version: String,
    /// SHA-256 of the binary, in hex.
    pub sha256: String,
    /// Where it lies.
    pub path: PathBuf,
    /// When it was put there.
    pub kept_at: Timestamp,
    /// Content hash of its module (`h1:…`), where known.
    pub sum: Option<String>,
    /// The database as it was when this version was last left.
    pub snapshot: Option<Snapshot>,
}
