//! What the server asks of the service: implemented by `daemon`, and by tests.

use std::pin::Pin;
use std::sync::Arc;

use serde::Serialize;
use serde_json::Value;

use super::Queue;
use super::protocol::{LogTail, Logs, Request, Role, Subscribe, Subscribed, Welcome};
use crate::model::{Class, Failure, Outcome, View};

/// Who asks, by the operating system's word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The user.
    pub uid: u32,
    /// The process, where it is known; 0 in another namespace.
    pub pid: Option<i32>,
    /// What it may do.
    pub role: Role,
}

/// A reply that is being made.
pub type Reply<'a, T> = Pin<Box<dyn Future<Output = Outcome<T>> + Send + 'a>>;

/// The service behind the socket. Its futures are polled on the main thread's runtime and must not block it.
pub trait Service: Send + Sync {
    /// Who the service is, for a caller with `role`.
    fn welcome(&self, role: Role) -> Welcome;

    /// Registers `queue` for every event after the view (or after the position) that is returned: both under
    /// one lock, so that nothing is lost between. A queue that was registered before is replaced. The
    /// registration ends with the queue's last other owner.
    fn subscribe(&self, position: &Subscribe, queue: &Arc<Queue>) -> Subscribed;

    /// The view for a client whose queue ran over; what is pushed afterwards comes after it. Under the same lock
    /// `queue` is emptied of what the view holds already.
    fn resync(&self, queue: &Arc<Queue>) -> View;

    /// The end of a log. If it is to be followed, what comes after goes into `queue` as
    /// [`Notice::Log`](super::Notice::Log) until the queue's last other owner is gone, or until the same log is asked
    /// for without following.
    fn logs<'a>(&'a self, request: &'a Logs, queue: &'a Arc<Queue>) -> Reply<'a, LogTail>;

    /// Any other request. The server has checked that the caller may make it.
    fn call<'a>(&'a self, caller: &'a Caller, request: Request) -> Reply<'a, Value>;
}

/// An answer as JSON.
///
/// # Errors
/// `Internal` when it cannot be written so.
pub fn value<T: Serialize + ?Sized>(answer: &T) -> Outcome<Value> {
    serde_json::to_value(answer)
        .map_err(|error| Failure::new(Class::Internal, "cannot write the answer").because(&error))
}
