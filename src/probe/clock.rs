//! Time.

use std::time::Duration;

use crate::host::machine;
use crate::model::Timestamp;
use crate::ports::{Cancel, Clock};

/// The system's clocks.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    fn elapsed(&self) -> Duration {
        machine::since_boot()
    }

    fn pause(&self, duration: Duration, cancel: &Cancel) -> bool {
        cancel.wait(duration)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_goes_on_and_a_pause_can_be_ended() {
        let clock = SystemClock;
        let (start, cancel) = (clock.elapsed(), Cancel::new());
        assert!(!clock.pause(Duration::from_millis(2), &cancel));
        assert!(clock.elapsed() >= start + Duration::from_millis(2));
        cancel.request();
        assert!(clock.pause(Duration::from_secs(3600), &cancel));
        assert!(clock.now() > Timestamp::UNIX_EPOCH);
    }
}
