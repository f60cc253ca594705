//! Failing on purpose: every file operation of this room passes one point, where a test may make the
//! K-th one fail or end the process.
//!
//! Power cuts and kills come between two operations; a test that arms K = 1, 2, 3… until nothing
//! happens any more has been through all of them. Disarmed, a point costs one relaxed load.

use std::cell::Cell;
use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};

/// What happens at the armed point, before the operation.
#[doc(hidden)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// The operation is not done and reports an input/output error.
    Error,
    /// The operation is not done and reports a full file system.
    Full,
    /// The process is killed on the spot: no destructor, no exit handler, no flush.
    Kill,
}

/// Operations left until the action, in the whole process; 0 is disarmed.
static LEFT: AtomicU64 = AtomicU64::new(0);
static ACTION: AtomicU8 = AtomicU8::new(0);

thread_local! {
    /// The same for this thread only, so that tests running side by side do not meet.
    static HERE: Cell<(u64, Action)> = const { Cell::new((0, Action::Error)) };
}

/// Lets the `kth` file operation (from 1) of the whole process meet `action`, once; 0 disarms.
#[doc(hidden)]
pub fn arm(kth: u64, action: Action) {
    ACTION.store(action as u8, Ordering::SeqCst);
    LEFT.store(kth, Ordering::SeqCst);
}

/// As [`arm`], for the operations of the calling thread.
#[doc(hidden)]
pub fn arm_here(kth: u64, action: Action) {
    HERE.set((kth, action));
}

/// Takes this thread's arm away; whether it was still waiting, that is, nothing has happened.
#[doc(hidden)]
pub fn disarm_here() -> bool {
    HERE.replace((0, Action::Error)).0 > 0
}

/// The point that a file operation on `path` passes just before it is done.
pub(in crate::host) fn point(operation: &str, path: &Path) -> io::Result<()> {
    let (left, action) = HERE.get();
    if left > 0 {
        HERE.set((left - 1, action));
        if left == 1 {
            return strike(action, operation, path);
        }
    }
    if LEFT.load(Ordering::Relaxed) > 0 && LEFT.fetch_sub(1, Ordering::SeqCst) == 1 {
        let action = match ACTION.load(Ordering::SeqCst) {
            0 => Action::Error,
            1 => Action::Full,
            _ => Action::Kill,
        };
        return strike(action, operation, path);
    }
    Ok(())
}

fn strike(action: Action, operation: &str, path: &Path) -> io::Result<()> {
    match action {
        Action::Error => {
            Err(io::Error::other(format!("injected fault before {operation} of `{}`", path.display())))
        }
        Action::Full => Err(io::Error::from(io::ErrorKind::StorageFull)),
        Action::Kill => kill_self(),
    }
}

#[cfg(unix)]
fn kill_self() -> ! {
    use rustix::process::{Signal, getpid, kill_process};
    // A process may always signal itself; abort covers the impossible.
    if kill_process(getpid(), Signal::KILL).is_ok() {
        loop {
            std::thread::park();
        }
    }
    std::process::abort()
}

#[cfg(not(unix))]
fn kill_self() -> ! {
    std::process::abort()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_armed_operation_is_struck() {
        let path = Path::new("/x");
        arm_here(3, Action::Full);
        assert!(point("a", path).is_ok());
        assert!(point("b", path).is_ok());
        assert_eq!(point("c", path).expect_err("armed").kind(), io::ErrorKind::StorageFull);
        assert!(point("d", path).is_ok());
        assert!(!disarm_here());
        arm_here(1, Action::Error);
        assert!(disarm_here());
        assert!(point("e", path).is_ok());
    }
}
