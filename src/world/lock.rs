//! The lock that every writer of the state holds.

use crate::config::Settings;
use crate::host::lock::{self, Holder, Lock};
use crate::model::Outcome;
use crate::store::Layout;

/// Takes the lock on the updater's state, whose directory is made if it is missing, and removes what a
/// former holder left half written. It is held until the value is dropped.
///
/// # Errors
/// `Busy` with the holder's process when another one holds it; `Permission` or `Disk` when the directory
/// cannot be used.
pub fn lock(settings: &Settings) -> Outcome<Lock> {
    let layout = Layout::new(&settings.paths.state);
    layout.create()?;
    let lock = Lock::acquire(&layout.lock())?;
    layout.sweep();
    Ok(lock)
}

/// Who holds the lock: an updater that is at work, the service or a command.
///
/// # Errors
/// `Permission` or `Disk` when it cannot be looked at.
pub fn holder(settings: &Settings) -> Outcome<Holder> {
    lock::holder(&Layout::new(&settings.paths.state).lock())
}
