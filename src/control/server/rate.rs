//! How fast one connection may ask.

use std::time::Duration;

use tokio::time::Instant;

/// Requests a second.
pub(super) const RATE: u32 = 50;
/// Requests beyond it, without a rest that fills the bucket, after which the connection is closed.
const PATIENCE: u32 = 1_000;

/// A bucket of requests that fills with time.
#[derive(Debug)]
pub(super) struct Rate {
    /// When the bucket would be full.
    full_at: Instant,
    beyond: u32,
}

/// What becomes of a request.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Turn {
    /// It is served.
    Now,
    /// It is not; another one would be after so long.
    In(Duration),
    /// The client does not listen to that.
    Never,
}

impl Rate {
    /// A full bucket.
    pub(super) fn new(now: Instant) -> Self {
        Self { full_at: now, beyond: 0 }
    }

    /// A request at `now`.
    pub(super) fn take(&mut self, now: Instant) -> Turn {
        let one = Duration::from_secs(1) / RATE;
        if self.full_at <= now {
            self.beyond = 0;
        }
        let empty = self.full_at.max(now) + one;
        let over = empty.saturating_duration_since(now + Duration::from_secs(1));
        if over.is_zero() {
            self.full_at = empty;
            return Turn::Now;
        }
        self.beyond += 1;
        if self.beyond > PATIENCE { Turn::Never } else { Turn::In(over) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fifty_at_once_then_one_each_fiftieth_of_a_second() {
        let start = Instant::now();
        let mut rate = Rate::new(start);
        for _ in 0..RATE {
            assert_eq!(rate.take(start), Turn::Now);
        }
        assert_eq!(rate.take(start), Turn::In(Duration::from_millis(20)));
        let later = start + Duration::from_millis(20);
        assert_eq!(rate.take(later), Turn::Now);
        for _ in 1..PATIENCE {
            assert!(matches!(rate.take(later), Turn::In(_)));
        }
        assert_eq!(rate.take(later), Turn::Never);
        let rested = start + Duration::from_secs(3600);
        for _ in 0..RATE {
            assert_eq!(rate.take(rested), Turn::Now);
        }
        assert!(matches!(rate.take(rested), Turn::In(_)));
    }
}
