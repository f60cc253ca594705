//! What is asked of the engine, by whomever: it crosses the wire as it is.

use serde::{Deserialize, Serialize};

use super::Version;

/// An update.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct UpdateRequest {
    /// This version; null: the one that policy leads to.
    pub version: Option<Version>,
    /// Lifts a held version, a downgrade, and what policy excludes.
    pub force: bool,
    /// Build and prove only; the switch comes later.
    pub stage_only: bool,
}

/// A rollback.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct RollbackRequest {
    /// This kept version; null: the one before.
    pub version: Option<String>,
    /// What to do with the database where its schema differs.
    pub database: DatabaseRequest,
}

/// What a rollback does with the database where its schema differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DatabaseRequest {
    /// Refuse, and say what the choice is.
    #[default]
    Ask,
    /// Put the snapshot taken when that version was left in its place; today's is set aside.
    Restore,
    /// Leave it as it is.
    Keep,
}
