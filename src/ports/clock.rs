//! Time.

use std::time::Duration;

use crate::model::Timestamp;

use super::Cancel;

/// Wall time for display, monotonic time for decisions.
pub trait Clock: Send {
    /// The wall clock.
    fn now(&self) -> Timestamp;

    /// Time since some fixed point of this boot, suspend included; never goes back.
    fn elapsed(&self) -> Duration;

    /// Waits; true when `cancel` was raised meanwhile.
    fn pause(&self, duration: Duration, cancel: &Cancel) -> bool;
}
