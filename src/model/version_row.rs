//! One version of the agent with everything that is known of it.

use serde::{Deserialize, Serialize};

use super::Timestamp;

/// One version as `versions --json` tells it. The keys are always the same; absent is null.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VersionRow {
    /// The version as shown; `unknown` for a binary without build information.
    pub version: String,
    /// It is the agent's now.
    pub installed: bool,
    /// It can be gone back to without network and compiler.
    pub kept: bool,
    /// It is built and proven, and switched to later.
    pub staged: bool,
    /// It is not taken automatically, or not before a time.
    pub held: bool,
    /// The module system has offered it.
    pub available: bool,
    /// Its authors took it back; null: not known.
    pub retracted: Option<bool>,
    /// Its author's word for when it was made.
    pub commit_time: Option<Timestamp>,
    /// When this updater first saw it offered.
    pub first_seen_at: Option<Timestamp>,
    /// When the database was copied as this kept version was left; null: no copy is kept.
    #[serde(default)]
    pub snapshot_at: Option<Timestamp>,
    /// Whether today's database has another schema than that copy; null: not known, or no copy.
    #[serde(default)]
    pub schema_differs: Option<bool>,
}
