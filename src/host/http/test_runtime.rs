//! The runtime as the service runs it: one thread inside `block_on` until the end.

use tokio::runtime::{Builder, Handle};
use tokio::sync::oneshot;

/// A running runtime; it ends with this value.
pub(crate) struct TestRuntime {
    handle: Handle,
    end: Option<oneshot::Sender<()>>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl TestRuntime {
    pub(crate) fn start() -> Self {
        let runtime = Builder::new_current_thread().enable_all().build().expect("runtime");
        let handle = runtime.handle().clone();
        let (end, ended) = oneshot::channel::<()>();
        let thread = std::thread::Builder::new()
            .name("runtime".into())
            .spawn(move || {
                let _ = runtime.block_on(ended);
            })
            .expect("thread");
        Self { handle, end: Some(end), thread: Some(thread) }
    }

    pub(crate) fn handle(&self) -> Handle {
        self.handle.clone()
    }
}

impl Drop for TestRuntime {
    fn drop(&mut self) {
        drop(self.end.take());
        if let Some(thread) = self.thread.take() {
            thread.join().expect("the runtime ends in order");
        }
    }
}
