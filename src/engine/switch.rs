//! When a run may go from what leaves the agent alone to what stops it.

use std::time::Duration;

use crate::model::{Timestamp, Version, Window, window};

use super::decide::{Facts, shown};
use super::downtime::Expected;
use super::policy::Policy;
use super::splay;

/// One reason to wait.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wait {
    /// What is waited for, or what lifts it, for people.
    pub text: String,
    /// When it ends by itself; `None`: somebody must act.
    pub until: Option<Timestamp>,
}

impl Wait {
    pub(super) fn new(text: impl Into<String>, until: Option<Timestamp>) -> Self {
        Self { text: text.into(), until }
    }
}

/// What decides about the switch of one run.
#[derive(Debug, Clone, Default)]
pub struct Switch {
    /// Build and prove only.
    pub never: Option<String>,
    /// Not before this time: the host's place in the splay.
    pub not_before: Option<Timestamp>,
    /// Only while one of these is open; none: at any time.
    pub windows: Vec<Window>,
    /// The expected downtime and its limit, where it is exceeded.
    pub too_long: Option<(Duration, Duration)>,
    /// Somebody forces the run.
    pub forced: bool,
}

impl Switch {
    /// The rules for a run that nobody asked for.
    pub fn automatic(policy: &Policy, facts: &Facts, version: &Version) -> Self {
        let expected = facts.expected.map(|expected| expected.duration());
        Self {
            not_before: turn_of(policy, facts, version),
            windows: policy.windows.clone(),
            too_long: expected.and_then(|expected| policy.too_long(expected)),
            ..Self::default()
        }
    }

    /// Why the switch must wait at `now`, what lasts longest first; empty: it may be.
    pub fn waits(&self, now: Timestamp) -> Vec<Wait> {
        let mut waits = Vec::new();
        if let Some((expected, limit)) = self.too_long {
            let text = format!(
                "somebody asks for it (`update --force`): the agent is expected to be down for {} s, and policy.max_downtime is {} s",
                seconds(expected),
                seconds(limit)
            );
            waits.push(Wait::new(text, None));
        }
        if let Some(why) = &self.never {
            waits.push(Wait::new(why, None));
        }
        let turn = self.not_before.filter(|at| *at > now);
        let earliest = turn.unwrap_or(now);
        match window::next_opening(&self.windows, earliest) {
            Some((at, _)) if at <= earliest => {}
            Some((at, which)) => {
                let name = which.map_or_else(String::new, |window| format!(" `{window}`"));
                waits.push(Wait::new(format!("the window{name} opens at {}", shown(at)), Some(at)));
            }
            None => waits.push(Wait::new("a window opens: none does in the next three weeks", None)),
        }
        if let Some(at) = turn {
            waits.push(Wait::new(
                format!("the turn of this host (policy.splay) comes at {}", shown(at)),
                Some(at),
            ));
        }
        waits
    }
}

/// When this host's turn is: its share of the splay after the first moment at which the version could
/// have been taken. A splay that ran out before a window opened would let all hosts switch at its opening.
fn turn_of(policy: &Policy, facts: &Facts, version: &Version) -> Option<Timestamp> {
    if policy.splay.is_zero() {
        return None;
    }
    let seen = facts.seen.iter().find(|seen| seen.version == *version)?;
    let old_enough = seen.first_seen_at.checked_add(policy.min_age).unwrap_or(Timestamp::MAX);
    let from = if seen.in_first_answer { seen.first_seen_at } else { old_enough };
    let from = window::next_opening(&policy.windows, from).map_or(from, |(at, _)| at);
    from.checked_add(splay::offset(policy.splay, &facts.machine, version.as_str())).ok()
}

/// Several reasons on one line.
pub(super) fn joined(waits: &[Wait]) -> String {
    waits.iter().map(|wait| wait.text.as_str()).collect::<Vec<_>>().join("; and when ")
}

/// The first moment at which one of the reasons may be over.
pub(super) fn earliest(waits: &[Wait]) -> Option<Timestamp> {
    waits.iter().filter_map(|wait| wait.until).min()
}

/// Seconds with as many digits as a reader needs: `12`, `0.25`.
fn seconds(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 100.0).round() / 100.0
}

/// The expected downtime in words: `190 ms (12 ms of it for the database; median of 3 switches)`.
pub fn in_words(expected: &Expected) -> String {
    let database = match expected.snapshot_ms {
        0 => String::new(),
        ms => format!("{ms} ms of it for the database; "),
    };
    let source = match expected.measured {
        0 => "assumed, none was measured yet".to_owned(),
        1 => "as the last switch".to_owned(),
        count => format!("median of {count} switches"),
    };
    format!("{} ms ({database}{source})", expected.ms)
}
