//! What may keep a version that somebody asks for from being taken, unless it is forced.

use crate::model::{Held, Version};
use crate::ports::Offered;

use super::majors;
use super::policy::Policy;

/// What is known of the version asked for.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// The version.
    pub target: &'a Version,
    /// The installed one, where known.
    pub current: Option<&'a Version>,
    /// It is the one that policy leads to.
    pub chosen: bool,
    /// Versions not taken automatically.
    pub held: &'a [Held],
    /// What the module system offers.
    pub offered: &'a [Offered],
}

/// A condition that a version must meet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gate {
    /// Stable name: `held`, `downgrade`, `retracted`, `policy`.
    pub id: &'static str,
    /// What is asked, for people.
    pub title: &'static str,
    /// Why it is not met; `None`: it is.
    pub refusal: Option<String>,
}

/// Every gate with its verdict, in the order in which they are told.
pub fn gates(wanted: &Wanted<'_>, policy: &Policy) -> [Gate; 4] {
    let Wanted { target, current, chosen, held, offered } = *wanted;
    let held = held
        .iter()
        .find(|held| held.version == *target && held.retry_at.is_none())
        .map(|held| format!("{target} is held: {}", held.reason));
    let lower = current
        .is_some_and(|current| target < current)
        .then(|| format!("{target} is lower than the installed version"));
    let retracted = offered
        .iter()
        .find(|offered| offered.version == *target)
        .and_then(|offered| offered.retracted.as_ref())
        .map(|why| format!("{target} was retracted by its authors ({why})"));
    let excluded = || policy.excludes(target).or_else(|| majors::refusal(policy, current, target));
    let excluded = if chosen { None } else { excluded() };
    [
        Gate { id: "held", title: "not held", refusal: held },
        Gate { id: "downgrade", title: "not a downgrade", refusal: lower },
        Gate { id: "retracted", title: "not retracted", refusal: retracted },
        Gate { id: "policy", title: "allowed by the policy", refusal: excluded },
    ]
}
