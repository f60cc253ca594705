//! Everything durable: the journal, kept versions, the agent's binary and database, and the updater's
//! memory.
//!
//! One file a thing, each an adapter of a port. What comes in are paths, from the run's plan or from
//! [`Layout`]; files are written through `host` only, and SQLite writes its own. What never comes in:
//! settings, the service manager, the toolchain (what a binary says of its origin is read by a
//! function handed in), and a decision: the store does what it is told, or says why not.

mod agent_files;
mod database;
mod journal;
mod layout;
mod records;
mod sqlite;
mod versions;

pub use agent_files::{BinaryFiles, ReadBuildInfo};
pub use database::SqliteDatabases;
pub use journal::FileJournal;
pub use layout::{Layout, backup_of, staged_of};
pub use records::{HISTORY, SqliteRecords};
pub use versions::VersionFolder;
