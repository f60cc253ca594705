//! What is to be done: a pure function of facts and policy.

use crate::model::agent::Life;
use crate::model::held::HeldCause;
use crate::model::status::{Latest, Paused};
use crate::model::{Held, Installed, ServiceState, Staged, Timestamp, Version};
use crate::ports::{Committed, Offered, Seen};

use super::downtime::Expected;
use super::policy::Policy;
use super::switch::{Switch, Wait, earliest, joined};

/// What is known when a decision is made.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    /// The wall clock.
    pub now: Timestamp,
    /// The agent's binary; `None`: there is none.
    pub installed: Option<Installed>,
    /// Its service.
    pub service: ServiceState,
    /// What the updater last left or adopted.
    pub committed: Option<Committed>,
    /// What the module system offers.
    pub offered: Vec<Offered>,
    /// When each version was first seen.
    pub seen: Vec<Seen>,
    /// Versions not taken automatically.
    pub held: Vec<Held>,
    /// A pause of automatic updates.
    pub paused: Option<Paused>,
    /// The version that left the agent stuck.
    pub stuck: Option<String>,
    /// What a build's outcome depends on besides the module.
    pub fingerprint: String,
    /// The candidate that is built and proven already.
    pub staged: Option<Staged>,
    /// Tells this host from others, for the splay.
    pub machine: String,
    /// How long a switch is expected to keep the agent down; `None`: nobody asks.
    pub expected: Option<Expected>,
}

/// What to do now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Nothing.
    Nothing,
    /// Bring the agent to this version, as far as the time allows: built and proven at any time.
    Update(Version),
    /// Install the agent for the first time.
    Install(Version),
    /// Put the committed binary back: it vanished.
    Repair,
}

/// The outcome of a decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// What to do now.
    pub action: Action,
    /// The version that policy leads to.
    pub target: Option<Version>,
    /// Whether it is newer than the installed one.
    pub update_available: bool,
    /// Why it is not taken now.
    pub reason: Option<String>,
    /// When the reason may be over, or another one begins to count; `None`: nothing is waited for.
    pub until: Option<Timestamp>,
    /// What needs an administrator's eye: id and text.
    pub alerts: Vec<(&'static str, String)>,
    /// Whether the installed version was retracted.
    pub installed_retracted: bool,
}

/// What is known of the newest version after a check: `decision` was made from `facts`.
pub fn latest(facts: &Facts, decision: &Decision) -> Latest {
    let target = decision.target.as_ref();
    let seen = target.and_then(|target| facts.seen.iter().find(|seen| seen.version == *target));
    Latest {
        version: target.map(ToString::to_string),
        commit_time: seen.and_then(|seen| seen.commit_time),
        first_seen_at: seen.map(|seen| seen.first_seen_at),
        checked_at: Some(facts.now),
        error: None,
        update_available: decision.update_available,
        reason: decision.reason.clone(),
    }
}

/// Decides what an automatic check does.
pub fn decide(facts: &Facts, policy: &Policy) -> Decision {
    let (target, no_target) = target(facts, policy);
    let mut decision = Decision {
        action: Action::Nothing,
        target: target.clone(),
        update_available: false,
        reason: None,
        until: None,
        alerts: Vec::new(),
        installed_retracted: false,
    };
    if facts.service.masked {
        decision.alerts.push((
            "masked",
            format!(
                "the service {0} is masked: it is left alone until `systemctl unmask {0}`",
                policy.place.service
            ),
        ));
    }
    if let Some(version) = &facts.stuck {
        decision.alerts.push(("stuck", format!("the run to {version} left neither version running: look at `logs agent`, then `update`, `rollback` or start the agent by hand")));
    }
    let Some(installed) = &facts.installed else {
        decide_absent(facts, policy, &mut decision, no_target);
        return decision;
    };
    let Some(current) = &installed.version else {
        decision.alerts.push((
            "unknown_version",
            format!(
                "`{}` carries no module version: it is updated only on request (`update`)",
                policy.place.binary.display()
            ),
        ));
        decision.update_available = target.is_some();
        decision.reason = Some("the installed version is unknown".into());
        return decision;
    };
    if let Some(offered) = facts.offered.iter().find(|offered| offered.version == *current)
        && let Some(why) = &offered.retracted
    {
        decision.installed_retracted = true;
        let why = if why.is_empty() { String::new() } else { format!(" ({why})") };
        decision
            .alerts
            .push(("retracted", format!("the installed {current} was retracted by its authors{why}")));
    }
    match &target {
        None => decision.reason = no_target,
        // Nothing to do; a newer one that is too young yet is told.
        Some(target) if target == current => decision.reason = younger(facts, policy, target),
        Some(target) if target < current => {
            decision.reason = Some(format!(
                "{current} is installed and newer than {target}: never taken back automatically"
            ));
        }
        Some(target) => {
            decision.update_available = true;
            decision.action = Action::Update(target.clone());
            hold_back(facts, &mut decision, target, Some(&Switch::automatic(policy, facts, target)));
        }
    }
    decision
}

/// Lets reasons speak against the action: those that forbid it, and those that only put the switch off.
fn hold_back(facts: &Facts, decision: &mut Decision, target: &Version, switch: Option<&Switch>) {
    let against = waits(facts, target);
    let later = switch.map(|switch| switch.waits(facts.now)).unwrap_or_default();
    decision.until = earliest(&against).into_iter().chain(earliest(&later)).min();
    let staged = facts.staged.as_ref().is_some_and(|staged| staged.version == *target);
    let put_off = match (later.is_empty(), staged) {
        (true, true) if !against.is_empty() => Some(format!("{target} is built and proven")),
        (true, _) => None,
        (false, true) => {
            Some(format!("{target} is built and proven; it is switched to when {}", joined(&later)))
        }
        (false, false) if against.is_empty() => {
            Some(format!("{target} is being built; it is switched to when {}", joined(&later)))
        }
        (false, false) => Some(format!("after that it is switched to when {}", joined(&later))),
    };
    if !against.is_empty() || staged && !later.is_empty() {
        decision.action = Action::Nothing;
    }
    let texts: Vec<String> = against.into_iter().map(|wait| wait.text).chain(put_off).collect();
    decision.reason = (!texts.is_empty()).then(|| texts.join("; "));
}

/// Newer versions that are only too young.
fn younger(facts: &Facts, policy: &Policy, current: &Version) -> Option<String> {
    let newer = facts.offered.iter().rev().filter(|offered| offered.version > *current);
    let young = newer
        .filter(|offered| offered.retracted.is_none() && policy.excludes(&offered.version).is_none())
        .filter_map(|offered| {
            let until = policy.too_young(offered_since(facts, &offered.version), facts.now)?;
            Some(too_young(&offered.version, until))
        });
    let young: Vec<String> = young.take(3).collect();
    (!young.is_empty()).then(|| young.join("; "))
}

fn too_young(version: &Version, until: Timestamp) -> String {
    format!("{version} is too young until {} (`update {version}` takes it now)", shown(until))
}

/// No binary: install it, put it back, or accept that somebody removed it.
fn decide_absent(facts: &Facts, policy: &Policy, decision: &mut Decision, no_target: Option<String>) {
    match &facts.committed {
        Some(_) if facts.service.life == Life::Absent => {
            decision.alerts.push(("agent_removed", format!("the agent was removed (neither `{}` nor its service {} exists): it is not installed again; `update` does", policy.place.binary.display(), policy.place.service)));
            decision.reason = Some("the agent was removed on purpose".into());
        }
        Some(committed) => {
            decision.alerts.push((
                "binary_missing",
                format!("`{}` vanished: {} is put back", policy.place.binary.display(), committed.version),
            ));
            decision.action = Action::Repair;
        }
        None => {
            decision.update_available = decision.target.is_some();
            match &decision.target {
                None => decision.reason = no_target,
                Some(target) => {
                    let target = target.clone();
                    decision.action = Action::Install(target.clone());
                    // Nothing is interrupted: no window and no splay is waited for.
                    hold_back(facts, decision, &target, None);
                }
            }
        }
    }
}

/// The highest version that retraction, policy and age leave; or why there is none.
fn target(facts: &Facts, policy: &Policy) -> (Option<Version>, Option<String>) {
    let mut why = Vec::new();
    for offered in facts.offered.iter().rev() {
        let version = &offered.version;
        if let Some(reason) = &offered.retracted {
            let reason = if reason.is_empty() { "no reason given" } else { reason };
            why.push(format!("{version} is retracted ({reason})"));
        } else if let Some(reason) = policy.excludes(version) {
            why.push(reason);
        } else if let Some(until) = policy.too_young(offered_since(facts, version), facts.now) {
            why.push(too_young(version, until));
        } else {
            return (Some(version.clone()), None);
        }
    }
    let reason = match why.len() {
        0 => "the module system offers no version".to_owned(),
        1..=3 => format!("no version is left: {}", why.join("; ")),
        more => format!("no version is left: {}; and {} more", why[..3].join("; "), more - 3),
    };
    (None, Some(reason))
}

/// Since when a version has been on offer, as far as it can be trusted: the time we saw it first.
/// Only for what was in the very first answer does the author's word count.
fn offered_since(facts: &Facts, version: &Version) -> Option<Timestamp> {
    let seen = facts.seen.iter().find(|seen| seen.version == *version)?;
    match (seen.in_first_answer, seen.commit_time) {
        (true, Some(at)) => Some(at.min(seen.first_seen_at)),
        _ => Some(seen.first_seen_at),
    }
}

/// Why a newer target is not taken now, what lasts longest first.
fn waits(facts: &Facts, target: &Version) -> Vec<Wait> {
    let mut waits = Vec::new();
    if let Some(held) = facts.held.iter().find(|held| held.version == *target) {
        let tools_changed = held.cause == HeldCause::Build
            && held.fingerprint.as_deref().is_some_and(|was| was != facts.fingerprint);
        if held.blocks(facts.now) && !tools_changed {
            let text = match held.retry_at {
                Some(at) => {
                    format!("{target} waits until {}: {} (`update` tries it now)", shown(at), held.reason)
                }
                None => format!("{target} is held: {} (`unhold {target}` allows it)", held.reason),
            };
            waits.push(Wait::new(text, held.retry_at));
        }
    }
    if let Some(stuck) = &facts.stuck {
        // Only a version newer than the one that led here may be tried by itself.
        if Version::parse(stuck).is_ok_and(|stuck| *target <= stuck) || Version::parse(stuck).is_err() {
            let text =
                format!("stuck since the run to {stuck} (`update`, `rollback` or a newer version goes on)");
            waits.push(Wait::new(text, None));
        }
    }
    if facts.service.masked {
        waits.push(Wait::new("the agent's service is masked (until it is unmasked)", None));
    }
    if let Some(paused) = facts.paused.as_ref().filter(|paused| paused.holds(facts.now)) {
        let until = paused.until.map_or(String::new(), |until| format!(" until {}", shown(until)));
        let why = paused.reason.as_deref().map_or(String::new(), |why| format!(": {why}"));
        waits.push(Wait::new(format!("paused{until}{why} (`resume` ends it)"), paused.until));
    }
    // `None` is for ever.
    waits.sort_by_key(|wait| std::cmp::Reverse(wait.until.unwrap_or(Timestamp::MAX)));
    waits
}

/// Times in reasons, to the second.
pub(super) fn shown(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

#[cfg(test)]
#[path = "decide_tests.rs"]
mod tests;
