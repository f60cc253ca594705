//! The power cut at every operation of a switch, of a rollback and of a recovery, on two file systems: with
//! everything dropped that was not flushed, and with the file system's own log flushed.

use super::kills::{CRASH, MIGRATION, Story, UPDATE, recoveries};
use super::plan::{Blow, Disk};
use super::plan::{Case, Report};
use super::play::all_hold;
use super::{lane, made, table};
use crate::kit::Result;

/// Drops what was not flushed.
const DROP: u32 = 2;
/// Flushes the log first.
const LOG: u32 = 1;

pub(crate) fn switch() -> Result<()> {
    play(&Story { from: "@switch", ..UPDATE }, 20)
}

pub(crate) fn rollback() -> Result<()> {
    play(&CRASH, 12)
}

pub(crate) fn migration() -> Result<()> {
    play(&MIGRATION, 14)
}

pub(crate) fn recovery() -> Result<()> {
    recoveries(Disk::Ext4, "stop", Blow::Cut(DROP), 12)?;
    recoveries(Disk::Xfs, "stop", Blow::Cut(DROP), 12)
}

fn play(story: &Story, most: usize) -> Result<()> {
    made::images()?;
    for disk in [Disk::Ext4, Disk::Xfs] {
        let count = story.passed(disk)?.len();
        let mut cases = story.cases(disk, count, most, Blow::Cut(DROP), "stop");
        cases.extend(story.cases(disk, count, most, Blow::Cut(LOG), "stop"));
        let reports = lane::play_all(&cases)?;
        table::tell(&format!("{}, power cut on {}", story.name, disk.name()), &cases, &reports);
        all_hold(&cases, &reports)?;
        power_was_cut(&cases, &reports)?;
    }
    Ok(())
}

/// The negative control: before each cut a file is written without a sync, and most of those must be lost. A
/// lane whose cuts lose nothing proves nothing.
pub(crate) fn power_was_cut(cases: &[Case], reports: &[Report]) -> Result<()> {
    let of = |how: u32| {
        let cut = Blow::Cut(how);
        let is_cut = move |case: &Case| case.strikes.iter().any(|strike| strike.blow == cut);
        let these = cases.iter().zip(reports).filter(move |(case, _)| is_cut(case));
        these.fold((0, 0), |(lost, kept), (_, report)| (lost + report.lost, kept + report.kept))
    };
    for (how, name) in [(DROP, "everything unflushed dropped"), (LOG, "the log flushed first")] {
        let (lost, kept) = of(how);
        if lost + kept > 0 {
            eprintln!("{name}: unsynced files lost or torn in {lost} of {} cuts", lost + kept);
            if lost <= kept {
                return Err(format!(
                    "the power cuts prove nothing: {kept} unsynced files came through whole"
                ));
            }
        }
    }
    Ok(())
}
