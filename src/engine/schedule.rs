//! When to check next.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::time::Duration;

use crate::model::{Class, Failure};

/// The first wait after a failed check, and the longest.
const BACKOFF: (Duration, Duration) = (Duration::from_secs(30), Duration::from_secs(3600));

/// Counts failures of the network; everything else keeps the interval.
#[derive(Debug, Default)]
pub(super) struct Schedule {
    failures: u32,
}

impl Schedule {
    /// The wait after a check that went well.
    pub(super) fn after_success(&mut self, interval: Duration, jitter: f64) -> Duration {
        self.failures = 0;
        spread(interval, jitter, random())
    }

    /// The wait after one that failed: a capped, doubling backoff while the network is to blame, and
    /// never sooner than the other side asked for.
    pub(super) fn after_failure(&mut self, failure: &Failure, interval: Duration, jitter: f64) -> Duration {
        if failure.class == Class::Network {
            self.failures = self.failures.saturating_add(1);
        }
        let wait = backoff(self.failures, interval);
        spread(wait, jitter, random()).max(failure.retry_after.unwrap_or_default())
    }
}

/// `failures` in a row: 30 s, doubled each time up to an hour; never shorter than the interval.
fn backoff(failures: u32, interval: Duration) -> Duration {
    if failures == 0 {
        return interval;
    }
    let factor = 1_u32.checked_shl(failures - 1).unwrap_or(u32::MAX);
    BACKOFF.0.saturating_mul(factor).min(BACKOFF.1).max(interval)
}

/// Lengthens a wait by up to `jitter` of it, so that hosts do not ask in step.
fn spread(wait: Duration, jitter: f64, random: f64) -> Duration {
    wait.mul_f64(1.0 + jitter.clamp(0.0, 1.0) * random.clamp(0.0, 1.0))
}

/// A number from 0 to 1. The standard hasher is seeded by the operating system: good enough to
/// spread load.
fn random() -> f64 {
    let bits = RandomState::new().build_hasher().finish() >> 11;
    #[allow(clippy::cast_precision_loss, reason = "53 bits are what an f64 holds")]
    let fraction = bits as f64 / (1_u64 << 53) as f64;
    fraction
}

#[cfg(test)]
mod tests {
    use super::*;

    const S: Duration = Duration::from_secs(1);

    #[test]
    fn backs_off_up_to_an_hour_and_never_below_the_interval() {
        let seconds: Vec<u64> = (0..=9).map(|n| backoff(n, 30 * S).as_secs()).collect();
        assert_eq!(seconds, [30, 30, 60, 120, 240, 480, 960, 1920, 3600, 3600]);
        assert_eq!(backoff(1, 900 * S), 900 * S);
        assert_eq!(backoff(200, S), 3600 * S);
        assert_eq!(backoff(1, 7200 * S), 7200 * S);
    }

    #[test]
    fn honours_the_other_side_and_forgets_after_success() {
        let mut schedule = Schedule::default();
        let mut failure = Failure::new(Class::Network, "429");
        failure.retry_after = Some(500 * S);
        assert_eq!(schedule.after_failure(&failure, 30 * S, 0.0), 500 * S);
        failure.retry_after = None;
        assert_eq!(schedule.after_failure(&failure, 30 * S, 0.0), 60 * S);
        assert_eq!(schedule.after_success(30 * S, 0.0), 30 * S);
        assert_eq!(schedule.after_failure(&failure, 30 * S, 0.0), 30 * S);
        let other = Failure::new(Class::Module, "gone");
        assert_eq!(schedule.after_failure(&other, 30 * S, 0.0), 30 * S);
    }

    #[test]
    fn spreads_within_bounds() {
        for _ in 0..100 {
            let wait = spread(100 * S, 0.1, random());
            assert!((100 * S..=110 * S).contains(&wait), "{wait:?}");
        }
    }
}
