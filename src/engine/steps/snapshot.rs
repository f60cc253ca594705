//! Copy the agent's database; taken back by restoring it where the schema changed.

use std::time::Duration;

use crate::model::event::Level;
use crate::model::plan::{DatabaseChoice, RestorePolicy};
use crate::model::{Outcome, Plan, Record, Snapshot};

use super::super::context::{Context, millis};
use super::Applied;

/// Takes the snapshot unless an earlier try of this run did; then puts a chosen one in place.
pub fn apply(cx: &mut Context) -> Outcome<Applied> {
    let Some(database) = cx.plan.place.database.clone() else {
        return Ok(Applied::skipped("no database is configured"));
    };
    // A second snapshot could hold what the new version made of the data.
    if cx.run.snapshot_ms.is_none() {
        let began = cx.world.clock.elapsed();
        cx.plan.snapshot = cx.world.databases.snapshot(&cx.run.id, &database)?;
        let took_ms = millis(cx.world.clock.elapsed().saturating_sub(began));
        cx.run.snapshot_ms = Some(took_ms);
        let snapshot = cx.plan.snapshot.clone();
        cx.world.journal.append(&Record::SnapshotTaken { snapshot, took_ms })?;
    }
    let mut note = match &cx.plan.snapshot {
        Some(snapshot) => format!("{} bytes by {}", snapshot.size, snapshot.method),
        None => "there is no database yet".to_owned(),
    };
    if let DatabaseChoice::Restore(chosen) = cx.plan.database_choice.clone() {
        cx.world.databases.check(&chosen)?;
        let aside = cx.world.databases.restore(&cx.run.id, &chosen)?;
        note.push_str(&format!("; the database of {} is back", chosen.at));
        if let Some(aside) = aside {
            note.push_str(&format!(", today's lies in `{}`", aside.display()));
        }
    }
    Ok(Applied::done(note))
}

/// Puts the database back as it was before the run, where the policy says so. What is there now is
/// set aside, never deleted.
pub fn undo(cx: &mut Context) -> Outcome<()> {
    let Some(snapshot) = cx.plan.snapshot.clone() else { return Ok(()) };
    if snapshot.schema.is_none() || !must_restore(cx, &snapshot)? {
        return Ok(());
    }
    cx.world.databases.check(&snapshot)?;
    let id = format!("{}-back", cx.run.id);
    if let Some(aside) = cx.world.databases.restore(&id, &snapshot)? {
        cx.note(
            Level::Warn,
            format!(
                "the database is back as of {}; what the new version made of it lies in `{}`",
                snapshot.at,
                aside.display()
            ),
        );
    }
    Ok(())
}

fn must_restore(cx: &mut Context, snapshot: &Snapshot) -> Outcome<bool> {
    if matches!(cx.plan.database_choice, DatabaseChoice::Restore(_)) {
        return Ok(true);
    }
    Ok(match cx.plan.restore_policy {
        RestorePolicy::Always => true,
        RestorePolicy::Never => false,
        RestorePolicy::Schema => cx.world.databases.schema(&snapshot.database)? != snapshot.schema,
    })
}

/// A minute, and a second for each 10 MB of a disk that is slow.
pub fn limit(plan: &Plan) -> Duration {
    let size = plan.snapshot.as_ref().map_or(0, |snapshot| snapshot.size);
    // The size is known only once it was copied: until then allow for 20 GB.
    Duration::from_secs(60 + size.max(20_000_000_000) / 10_000_000)
}
