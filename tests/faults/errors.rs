//! Operations that fail: each of them once, one and all after it, a disk that is full before or in the middle,
//! a folder that is read-only. The agent runs the old or the new version, and a later start updates.

use super::kills::{Story, UPDATE};
use super::plan::{Blow, Case, Disk, Strike};
use super::play::{all_hold, service};
use super::{lane, made, sample, table};
use crate::kit::Result;

/// What a disk answers when it is broken, full, read-only, or not ours; syncs fail among the others.
const ERRORS: [&str; 4] = ["EIO", "ENOSPC", "EROFS", "EACCES"];

/// Inodes that are left when they are used up.
const LEFT: u64 = 4;

pub(crate) fn once() -> Result<()> {
    for error in ERRORS {
        let most = if error == "EIO" { 60 } else { 32 };
        play(&format!("{error} once"), Blow::Error, |nth| format!("error:{error}:{nth}"), most)?;
    }
    Ok(())
}

pub(crate) fn lasting() -> Result<()> {
    for error in ["EIO", "EROFS"] {
        play(&format!("{error} from then on"), Blow::Lasting, |nth| format!("error:{error}:{nth}+"), 16)?;
    }
    Ok(())
}

/// Less room than the agent's own database needs would stop the agent too.
pub(crate) fn full() -> Result<()> {
    play("disk full in the middle", Blow::Fill(7 * 1024), |nth| format!("stop:{nth}"), 24)?;
    let before = [8, 16, 24, 32, 48, 60, 63, 65, 70, 80];
    let cases: Vec<Case> =
        before.iter().map(|mib| case(Blow::Full(mib * 1024), "count".to_owned(), true)).collect();
    settle("disk full before", &cases)
}

/// The agent's own database needs two inodes whenever it starts, and so does that of the updater.
pub(crate) fn inodes() -> Result<()> {
    play("inodes used up in the middle", Blow::FillInodes(LEFT), |nth| format!("stop:{nth}"), 12)?;
    let before = [LEFT, 5, 6, 8, 10, 14];
    let cases: Vec<Case> =
        before.iter().map(|left| case(Blow::FullInodes(*left), "count".to_owned(), true)).collect();
    settle("inodes used up before", &cases)
}

pub(crate) fn read_only() -> Result<()> {
    made::images()?;
    settle("folder of the binary read-only", &[case(Blow::ReadOnly, "count".to_owned(), true)])
}

fn play(kind: &str, blow: Blow, fault: impl Fn(usize) -> String, most: usize) -> Result<()> {
    made::images()?;
    let count = UPDATE.passed(Disk::Ext4)?.len();
    let cases: Vec<Case> = sample(count, most)
        .into_iter()
        .enumerate()
        .map(|(nth, place)| case(blow, fault(place), nth % 5 == 0))
        .collect();
    settle(kind, &cases)
}

fn settle(kind: &str, cases: &[Case]) -> Result<()> {
    let reports = lane::play_all(cases)?;
    table::tell(kind, cases, &reports);
    all_hold(cases, &reports)
}

/// An update that meets this and may end with any verdict; what is on offer `later` must be reached.
fn case(blow: Blow, fault: String, later: bool) -> Case {
    let story = Story { verdict: "", ..UPDATE };
    let mut case = story.case(Disk::Ext4, vec![Strike { words: service(), fault, blow }]);
    case.ends = vec![made::OLD.to_owned(), made::NEW.to_owned()];
    case.after = later.then(|| ("later".to_owned(), made::LATER.to_owned()));
    case
}
