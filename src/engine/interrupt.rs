//! Asking the engine to stop, and telling that it is alive.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::time::Duration;

use crate::ports::Cancel;

/// Why the engine is asked to stop what it does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wish {
    /// Abort the run; once the agent runs the new version: roll back now.
    Abort,
    /// The updater is to exit: abort before `stop`, go forward from `stop` to `start`, leave the
    /// rest to the next start.
    Exit,
}

/// A wish that outlasts the step that is under way. Steps look at it at their safe points; waits
/// end at once.
#[derive(Debug, Clone, Default)]
pub struct Interrupt {
    cancel: Cancel,
    wish: Arc<AtomicU8>,
}

impl Interrupt {
    /// Nobody wishes anything.
    pub fn new() -> Self {
        Self::default()
    }

    /// Asks. A wish to exit is never weakened to an abort.
    pub fn ask(&self, wish: Wish) {
        let code = match wish {
            Wish::Abort => 1,
            Wish::Exit => 2,
        };
        self.wish.fetch_max(code, Ordering::SeqCst);
        self.cancel.request();
    }

    /// What is wished.
    pub fn wish(&self) -> Option<Wish> {
        match self.wish.load(Ordering::SeqCst) {
            0 => None,
            1 => Some(Wish::Abort),
            _ => Some(Wish::Exit),
        }
    }

    /// Forgets an abort: the run it was meant for is over.
    pub fn run_over(&self) {
        if self.wish.compare_exchange(1, 0, Ordering::SeqCst, Ordering::SeqCst).is_ok() {
            self.cancel.reset();
        }
    }

    /// The flag for waits and children.
    pub fn cancel(&self) -> &Cancel {
        &self.cancel
    }
}

/// Until when the engine promises to be heard of. The main loop feeds the watchdog only while the
/// promise holds, so that an engine that hangs is restarted.
#[derive(Debug, Clone)]
pub struct Pulse {
    until_ms: Arc<AtomicU64>,
}

impl Default for Pulse {
    fn default() -> Self {
        Self { until_ms: Arc::new(AtomicU64::new(u64::MAX)) }
    }
}

impl Pulse {
    /// Promises to be heard of within `limit` of `now` (monotonic).
    pub fn promise(&self, now: Duration, limit: Duration) {
        let until = now.saturating_add(limit).as_millis();
        self.until_ms.store(u64::try_from(until).unwrap_or(u64::MAX), Ordering::SeqCst);
    }

    /// Waiting for work: nothing is promised and nothing is wrong.
    pub fn idle(&self) {
        self.until_ms.store(u64::MAX, Ordering::SeqCst);
    }

    /// False when the promise is broken.
    pub fn holds(&self, now: Duration) -> bool {
        now.as_millis() <= u128::from(self.until_ms.load(Ordering::SeqCst))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exit_outlasts_the_run_and_abort_does_not() {
        let interrupt = Interrupt::new();
        interrupt.ask(Wish::Abort);
        interrupt.run_over();
        assert_eq!(interrupt.wish(), None);
        assert!(!interrupt.cancel().requested());
        interrupt.ask(Wish::Exit);
        interrupt.ask(Wish::Abort);
        interrupt.run_over();
        assert_eq!(interrupt.wish(), Some(Wish::Exit));
        assert!(interrupt.cancel().requested());
    }

    #[test]
    fn a_broken_promise_shows() {
        let pulse = Pulse::default();
        assert!(pulse.holds(Duration::from_secs(1_000_000)));
        pulse.promise(Duration::from_secs(1), Duration::from_secs(2));
        assert!(pulse.holds(Duration::from_secs(3)));
        assert!(!pulse.holds(Duration::from_secs(4)));
        pulse.idle();
        assert!(pulse.holds(Duration::from_secs(4)));
    }
}
