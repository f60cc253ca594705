//! The power cut at every operation of a switch, of a rollback and of a recovery, on two file systems: with
//! everything dropped that was not flushed, and with the file system's own log flushed.

use super::kills::{CRASH, MIGRATION, Story, UPDATE, recoveries};
use super::plan::{Blow, Disk};
use super::play::all_hold;
use super::{lane, made, table};
use crate::kit::Result;

/// Drops what was not flushed.
const DROP: u32 = 2;
/// Flushes the log first.
const LOG: u32 = 1;

pub(crate) fn switch() -> Result<()> {
    play(&Story { from: "@switch", ..UPDATE }, 30)
}

pub(crate) fn rollback() -> Result<()> {
    play(&CRASH, 16)
}

pub(crate) fn migration() -> Result<()> {
    play(&MIGRATION, 20)
}

pub(crate) fn recovery() -> Result<()> {
    recoveries(Disk::Ext4, "stop", Blow::Cut(DROP), 16)?;
    recoveries(Disk::Xfs, "stop", Blow::Cut(DROP), 16)
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
    }
    Ok(())
}
