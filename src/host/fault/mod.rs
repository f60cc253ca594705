//! Failing on purpose: every file operation of this room passes one point, where a test may make the
//! K-th one fail or end the process.
//!
//! Power cuts and kills come between two operations; a test that arms K = 1, 2, 3… until nothing
//! happens any more has been through all of them. Disarmed, a point costs one relaxed load. A program
//! built for debugging also takes its arms from the environment (`script`); a release has no such thing.

#[cfg(debug_assertions)]
mod script;

use std::cell::Cell;
use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

#[cfg(debug_assertions)]
pub use script::arm_from;

/// What happens at the armed point, before the operation.
#[doc(hidden)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Nothing: points are only counted.
    Pass,
    /// The operation is not done and reports an input/output error.
    Error,
    /// The operation is not done and reports a full file system.
    Full,
    /// The operation is not done and reports this error of the system.
    System(i32),
    /// The process is killed on the spot: no destructor, no exit handler, no flush.
    Kill,
    /// The process stops as a whole, until somebody kills it or lets it go on.
    Stop,
}

/// What is armed in the whole process.
struct Arm {
    /// Operations left until the action; 0: none is waiting.
    left: u64,
    action: Action,
    /// The action happens at every operation from then on.
    lasting: bool,
    /// The record of the journal from which operations count; `None`: they count.
    from: Option<String>,
    /// Operations that counted so far.
    passed: u64,
    /// Where each is written down.
    log: Option<std::fs::File>,
}

impl Arm {
    const NONE: Self =
        Self { left: 0, action: Action::Pass, lasting: false, from: None, passed: 0, log: None };
}

static ARMED: AtomicBool = AtomicBool::new(false);
static ARM: Mutex<Arm> = Mutex::new(Arm::NONE);

thread_local! {
    /// The same for this thread only, so that tests running side by side do not meet.
    static HERE: Cell<(u64, Action)> = const { Cell::new((0, Action::Error)) };
}

/// Lets the `kth` file operation (from 1) of the whole process meet `action`, once; 0 disarms.
#[doc(hidden)]
pub fn arm(kth: u64, action: Action) {
    set(Arm { left: kth, action, ..Arm::NONE });
}

fn set(arm: Arm) {
    *ARM.lock().unwrap_or_else(PoisonError::into_inner) = arm;
    ARMED.store(true, Ordering::SeqCst);
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

/// The journal is about to take a record of this kind: the run has come so far.
pub fn record(kind: impl FnOnce() -> String) {
    if ARMED.load(Ordering::Relaxed) {
        ARM.lock().unwrap_or_else(PoisonError::into_inner).record(&kind());
    }
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
    if ARMED.load(Ordering::Relaxed) {
        let action = ARM.lock().unwrap_or_else(PoisonError::into_inner).pass(operation, path);
        return strike(action, operation, path);
    }
    Ok(())
}

impl Arm {
    fn record(&mut self, kind: &str) {
        self.from.take_if(|from| from == kind);
        self.note(&format!("record {kind}"));
    }

    /// One operation; what is to happen to it.
    fn pass(&mut self, operation: &str, path: &Path) -> Action {
        if self.from.is_some() {
            self.note(&format!("0 {operation} {}", path.display()));
            return Action::Pass;
        }
        self.passed += 1;
        let struck = self.left == 1;
        if self.left > 1 || struck && !self.lasting {
            self.left -= 1;
        }
        let mark = if struck { "struck " } else { "" };
        self.note(&format!("{mark}{} {operation} {}", self.passed, path.display()));
        if struck { self.action } else { Action::Pass }
    }

    fn note(&mut self, line: &str) {
        use io::Write;
        if let Some(log) = &mut self.log {
            // Who reads it finds a line missing.
            let _ = log.write_all(format!("{line}\n").as_bytes());
        }
    }
}

fn strike(action: Action, operation: &str, path: &Path) -> io::Result<()> {
    match action {
        Action::Pass => Ok(()),
        Action::Error => {
            Err(io::Error::other(format!("injected fault before {operation} of `{}`", path.display())))
        }
        Action::Full => Err(io::Error::from(io::ErrorKind::StorageFull)),
        Action::System(code) => Err(io::Error::from_raw_os_error(code)),
        Action::Kill => kill_self(),
        Action::Stop => stop_self(),
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

#[cfg(unix)]
fn stop_self() -> io::Result<()> {
    use rustix::process::{Signal, getpid, kill_process};
    Ok(kill_process(getpid(), Signal::STOP)?)
}

#[cfg(not(unix))]
fn kill_self() -> ! {
    std::process::abort()
}

#[cfg(not(unix))]
fn stop_self() -> io::Result<()> {
    Err(io::Error::from(io::ErrorKind::Unsupported))
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

    #[test]
    fn counting_begins_at_a_record_and_may_last() {
        let path = Path::new("/x");
        let mut arm = Arm { left: 2, action: Action::Kill, from: Some("switch".into()), ..Arm::NONE };
        assert_eq!(arm.pass("a", path), Action::Pass);
        arm.record("begin");
        assert_eq!((arm.pass("b", path), arm.passed), (Action::Pass, 0));
        arm.record("switch");
        let actions = ["c", "d", "e"].map(|operation| arm.pass(operation, path));
        assert_eq!((actions, arm.passed), ([Action::Pass, Action::Kill, Action::Pass], 3));

        let mut arm = Arm { left: 2, action: Action::Full, lasting: true, ..Arm::NONE };
        let actions = ["a", "b", "c"].map(|operation| arm.pass(operation, path));
        assert_eq!(actions, [Action::Pass, Action::Full, Action::Full]);
    }
}
