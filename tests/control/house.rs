//! A server in a thread of its own, with its socket in a temporary directory.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use sentinel_updater::control::{Access, Client, Connection, Gate, Listener, Service, Warning, serve};
use sentinel_updater::model::{Failure, Outcome};
use tokio::sync::oneshot;

/// No test waits longer for anything.
pub(crate) const DEADLINE: Duration = Duration::from_secs(30);

pub(crate) struct House {
    pub(crate) socket: PathBuf,
    pub(crate) gate: Gate,
    pub(crate) warnings: Vec<Warning>,
    /// Removed at the end.
    _folder: tempfile::TempDir,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<std::thread::JoinHandle<Outcome<()>>>,
}

impl House {
    pub(crate) fn open(service: Arc<dyn Service>) -> Self {
        Self::with(service, &Access::default())
    }

    pub(crate) fn with(service: Arc<dyn Service>, access: &Access) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let socket = folder.path().join("own/control.sock");
        Self::at(service, access, folder, socket).expect("a server")
    }

    pub(crate) fn at(
        service: Arc<dyn Service>,
        access: &Access,
        folder: tempfile::TempDir,
        socket: PathBuf,
    ) -> Result<Self, Failure> {
        let (listener, warnings) = Listener::bind(&socket, access)?;
        let gate = listener.gate();
        let (stop, stopped) = oneshot::channel::<()>();
        let thread = std::thread::spawn(move || {
            let runtime = runtime();
            runtime.block_on(serve(listener, service, async { drop(stopped.await) }))
        });
        Ok(Self { socket, gate, warnings, _folder: folder, stop: Some(stop), thread: Some(thread) })
    }

    pub(crate) async fn client(&self) -> Connection {
        Client::connect(&self.socket, "1.0.0").await.expect("a connection")
    }

    pub(crate) fn close(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            thread.join().expect("no panic").expect("served");
        }
    }
}

impl Drop for House {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let ended = thread.join();
            assert!(std::thread::panicking() || ended.is_ok(), "the server panicked");
        }
    }
}

pub(crate) fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime")
}

/// Runs `test` on a runtime, within the deadline.
pub(crate) fn run(test: impl Future<Output = ()>) {
    runtime().block_on(async {
        tokio::time::timeout(DEADLINE, test).await.expect("it ends in time");
    });
}
