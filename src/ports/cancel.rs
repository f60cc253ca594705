//! A request to stop that wakes whoever waits.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

type Waker = Box<dyn Fn() + Send + Sync>;

#[derive(Default)]
struct Inner {
    requested: AtomicBool,
    gate: Mutex<Vec<Waker>>,
    changed: Condvar,
}

/// A shared flag: once requested it stays so until [`Cancel::reset`].
#[derive(Clone, Default)]
pub struct Cancel {
    inner: Arc<Inner>,
}

impl Cancel {
    /// A flag that nobody has raised.
    pub fn new() -> Self {
        Self::default()
    }

    /// Raises the flag and wakes every waiter.
    pub fn request(&self) {
        let wakers = self.inner.gate.lock().unwrap_or_else(PoisonError::into_inner);
        self.inner.requested.store(true, Ordering::SeqCst);
        for wake in wakers.iter() {
            wake();
        }
        self.inner.changed.notify_all();
    }

    /// Lowers the flag and forgets the wakers: between two runs.
    pub fn reset(&self) {
        let mut wakers = self.inner.gate.lock().unwrap_or_else(PoisonError::into_inner);
        self.inner.requested.store(false, Ordering::SeqCst);
        wakers.clear();
    }

    /// True once somebody asked to stop.
    pub fn requested(&self) -> bool {
        self.inner.requested.load(Ordering::SeqCst)
    }

    /// Calls `wake` when the flag is raised; at once if it is already. For waits that need a file
    /// descriptor.
    pub fn on_request(&self, wake: impl Fn() + Send + Sync + 'static) {
        let mut wakers = self.inner.gate.lock().unwrap_or_else(PoisonError::into_inner);
        if self.requested() {
            wake();
        }
        wakers.push(Box::new(wake));
    }

    /// Waits for `timeout`, or until the flag is raised. True when it is raised.
    pub fn wait(&self, timeout: Duration) -> bool {
        let deadline = Instant::now() + timeout;
        let mut gate = self.inner.gate.lock().unwrap_or_else(PoisonError::into_inner);
        while !self.requested() {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return false;
            }
            gate = self.inner.changed.wait_timeout(gate, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        true
    }
}

impl fmt::Debug for Cancel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cancel").field("requested", &self.requested()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wakes_waiters_and_late_comers() {
        let cancel = Cancel::new();
        assert!(!cancel.wait(Duration::ZERO));
        let other = cancel.clone();
        let waiter = std::thread::spawn(move || other.wait(Duration::from_secs(60)));
        cancel.request();
        assert!(waiter.join().expect("no panic"));
        let woken = Arc::new(AtomicBool::new(false));
        let seen = woken.clone();
        cancel.on_request(move || seen.store(true, Ordering::SeqCst));
        assert!(woken.load(Ordering::SeqCst));
        cancel.reset();
        assert!(!cancel.requested());
    }
}
