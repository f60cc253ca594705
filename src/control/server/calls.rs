//! Answers that the service makes, each in a task of its own, and the record of who steered.

use std::sync::Arc;

use serde_json::Value;

use super::super::codec::Id;
use super::super::endpoint::Peer;
use super::super::{Caller, Request, Role, Service};
use super::words;
use crate::model::{Failure, Outcome};

/// An answer that has been made.
pub(super) struct Made {
    pub(super) id: Id,
    pub(super) request: Request,
    pub(super) answer: Outcome<Value>,
}

/// Asks the service. When nobody waits for the answer any more, looking ends; steering goes on to its end, and
/// is logged.
pub(super) async fn make(
    service: Arc<dyn Service>,
    peer: Peer,
    role: Role,
    id: Id,
    request: Request,
) -> Made {
    let asked = request.clone();
    let work = tokio::spawn(async move {
        let caller = Caller { uid: peer.uid, pid: peer.pid, role };
        let answer = service.call(&caller, request.clone()).await;
        if request.steers() {
            log(&peer, &request, answer.as_ref().map(drop));
        }
        answer
    });
    let mut guard = Abort { task: work.abort_handle(), armed: !asked.steers() };
    let answer = work.await.unwrap_or_else(|_| Err(words::broken(asked.method())));
    guard.armed = false;
    Made { id, request: asked, answer }
}

/// Ends a task that nobody waits for any more.
struct Abort {
    task: tokio::task::AbortHandle,
    armed: bool,
}

impl Drop for Abort {
    fn drop(&mut self) {
        if self.armed {
            self.task.abort();
        }
    }
}

/// Who asked for what, and what came of it.
pub(super) fn log(peer: &Peer, request: &Request, result: Result<(), &Failure>) {
    let (uid, method, params) = (peer.uid, request.method(), words::parameters(request));
    let pid = peer.pid.map(|pid| format!(", pid {pid}")).unwrap_or_default();
    match result {
        Ok(()) => tracing::info!(target: "updater::control", "{method}{params} by uid {uid}{pid}: done"),
        Err(failure) => {
            tracing::warn!(target: "updater::control", "{method}{params} by uid {uid}{pid}: {}", failure.line());
        }
    }
}
