//! What waits for sockets, signals and time.

use tokio::runtime::{Builder, Runtime};

use crate::model::{Class, Failure, Outcome};

/// A runtime whose one thread is the caller's.
///
/// # Errors
/// `Internal`: the system has no room for it.
pub fn runtime() -> Outcome<Runtime> {
    Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::new(Class::Internal, "cannot set up the event loop").because(&error))
}
