//! The life of one service, as its manager tells it. Pure: the time comes in.

use std::time::Duration;

use crate::host::process::Ended;
use crate::model::agent::Life;
use crate::model::{ServiceState, Timestamp};

/// The wait before the first restart.
const FIRST: Duration = Duration::from_secs(1);
/// The longest wait before a restart.
const LONGEST: Duration = Duration::from_secs(60);
/// A service that lived so long is restarted as if it had never failed.
const WELL: Duration = Duration::from_secs(60);

/// A moment on both clocks.
#[derive(Debug, Clone, Copy)]
pub(super) struct Now {
    /// Since boot.
    pub boot: Duration,
    /// On the wall.
    pub wall: Timestamp,
}

impl Now {
    fn micros(self) -> u64 {
        u64::try_from(self.boot.as_micros()).unwrap_or(u64::MAX)
    }
}

/// What is known of a service while the supervisor lives.
#[derive(Debug, Clone, Default)]
pub(super) struct Story {
    /// As it is told.
    pub state: ServiceState,
    /// Failures in a row, for the wait before the next start.
    failures: u32,
}

impl Story {
    /// A service that is defined and has not been started.
    pub fn stopped(enabled: bool, now: Now) -> Self {
        let state = ServiceState {
            life: Life::Stopped,
            enabled,
            since: Some(now.wall),
            result: "success".into(),
            ..ServiceState::default()
        };
        Self { state, failures: 0 }
    }

    /// Somebody starts it: what was before is forgotten.
    pub fn asked_to_start(&mut self) {
        self.failures = 0;
        self.state.restarts = 0;
        self.state.result = "success".into();
        self.state.ended = None;
        self.state.enabled = true;
    }

    /// It is being started; `again`: by itself.
    pub fn starting(&mut self, again: bool, now: Now) {
        if again {
            self.state.restarts = self.state.restarts.saturating_add(1);
        }
        self.enter(Life::Changing, now);
    }

    /// Its program runs as `pid`.
    pub fn runs(&mut self, pid: u32, now: Now) {
        self.enter(Life::Running, now);
        self.state.pid = Some(pid);
        self.state.result = "success".into();
        self.state.ended = None;
        self.state.active_enter_us = now.micros();
        self.state.invocation = format!("{pid}-{}", now.micros());
    }

    /// Its program could not be started, or its process ended unasked. How long to wait before the next
    /// start.
    pub fn failed(&mut self, result: &str, how: String, now: Now) -> Duration {
        let lived = now.micros().saturating_sub(self.state.active_enter_us);
        if self.state.life == Life::Running {
            self.state.active_exit_us = now.micros();
            if Duration::from_micros(lived) >= WELL {
                self.failures = 0;
            }
        }
        self.enter(Life::Changing, now);
        self.state.pid = None;
        self.state.result = result.to_owned();
        self.state.ended = Some(how);
        self.failures = self.failures.saturating_add(1);
        FIRST.saturating_mul(1_u32.checked_shl(self.failures - 1).unwrap_or(u32::MAX)).min(LONGEST)
    }

    /// It is being stopped.
    pub fn stopping(&mut self, now: Now) {
        if self.state.life == Life::Running {
            self.state.active_exit_us = now.micros();
        }
        self.enter(Life::Changing, now);
        self.state.result = "success".into();
    }

    /// It was stopped; `how` it ended if it did by itself, else it was killed when its time was over.
    pub fn stopped_now(&mut self, how: Option<Ended>, now: Now) {
        self.state.pid = None;
        self.state.ended = Some(how.map_or_else(|| "killed by signal 9".into(), in_words));
        self.enter(Life::Stopped, now);
    }

    fn enter(&mut self, life: Life, now: Now) {
        if self.state.life != life {
            self.state.since = Some(now.wall);
        }
        self.state.life = life;
    }
}

/// systemd's word for a result.
pub(super) fn result(how: Ended) -> &'static str {
    match how {
        Ended::Code(0) => "success",
        Ended::Code(_) => "exit-code",
        Ended::Signal(_) => "signal",
    }
}

/// How a process ended, as the state tells it.
pub(super) fn in_words(how: Ended) -> String {
    match how {
        Ended::Code(code) => format!("exited with {code}"),
        Ended::Signal(signal) => format!("killed by signal {signal}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Now {
        Now { boot: Duration::from_secs(seconds), wall: Timestamp::UNIX_EPOCH }
    }

    fn waits(lives: &[u64]) -> Vec<u64> {
        let mut story = Story::stopped(true, at(0));
        let mut time = 100;
        lives
            .iter()
            .map(|lived| {
                story.starting(true, at(time));
                story.runs(7, at(time));
                time += lived;
                story.failed("exit-code", "exited with 1".into(), at(time)).as_secs()
            })
            .collect()
    }

    #[test]
    fn waits_double_up_to_a_minute_and_begin_anew_after_a_good_life() {
        assert_eq!(waits(&[0; 9]), [1, 2, 4, 8, 16, 32, 60, 60, 60]);
        assert_eq!(waits(&[0, 0, 59, 60, 0]), [1, 2, 4, 1, 2]);
        let mut story = Story::stopped(true, at(0));
        for _ in 0..100 {
            story.failed("exec", "not found".into(), at(0));
        }
        assert_eq!(story.failed("exec", "not found".into(), at(0)), LONGEST);
    }

    #[test]
    fn a_crash_is_seen_by_state_result_and_count_and_forgotten_by_a_start_by_hand() {
        let mut story = Story::stopped(true, at(1));
        story.asked_to_start();
        story.starting(false, at(2));
        story.runs(7, at(2));
        let before = story.state.clone();
        assert_eq!((before.life, before.restarts, before.pid), (Life::Running, 0, Some(7)));
        story.failed("exit-code", "exited with 3".into(), at(3));
        assert!(story.state.is_failing() && story.state.pid.is_none());
        assert_eq!((story.state.active_enter_us, story.state.active_exit_us), (2_000_000, 3_000_000));
        story.starting(true, at(4));
        assert!(story.state.is_failing());
        story.runs(8, at(4));
        assert_eq!((story.state.restarts, story.state.is_failing()), (1, false));
        assert_ne!(story.state.invocation, before.invocation);
        story.stopping(at(5));
        story.stopped_now(Some(Ended::Signal(15)), at(6));
        assert_eq!((story.state.life, story.state.active_exit_us), (Life::Stopped, 5_000_000));
        assert_eq!(story.state.ended.as_deref(), Some("killed by signal 15"));
        story.asked_to_start();
        assert_eq!((story.state.restarts, story.state.ended.clone()), (0, None));
    }
}
