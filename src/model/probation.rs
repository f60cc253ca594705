//! The time after a commit in which a new version is still being watched.

use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::Timestamp;
use super::plan::Health;

/// A committed version on probation, with all that going back from it needs. It outlives the updater's
/// process, and settings that change meanwhile do not change it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Probation {
    /// The run that committed the version.
    pub run: String,
    /// The version, as shown.
    pub version: String,
    /// SHA-256 of its binary: another one means that somebody else decided what runs.
    pub sha256: String,
    /// SHA-256 of the kept version to go back to.
    pub back_to: String,
    /// The agent's service.
    pub service: String,
    /// The agent's binary.
    pub binary: PathBuf,
    /// When it began.
    pub since: Timestamp,
    /// How long it lasts.
    pub length: Duration,
    /// The boot in which it began: after another one it begins anew.
    pub boot: String,
    /// When it began, by that boot's monotonic clock.
    pub began: Duration,
    /// The service manager's count of automatic restarts when it began.
    pub restarts: u32,
    /// The probes that count.
    pub health: Health,
    /// How often going back was tried in vain.
    pub attempts: u32,
    /// When it may be tried again, by the wall clock.
    pub retry_at: Option<Timestamp>,
}

impl Probation {
    /// What people are shown of it.
    pub fn shown(&self) -> OnProbation {
        OnProbation {
            version: self.version.clone(),
            since: self.since,
            until: self.since.checked_add(self.length).unwrap_or(Timestamp::MAX),
        }
    }
}

/// A probation as the status tells it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OnProbation {
    /// The version.
    pub version: String,
    /// Since when.
    pub since: Timestamp,
    /// Until when, if nothing happens.
    pub until: Timestamp,
}
