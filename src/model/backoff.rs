//! How long to wait after a failure: doubling, capped, with jitter, and never less than asked for.

use std::time::Duration;

/// The longest wait that a server may ask for: beyond it a broken or hostile one could switch the
/// updates of a host off for good.
pub const LONGEST_REQUEST: Duration = Duration::from_secs(24 * 60 * 60);

/// The rule by which attempts are spaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backoff {
    base: Duration,
    cap: Duration,
}

impl Backoff {
    /// Waits about `base` after the first failure and twice as long after each further one, up to `cap`.
    pub fn new(base: Duration, cap: Duration) -> Self {
        Self { base, cap: cap.max(base) }
    }

    /// How long to wait after `failures` failures in a row (0: not at all).
    ///
    /// `random` lies in 0..1 and spreads the wait over its upper half, so that hosts that failed
    /// together do not come back together. `requested` is the server's `Retry-After`: the wait is then
    /// at least that long, up to [`LONGEST_REQUEST`], plus up to a tenth.
    pub fn delay(self, failures: u32, random: f64, requested: Option<Duration>) -> Duration {
        let random = if random.is_finite() { random.clamp(0.0, 1.0) } else { 0.0 };
        let own = match failures {
            0 => Duration::ZERO,
            _ => {
                let factor = 1u32.checked_shl(failures - 1).unwrap_or(u32::MAX);
                let full = self.base.saturating_mul(factor).min(self.cap);
                (full / 2) + (full / 2).mul_f64(random)
            }
        };
        let asked =
            requested.map_or(Duration::ZERO, |asked| asked.min(LONGEST_REQUEST).mul_f64(1.0 + random / 10.0));
        own.max(asked)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const RULE: (Duration, Duration) = (Duration::from_secs(30), Duration::from_secs(3600));

    fn delay(failures: u32, random: f64, requested: Option<u64>) -> f64 {
        Backoff::new(RULE.0, RULE.1).delay(failures, random, requested.map(Duration::from_secs)).as_secs_f64()
    }

    #[test]
    fn doubles_up_to_the_cap() {
        for (failures, longest) in [
            (0, 0.0),
            (1, 30.0),
            (2, 60.0),
            (3, 120.0),
            (7, 1920.0),
            (8, 3600.0),
            (40, 3600.0),
            (u32::MAX, 3600.0),
        ] {
            assert_eq!(delay(failures, 1.0, None), longest, "{failures}");
            assert_eq!(delay(failures, 0.0, None), longest / 2.0, "{failures}");
        }
    }

    #[test]
    fn waits_as_long_as_asked_but_not_for_ever() {
        assert_eq!(delay(1, 0.0, Some(600)), 600.0);
        assert_eq!(delay(1, 1.0, Some(600)), 660.0);
        assert_eq!(delay(8, 1.0, Some(1)), 3600.0);
        assert_eq!(delay(0, 0.0, Some(5)), 5.0);
        assert_eq!(delay(1, 0.0, Some(u64::MAX)), LONGEST_REQUEST.as_secs_f64());
    }

    proptest! {
        #[test]
        fn stays_within_its_bounds(failures in 1u32.., random in 0.0f64..1.0) {
            let waited = delay(failures, random, None);
            prop_assert!((15.0..=3600.0).contains(&waited));
        }

        #[test]
        fn any_number_is_accepted(failures: u32, random: f64, asked: Option<u64>, base: u32, cap: u32) {
            let rule = Backoff::new(Duration::from_secs(base.into()), Duration::from_secs(cap.into()));
            rule.delay(failures, random, asked.map(Duration::from_secs));
        }
    }
}
