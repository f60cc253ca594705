//! When to check next.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::time::Duration;

use crate::model::{Backoff, Class, Failure, Timestamp};

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

    /// The wait after one that failed: a doubling backoff of up to an hour while the network is to
    /// blame, never shorter than the interval, and never sooner than the other side asked for.
    pub(super) fn after_failure(&mut self, failure: &Failure, interval: Duration, jitter: f64) -> Duration {
        if failure.class == Class::Network {
            self.failures = self.failures.saturating_add(1);
        }
        let rule = Backoff::new(Duration::from_secs(30), Duration::from_secs(3600));
        let wait = rule.delay(self.failures, random(), failure.retry_after);
        wait.max(spread(interval, jitter, random()))
    }
}

/// When the automatic schedule must turn again at the latest. A moment that has passed wakes nobody: the
/// check that it woke failed, and comes again in its own time.
pub(super) fn sooner(at: Option<Timestamp>, now: Timestamp) -> Option<Duration> {
    let left = Duration::try_from(at.filter(|at| *at > now)?.duration_since(now)).ok()?;
    // A little later, so that the moment has come for every clock that is asked.
    Some(left + Duration::from_millis(20))
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
    fn backs_off_while_the_network_fails_and_never_below_the_interval() {
        let mut schedule = Schedule::default();
        let failure = Failure::new(Class::Network, "no route");
        let mut longest = Duration::ZERO;
        for _ in 0..12 {
            let wait = schedule.after_failure(&failure, 30 * S, 0.0);
            assert!((30 * S..=3600 * S).contains(&wait), "{wait:?}");
            longest = longest.max(wait);
        }
        assert!(longest >= 1800 * S, "{longest:?}");
        assert_eq!(schedule.after_failure(&failure, 7200 * S, 0.0), 7200 * S);
        assert_eq!(schedule.after_success(30 * S, 0.0), 30 * S);
        let asked = Failure { retry_after: Some(500 * S), ..failure };
        assert!(schedule.after_failure(&asked, 30 * S, 0.0) >= 500 * S);
    }

    #[test]
    fn a_moment_that_comes_wakes_and_one_that_passed_does_not() {
        let now: Timestamp = "2026-01-02T03:04:05Z".parse().expect("a time");
        let later = now.checked_add(60 * S).expect("in range");
        assert_eq!(sooner(Some(later), now), Some(60 * S + Duration::from_millis(20)));
        assert_eq!((sooner(Some(now), later), sooner(Some(now), now), sooner(None, now)), (None, None, None));
    }

    #[test]
    fn other_failures_keep_the_interval() {
        let mut schedule = Schedule::default();
        let other = Failure::new(Class::Module, "gone");
        assert_eq!(schedule.after_failure(&other, 30 * S, 0.0), 30 * S);
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
