//! Waiting for the end of a process without waking up meanwhile.

use std::io::{PipeReader, PipeWriter, Write};
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, PidfdFlags, pidfd_open};

use crate::model::{Class, Failure, Outcome};
use crate::ports::Cancel;

/// A process that is watched, by a handle that no other process can get.
pub(super) struct Process(OwnedFd);

impl Process {
    /// `None` when it is gone already, or the system has no such handles (Linux before 5.3).
    pub(super) fn watch(pid: u32) -> Option<Self> {
        let pid = Pid::from_raw(i32::try_from(pid).ok()?)?;
        pidfd_open(pid, PidfdFlags::empty()).ok().map(Self)
    }
}

/// A cancellation as something that can be waited for together with a process.
pub(super) struct Waker {
    reader: PipeReader,
    /// The flag's waker holds it weakly: a flag that is never raised keeps no file open.
    _writer: Arc<PipeWriter>,
}

impl Waker {
    /// # Errors
    /// `Internal` when no more files can be opened.
    pub(super) fn new(cancel: &Cancel) -> Outcome<Self> {
        let (reader, writer) = std::io::pipe()
            .map_err(|error| Failure::new(Class::Internal, "cannot wait for a service").because(&error))?;
        let writer = Arc::new(writer);
        let weak = Arc::downgrade(&writer);
        cancel.on_request(move || {
            if let Some(writer) = weak.upgrade() {
                // One byte into an empty pipe neither blocks nor fails.
                let _ = (&*writer).write_all(b"x");
            }
        });
        Ok(Self { reader, _writer: writer })
    }

    /// Waits until `process` ends, the flag is raised, or `limit` is over. True when the process ended.
    pub(super) fn wait(&self, process: Option<&Process>, limit: Duration) -> bool {
        let mut sources = vec![PollFd::new(&self.reader, PollFlags::IN)];
        sources.extend(process.map(|process| PollFd::new(&process.0, PollFlags::IN)));
        let limit = Timespec::try_from(limit).ok();
        // An interrupted wait is a short one: the caller looks at the state and waits again.
        let woken = poll(&mut sources, limit.as_ref()).is_ok();
        woken && sources.get(1).is_some_and(|source| !source.revents().is_empty())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    const LONG: Duration = Duration::from_secs(60);

    #[test]
    fn the_end_of_a_process_wakes() {
        let mut child = std::process::Command::new("/bin/sleep").arg("60").spawn().expect("started");
        let process = Process::watch(child.id()).expect("watched");
        let waker = Waker::new(&Cancel::new()).expect("a waker");
        assert!(!waker.wait(Some(&process), Duration::ZERO));
        child.kill().expect("killed");
        assert!(waker.wait(Some(&process), LONG));
        child.wait().expect("ended");
    }

    #[test]
    fn a_raised_flag_wakes_also_when_it_was_raised_before() {
        let cancel = Cancel::new();
        let before = Waker::new(&cancel).expect("a waker");
        cancel.request();
        let after = Waker::new(&cancel).expect("a waker");
        let began = Instant::now();
        assert!(!before.wait(None, LONG));
        assert!(!after.wait(None, LONG));
        assert!(began.elapsed() < LONG);
    }
}
