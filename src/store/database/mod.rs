//! The agent's SQLite database: copied while the agent is stopped, and put back if it must be.
//!
//! A snapshot is the recovered and checkpointed file, copied as bytes (shared blocks where the file
//! system can): that takes a third of the time of SQLite's backup. Nothing slow is done here; whether
//! the copy is whole is checked when the agent runs again. What SQLite cannot read is copied as it is,
//! without a layout: the damage was there before the update, which is not to blame for it.

mod check;
mod holder;
mod live;
mod restore;
#[cfg(all(test, unix))]
mod tests;

use std::path::{Path, PathBuf};
use std::time::Duration;

use self::live::Live;
use super::{Layout, layout};
use crate::host::Attributes;
use crate::host::atomic::{self, Hash};
use crate::model::snapshot::Schema;
use crate::model::{Outcome, Snapshot, Timestamp};
use crate::ports::Databases;

/// How long a process that holds the database is waited for.
const PATIENCE: Duration = Duration::from_secs(5);

/// Databases of the agent, and the folder for their copies.
#[derive(Debug, Clone)]
pub struct SqliteDatabases {
    snapshots: PathBuf,
    patience: Duration,
}

impl SqliteDatabases {
    /// Snapshots lie under `layout`.
    pub fn new(layout: &Layout) -> Self {
        Self { snapshots: layout.snapshots(), patience: PATIENCE }
    }

    /// Waits `patience` for a process that holds the database, instead of 5 s.
    #[must_use]
    pub fn with_patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }
}

impl Databases for SqliteDatabases {
    fn snapshot(&mut self, id: &str, database: &Path) -> Outcome<Option<Snapshot>> {
        let path = self.snapshots.join(format!("{}.db", layout::run_id(id)?));
        let Some(mut live) = Live::open(database, self.patience)? else { return Ok(None) };
        atomic::create_dir(&self.snapshots, 0o700)?;
        // The owner is remembered for the case that the database itself is gone when it is restored.
        let attributes =
            Attributes { uid: live.attributes.uid, gid: live.attributes.gid, ..Attributes::with_mode(0o600) };
        let copied = atomic::copy_file(&mut live.file, database, &path, &attributes, Hash::Skip)
            .map_err(|failure| failure.context("cannot take a snapshot of the agent's database"))?;
        let method = match (live.is_unreadable(), copied.shared) {
            (true, _) => "copy (not readable by SQLite)",
            (false, true) => "reflink",
            (false, false) => "copy",
        };
        Ok(Some(Snapshot {
            path,
            database: database.to_owned(),
            at: Timestamp::now(),
            schema: live.schema(),
            size: copied.bytes,
            method: method.to_owned(),
        }))
    }

    fn schema(&mut self, database: &Path) -> Outcome<Option<Schema>> {
        // The agent may be running: a reader disturbs it less than the lock that a copy needs.
        match live::peek(database, self.patience) {
            Some(schema) => Ok(Some(schema)),
            None => Ok(Live::open(database, self.patience)?.and_then(|live| live.schema())),
        }
    }

    fn check(&mut self, snapshot: &Snapshot) -> Outcome<()> {
        check::check(snapshot)
    }

    fn discard(&mut self, snapshot: &Snapshot) -> Outcome<()> {
        // Only what this program put there: the path was read from a file.
        if snapshot.path.parent() == Some(self.snapshots.as_path()) {
            atomic::remove(&snapshot.path)?;
        }
        Ok(())
    }

    fn restore(&mut self, id: &str, snapshot: &Snapshot) -> Outcome<Option<PathBuf>> {
        restore::restore(layout::run_id(id)?, snapshot, self.patience)
            .map_err(|failure| failure.context("cannot restore the agent's database"))
    }
}
