//! When the screen is drawn: the first change at once, the next ones no closer together than the line can
//! take, and never without a change.

use std::time::{Duration, Instant};

/// Frames a second on this machine.
pub const LOCAL: u32 = 20;
/// Frames a second over a network.
pub const DISTANT: u32 = 5;
/// After a key one does not wait for the next frame; this much lies between two all the same.
const HURRY: Duration = Duration::from_millis(15);
/// A write that takes longer means that the line is full.
const SLOW: Duration = Duration::from_millis(250);
/// So many quick writes mean that it is free again.
const QUICK: u32 = 8;
/// The rate is never halved more often.
const MOST_HALVINGS: u32 = 4;

/// The next frame. Knows no clock: whoever asks says what time it is.
#[derive(Debug, Clone)]
pub struct Schedule {
    period: Duration,
    halvings: u32,
    quick: u32,
    last: Option<Instant>,
    wanted: Wanted,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Wanted {
    Nothing,
    Frame,
    /// Somebody waits for it.
    FrameNow,
}

impl Schedule {
    /// At most `fps` frames a second; from 1 to 60.
    pub fn new(fps: u32) -> Self {
        let period = Duration::from_secs(1) / fps.clamp(1, 60);
        Self { period, halvings: 0, quick: 0, last: None, wanted: Wanted::FrameNow }
    }

    /// Something changed.
    pub fn changed(&mut self) {
        self.wanted = self.wanted.max(Wanted::Frame);
    }

    /// Something changed that the user asked for.
    pub fn answered(&mut self) {
        self.wanted = Wanted::FrameNow;
    }

    /// When the next frame is due; `None`: nothing has changed.
    pub fn due(&self) -> Option<Due> {
        let apart = match self.wanted {
            Wanted::Nothing => return None,
            Wanted::Frame => self.period * 2_u32.pow(self.halvings),
            Wanted::FrameNow => HURRY * 2_u32.pow(self.halvings),
        };
        Some(self.last.map_or(Due::Now, |last| Due::At(last + apart)))
    }

    /// Whether the next frame is due at `now`.
    pub fn is_due(&self, now: Instant) -> bool {
        match self.due() {
            None => false,
            Some(Due::Now) => true,
            Some(Due::At(at)) => at <= now,
        }
    }

    /// A frame was drawn, which ended at `now` and whose writing took so long.
    pub fn drawn(&mut self, now: Instant, took: Duration) {
        self.wanted = Wanted::Nothing;
        self.last = Some(now);
        if took > SLOW {
            self.halvings = (self.halvings + 1).min(MOST_HALVINGS);
            self.quick = 0;
        } else if self.halvings > 0 {
            self.quick += 1;
            if self.quick >= QUICK {
                self.quick = 0;
                self.halvings -= 1;
            }
        }
    }
}

/// When a frame is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Due {
    /// At once.
    Now,
    /// At this time, if that is not past.
    At(Instant),
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    fn quick(schedule: &mut Schedule, now: Instant) {
        schedule.drawn(now, MS);
    }

    #[test]
    fn the_first_frame_is_due_at_once_and_none_without_a_change() {
        let (mut schedule, now) = (Schedule::new(5), Instant::now());
        assert_eq!(schedule.due(), Some(Due::Now));
        quick(&mut schedule, now);
        assert_eq!(schedule.due(), None);
        assert!(!schedule.is_due(now + 1000 * MS));
    }

    #[test]
    fn frames_are_apart_but_for_the_users_own() {
        let (mut schedule, now) = (Schedule::new(5), Instant::now());
        quick(&mut schedule, now);
        schedule.changed();
        assert!(!schedule.is_due(now + 199 * MS) && schedule.is_due(now + 200 * MS));
        schedule.answered();
        schedule.changed();
        assert!(!schedule.is_due(now + 14 * MS) && schedule.is_due(now + 15 * MS));
    }

    #[test]
    fn after_a_pause_a_change_is_drawn_at_once() {
        let (mut schedule, now) = (Schedule::new(20), Instant::now());
        quick(&mut schedule, now);
        schedule.changed();
        assert!(schedule.is_due(now + 50 * MS));
    }

    #[test]
    fn a_full_line_halves_the_rate_until_it_is_free() {
        let (mut schedule, now) = (Schedule::new(20), Instant::now());
        let apart = |schedule: &mut Schedule| {
            schedule.changed();
            match schedule.due().unwrap() {
                Due::At(at) => at - now,
                Due::Now => Duration::ZERO,
            }
        };
        for wanted in [100, 200, 400, 800, 800] {
            schedule.drawn(now, 251 * MS);
            assert_eq!(apart(&mut schedule), wanted * MS);
        }
        for wanted in [400, 200, 100, 50, 50] {
            for _ in 0..QUICK {
                quick(&mut schedule, now);
            }
            assert_eq!(apart(&mut schedule), wanted * MS);
        }
    }

    #[test]
    fn the_rate_is_bounded() {
        for (fps, period) in [(0, 1000), (1, 1000), (50, 20), (1000, 16)] {
            assert_eq!(Schedule::new(fps).period.as_millis(), period, "{fps}");
        }
    }
}
