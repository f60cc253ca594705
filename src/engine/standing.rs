//! Standing orders: versions held, automatic updates paused. They need the records only, so that they
//! can be given where there is no service manager to ask. Each comes back with the event that tells of it.

use std::time::Duration;

use crate::model::status::Paused;
use crate::model::{By, EventKind, Outcome, Timestamp, Version};
use crate::ports::Records;

use super::settle;

/// Never takes a version automatically. True: it was held already.
///
/// # Errors
/// `Disk`.
pub fn hold(
    records: &mut dyn Records,
    version: &Version,
    reason: Option<&str>,
    by: By,
    now: Timestamp,
) -> Outcome<(EventKind, bool)> {
    let was = records.held()?.iter().any(|held| held.version == *version);
    let reason = reason.map_or_else(|| format!("held by {by}"), ToOwned::to_owned);
    settle::hold_by_operator(records, version.clone(), reason, now)?;
    Ok((EventKind::HeldChanged { held: records.held()? }, was))
}

/// Lifts a hold. False: there was none.
///
/// # Errors
/// `Disk`.
pub fn unhold(records: &mut dyn Records, version: &Version) -> Outcome<(EventKind, bool)> {
    let was = records.unhold(version)?;
    if records.stuck()?.as_deref() == Some(version.as_str()) {
        records.set_stuck(None)?;
    }
    Ok((EventKind::HeldChanged { held: records.held()? }, was))
}

/// Stops automatic updates, for a time or until resumed. A pause replaces the one before.
///
/// # Errors
/// `Disk`.
pub fn pause(
    records: &mut dyn Records,
    time: Option<Duration>,
    reason: Option<&str>,
    by: By,
    now: Timestamp,
) -> Outcome<(EventKind, Paused)> {
    let until = time.map(|time| now.checked_add(time).unwrap_or(Timestamp::MAX));
    let paused = Paused { since: now, until, reason: reason.map(ToOwned::to_owned), by: by.to_string() };
    records.set_paused(Some(&paused))?;
    Ok((EventKind::PausedChanged { paused: Some(paused.clone()) }, paused))
}

/// Lets automatic updates go on. False: they were not paused.
///
/// # Errors
/// `Disk`.
pub fn resume(records: &mut dyn Records, now: Timestamp) -> Outcome<(EventKind, bool)> {
    let was = records.paused()?.is_some_and(|paused| paused.holds(now));
    records.set_paused(None)?;
    Ok((EventKind::PausedChanged { paused: None }, was))
}
