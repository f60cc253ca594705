//! Facts about the host.

use std::path::Path;

use crate::model::Outcome;

/// Disk, identity, who asks.
pub trait Machine: Send {
    /// Free bytes for us on the file system of `path` (or of its nearest existing parent).
    ///
    /// # Errors
    /// `Disk`.
    fn free_space(&mut self, path: &Path) -> Outcome<u64>;

    /// Size of a file in bytes; 0 when it does not exist.
    ///
    /// # Errors
    /// `Disk`.
    fn file_size(&mut self, path: &Path) -> Outcome<u64>;

    /// Checks that files can be made in `directory`, by making one.
    ///
    /// # Errors
    /// `Disk` naming the directory and the remedy.
    fn can_write(&mut self, directory: &Path) -> Outcome<()>;

    /// Identifies the present boot.
    fn boot_id(&mut self) -> String;

    /// Tells this installation of the system from others, the same over reboots. Made from the
    /// system's own identifier, which is confidential and cannot be found out from this one.
    fn machine_id(&mut self) -> String;

    /// A run's id: sorts by time, unique on this host.
    fn new_run_id(&mut self, now: crate::model::Timestamp) -> String;
}
