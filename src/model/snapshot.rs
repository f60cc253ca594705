//! Copies of the agent's database.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::Timestamp;

/// What identifies a database's layout.
///
/// Any DDL raises `schema_version`; `user_version` is the application's own number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Schema {
    /// `PRAGMA schema_version`.
    pub schema_version: i64,
    /// `PRAGMA user_version`.
    pub user_version: i64,
}

/// A copy of the agent's database, taken while the agent was stopped.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snapshot {
    /// Where the copy lies.
    pub path: PathBuf,
    /// The database that was copied.
    pub database: PathBuf,
    /// When.
    pub at: Timestamp,
    /// Its layout; `None`: not an SQLite file, copied byte for byte and never restored on its own.
    pub schema: Option<Schema>,
    /// Size in bytes.
    pub size: u64,
    /// How it was copied: `reflink` or `copy`.
    pub method: String,
}
