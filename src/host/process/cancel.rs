//! A token by which one thread asks another to stop what it waits for.

use std::io::{PipeReader, PipeWriter, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Shared by its clones; once cancelled it stays so. Whoever waits in [`super::run`] wakes at once.
#[derive(Debug, Clone)]
pub struct Cancel(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    cancelled: AtomicBool,
    /// Becomes readable on cancellation and is never read. `None` when no more files could be opened;
    /// the flag then is looked at now and then.
    pipe: Option<(PipeReader, PipeWriter)>,
}

impl Default for Cancel {
    fn default() -> Self {
        Self::new()
    }
}

impl Cancel {
    /// A token that nobody has cancelled.
    pub fn new() -> Self {
        Self(Arc::new(Shared { cancelled: AtomicBool::new(false), pipe: std::io::pipe().ok() }))
    }

    /// Asks everybody who holds a clone to stop. May be called again.
    pub fn cancel(&self) {
        if !self.0.cancelled.swap(true, Ordering::SeqCst)
            && let Some((_, writer)) = &self.0.pipe
        {
            // One byte into an empty pipe neither blocks nor fails.
            let _ = (&mut &*writer).write_all(b"x");
        }
    }

    /// Whether somebody asked to stop.
    pub fn is_cancelled(&self) -> bool {
        self.0.cancelled.load(Ordering::SeqCst)
    }

    /// What becomes readable on cancellation.
    #[cfg(unix)]
    pub(super) fn readable(&self) -> Option<std::os::fd::BorrowedFd<'_>> {
        use std::os::fd::AsFd;
        self.0.pipe.as_ref().map(|(reader, _)| reader.as_fd())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clones_share_the_answer() {
        let cancel = Cancel::new();
        let clone = cancel.clone();
        assert!(!clone.is_cancelled());
        cancel.cancel();
        cancel.cancel();
        assert!(clone.is_cancelled());
        assert!(!Cancel::new().is_cancelled());
    }
}
