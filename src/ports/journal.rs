//! The intent log.

use std::path::PathBuf;

use crate::model::{Outcome, Record};

/// Records of intent, durable when `append` returns.
pub trait Journal: Send {
    /// Writes a record and syncs it.
    ///
    /// # Errors
    /// `Disk`. The effect it announces must not happen then.
    fn append(&mut self, record: &Record) -> Outcome<()>;

    /// The records of the last run that has no `End`, and whether a damaged journal was found.
    ///
    /// # Errors
    /// `Disk` when the file cannot be read at all. Damage is no error: it is set aside.
    fn open_run(&mut self) -> Outcome<OpenRun>;

    /// The last `End` record, if the file still holds one: history may lack it.
    ///
    /// # Errors
    /// `Disk`.
    fn last_end(&mut self) -> Outcome<Option<Record>>;
}

/// What the journal tells at a start.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OpenRun {
    /// From `Begin` on; empty: no run is open.
    pub records: Vec<Record>,
    /// Where a damaged journal was set aside.
    pub set_aside: Option<PathBuf>,
}
