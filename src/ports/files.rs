//! Files the engine moves: kept versions, the agent's binary, its database.

use std::path::{Path, PathBuf};

use crate::model::plan::AgentPlace;
use crate::model::snapshot::Schema;
use crate::model::{Installed, Kept, Outcome, Snapshot};

/// Versions kept for rollback. What is in the store is whole: an entry is valid only once complete.
pub trait VersionStore: Send {
    /// Copies a binary into the store, durable. Keeping the same content twice is success.
    /// `version` is as shown; `sum` the module's content hash.
    ///
    /// # Errors
    /// `Disk`.
    fn keep(&mut self, binary: &Path, version: &str, sum: Option<&str>) -> Outcome<Kept>;

    /// All valid entries, newest kept first. A damaged entry is left out and set aside.
    ///
    /// # Errors
    /// `Disk`.
    fn kept(&mut self) -> Outcome<Vec<Kept>>;

    /// Checks that the entry's binary still has its hash.
    ///
    /// # Errors
    /// `Security` when it differs; `Disk`.
    fn check(&mut self, kept: &Kept) -> Outcome<()>;

    /// Records the database snapshot taken when the version was left (`None`: forgets it). The
    /// former snapshot, if another, is removed.
    ///
    /// # Errors
    /// `Disk`.
    fn set_snapshot(&mut self, kept: &Kept, snapshot: Option<&Snapshot>) -> Outcome<()>;

    /// Removes an entry with its snapshot. Gone already is success.
    ///
    /// # Errors
    /// `Disk`.
    fn remove(&mut self, kept: &Kept) -> Outcome<()>;

    /// Removes the oldest entries beyond `count`, with their snapshots; never one of `protected`
    /// (SHA-256 values).
    ///
    /// # Errors
    /// `Disk`.
    fn prune(&mut self, count: usize, protected: &[String]) -> Outcome<()>;
}

/// The agent's binary and what lies beside it. Every change is one rename, durable when it returns.
pub trait AgentFiles: Send {
    /// The binary at `path` by its content; `None`: there is none. Cheap while the file is unchanged.
    ///
    /// # Errors
    /// `Disk`; `Security` when it is no regular file.
    fn installed(&mut self, path: &Path) -> Outcome<Option<Installed>>;

    /// Puts `kept` at `place.staged` with owner, mode, access list, file capabilities and label of
    /// the present binary (0755 root where there is none).
    ///
    /// # Errors
    /// `Disk`.
    fn stage(&mut self, kept: &Kept, place: &AgentPlace) -> Outcome<()>;

    /// Copies the present binary to `place.backup` with the same attributes.
    ///
    /// # Errors
    /// `Disk`.
    fn back_up(&mut self, place: &AgentPlace) -> Outcome<()>;

    /// Makes the staged binary the agent's: one rename. Already there (`sha256`) is success.
    ///
    /// # Errors
    /// `Disk`; `Proof` when neither the staged nor the installed binary has that hash.
    fn install(&mut self, place: &AgentPlace, sha256: &str) -> Outcome<()>;

    /// Puts the content with `sha256` back as the agent's binary, from `place.backup` or `kept`,
    /// with the backup's attributes. Already there is success.
    ///
    /// # Errors
    /// `Disk`; `Proof` when no copy has that hash.
    fn put_back(&mut self, place: &AgentPlace, kept: Option<&Kept>, sha256: &str) -> Outcome<()>;

    /// Removes the binary: the undo of a first installation. Absent already is success.
    ///
    /// # Errors
    /// `Disk`.
    fn remove(&mut self, place: &AgentPlace) -> Outcome<()>;

    /// Removes the staged file and unfinished temporary files; the backup stays.
    ///
    /// # Errors
    /// `Disk`.
    fn clean(&mut self, place: &AgentPlace) -> Outcome<()>;
}

/// The agent's SQLite database. Only its layout is read while the agent runs.
pub trait Databases: Send {
    /// Copies the database for run `id`, durable: recovered and checkpointed first. `None`: the
    /// file does not exist.
    ///
    /// # Errors
    /// `Database` naming the process that holds it, or what is wrong with it; `Security` for a
    /// link or an unexpected owner; `Disk`.
    fn snapshot(&mut self, id: &str, database: &Path) -> Outcome<Option<Snapshot>>;

    /// The present layout; `None`: no file, or not SQLite.
    ///
    /// # Errors
    /// `Database`, `Disk`.
    fn schema(&mut self, database: &Path) -> Outcome<Option<Schema>>;

    /// Checks a snapshot's integrity.
    ///
    /// # Errors
    /// `Database` with the first findings.
    fn check(&mut self, snapshot: &Snapshot) -> Outcome<()>;

    /// Deletes a snapshot that nobody needs any more. Gone already is success.
    ///
    /// # Errors
    /// `Disk`.
    fn discard(&mut self, snapshot: &Snapshot) -> Outcome<()>;

    /// Puts the snapshot in the database's place; today's database with its `-wal` and `-shm` is
    /// set aside under run `id`, never deleted. Doing it twice is success. Returns where the
    /// database set aside lies.
    ///
    /// # Errors
    /// `Database`, `Disk`.
    fn restore(&mut self, id: &str, snapshot: &Snapshot) -> Outcome<Option<PathBuf>>;
}
