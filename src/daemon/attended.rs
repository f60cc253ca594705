//! Work on a thread of its own, while the calling one drives the runtime and listens.

use std::future::Future;

use tokio::runtime::Handle;
use tokio::sync::oneshot;

use crate::host::event_loop;
use crate::model::{Class, Failure};

/// Does `work` on a thread of its own while this one drives the network and whatever `listen` waits for.
///
/// `listen` is called before the work begins, and its future is waited for: it ends when the work does, which
/// it is told of. What it does before it returns that future precedes everything that the work does. When this
/// returns nothing is waited for any more, such as the lookup of a name that nobody answers.
///
/// # Errors
/// `Internal` without a runtime; `panicked` when the work ends unexpectedly; what `work` says.
pub fn attended<T: Send, E: From<Failure> + Send, F: Future<Output = ()>>(
    panicked: &str,
    work: impl FnOnce(Handle) -> Result<T, E> + Send,
    listen: impl FnOnce(oneshot::Receiver<()>) -> F,
) -> Result<T, E> {
    let runtime = event_loop::runtime()?;
    let handle = runtime.handle().clone();
    let (done, ended) = oneshot::channel::<()>();
    let listening = {
        let _within = runtime.enter();
        listen(ended)
    };
    let result = std::thread::scope(|scope| {
        let worker = scope.spawn(move || {
            // Dropped when the work ends, however it ends.
            let _done = done;
            work(handle)
        });
        runtime.block_on(listening);
        worker.join()
    });
    runtime.shutdown_background();
    result.unwrap_or_else(|_| Err(Failure::new(Class::Internal, panicked).into()))
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;
    use std::time::Duration;

    use super::*;
    use crate::model::Outcome;

    async fn till(ended: oneshot::Receiver<()>) {
        drop(ended.await);
    }

    #[test]
    fn nothing_that_hangs_is_waited_for() {
        let (over, ended) = channel();
        // Held till the end of the test.
        let (_release, hangs) = channel::<()>();
        std::thread::spawn(move || {
            let work = |runtime: Handle| {
                let (begun, begins) = channel();
                runtime.spawn_blocking(move || {
                    let _ = begun.send(());
                    let _ = hangs.recv();
                });
                begins.recv().map_err(|error| Failure::new(Class::Internal, "no thread").because(&error))
            };
            let _ = over.send(attended("it panicked", work, till));
        });
        ended.recv_timeout(Duration::from_secs(10)).expect("it ends").expect("the work's result");
    }

    #[test]
    fn work_that_panics_is_told_in_the_callers_words() {
        let work = |_: Handle| -> Outcome<()> { panic!("as it should") };
        let failure = attended("it panicked", work, till).expect_err("told");
        assert_eq!((failure.class, failure.what.as_str()), (Class::Internal, "it panicked"));
    }
}
