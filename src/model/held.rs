//! Versions that are not taken automatically.

use serde::{Deserialize, Serialize};

use super::{Timestamp, Version};

/// Why a version waits or is held: decides how the next failure counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HeldCause {
    /// It failed after `stop`: held until lifted or until a newer version.
    Failed,
    /// The old version failed the same check too: waits 1 h, doubling to 24 h, held after three.
    Environment,
    /// Build or proof failed: waits 10 min, doubling to 24 h.
    Build,
    /// An operator rolled back from it, held it, or replaced it by hand.
    Operator,
    /// It left neither version running.
    Stuck,
}

/// A version that is not taken automatically, or not before a time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    /// Exactly this version.
    pub version: Version,
    /// Why, for people.
    pub reason: String,
    /// Since when.
    pub at: Timestamp,
    /// When the next automatic attempt may be made; null: only after `unhold` or `--force`.
    pub retry_at: Option<Timestamp>,
    /// Why, for the next decision.
    pub cause: HeldCause,
    /// How many attempts ended this way, at least 1 for a failure.
    pub attempts: u32,
    /// What the build depended on (go, gcc, settings): a change resets a build's wait.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fingerprint: Option<String>,
}

/// The longest wait between two attempts, in seconds.
const LONGEST_WAIT_S: i64 = 24 * 60 * 60;

impl Held {
    /// True when an automatic run must not take the version at `now`.
    ///
    /// A clock that went back by more than the longest wait since it was held was wrong then: what it said
    /// about the next attempt means nothing, and could be years away.
    pub fn blocks(&self, now: Timestamp) -> bool {
        let clock_went_back = self.at.duration_since(now).as_secs() > LONGEST_WAIT_S;
        self.retry_at.is_none_or(|at| now < at && !clock_went_back)
    }
}
