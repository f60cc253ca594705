//! What the supervisor tells other processes: a small file a service, good only as long as the supervisor
//! that wrote it lives.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::definition::{self, PRIVATE};
use crate::host::{Attributes, atomic, machine, process};
use crate::model::ServiceState;

/// One process of one boot: numbers are used again, and so are files after a reboot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Identity {
    /// Its number.
    pub pid: u32,
    /// When it started, in ticks since boot.
    pub started: u64,
}

impl Identity {
    /// The process `pid`; `None`: it is gone.
    pub fn of(pid: u32) -> Option<Self> {
        process::started(pid).map(|started| Self { pid, started })
    }

    /// Whether this very process lives.
    pub fn lives(self) -> bool {
        Self::of(self.pid) == Some(self)
    }
}

/// The file's content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Published {
    /// The boot it belongs to.
    pub boot: Option<String>,
    /// Who wrote it.
    pub supervisor: Option<Identity>,
    /// The guard of the service's processes.
    pub guard: Option<Identity>,
    /// The service's main process.
    pub main: Option<Identity>,
    /// What is told.
    pub state: ServiceState,
}

impl Published {
    /// What is true now.
    pub fn new(state: ServiceState, guard: Option<u32>) -> Self {
        Self {
            boot: machine::boot_id(),
            supervisor: Identity::of(std::process::id()),
            guard: guard.and_then(Identity::of),
            main: state.pid.and_then(Identity::of),
            state,
        }
    }

    /// What `path` says, if it is of this boot. Whatever cannot be read says nothing.
    pub fn read(path: &Path) -> Option<Self> {
        let text = definition::read(path).ok()??;
        let published: Self = serde_json::from_str(&text).ok()?;
        (published.boot == machine::boot_id()).then_some(published)
    }

    /// Tells it. Nothing depends on it but what other processes show, so a failure is no reason to stop;
    /// and it need not survive a power cut, so nobody waits for the disk.
    pub fn write(&self, path: &Path) {
        if let Ok(text) = serde_json::to_string(self) {
            let _ = atomic::publish(path, text.as_bytes(), &Attributes::with_mode(PRIVATE));
        }
    }
}
