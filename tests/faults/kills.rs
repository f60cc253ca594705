//! Killed at every operation of an update, of a rollback that happens by itself, of a first installation and
//! of recoveries.

use std::collections::BTreeMap;
use std::sync::Mutex;

use super::plan::{Blow, Case, Disk, Strike};
use super::play::{all_hold, operations, service};
use super::{lane, made, power, sample, table};
use crate::kit::Result;

/// A story to be disturbed.
pub(crate) struct Story {
    pub(crate) name: &'static str,
    pub(crate) image: Option<&'static str>,
    pub(crate) tree: &'static str,
    pub(crate) window: &'static str,
    pub(crate) end: &'static str,
    pub(crate) verdict: &'static str,
    /// The record from which operations count; empty: all of them.
    pub(crate) from: &'static str,
}

pub(crate) const UPDATE: Story = Story {
    name: "update",
    image: Some("old"),
    tree: "new",
    window: "300ms",
    end: made::NEW,
    verdict: "updated",
    from: "",
};
pub(crate) const CRASH: Story = Story {
    name: "rollback of a version that crashes",
    tree: "crashes",
    // It ends after 1 s of life; on a busy machine that may be late. The version of before is watched as long.
    window: "3s",
    end: made::OLD,
    verdict: "rolled_back",
    from: "@switch",
    ..UPDATE
};
pub(crate) const MIGRATION: Story =
    Story { name: "rollback of a version that migrates and crashes", tree: "migrates", ..CRASH };
pub(crate) const INSTALL: Story =
    Story { name: "first installation", image: None, tree: "old", end: made::OLD, ..UPDATE };

impl Story {
    /// The case of this story with these strikes.
    pub(crate) fn case(&self, disk: Disk, strikes: Vec<Strike>) -> Case {
        Case {
            name: self.name.to_owned(),
            image: self.image.map(ToOwned::to_owned),
            disk,
            tree: self.tree.to_owned(),
            window: self.window.to_owned(),
            strikes,
            ends: vec![self.end.to_owned()],
            verdict: self.verdict.to_owned(),
            after: None,
            save: None,
        }
    }

    /// The operations that the story passes undisturbed, as the program names them; looked at once.
    pub(crate) fn passed(&self, disk: Disk) -> Result<Vec<String>> {
        static KNOWN: Mutex<BTreeMap<String, Vec<String>>> = Mutex::new(BTreeMap::new());
        let story = format!("{} {} {}", self.name, self.from, disk.name());
        let mut known = KNOWN.lock().map_err(|_| "a story failed")?;
        if let Some(passed) = known.get(&story) {
            return Ok(passed.clone());
        }
        let count = Strike { words: service(), fault: format!("count{}", self.from), blow: Blow::Kill };
        let case = self.case(disk, vec![count]);
        let reports = lane::play_all(std::slice::from_ref(&case))?;
        all_hold(&[case], &reports)?;
        let passed: Vec<_> = reports[0].passed.iter().filter(|line| is_counted(line)).cloned().collect();
        known.insert(story, passed.clone());
        Ok(passed)
    }

    /// Strikes at a sample of the `count` operations, `most` of them where not all are asked for.
    pub(crate) fn cases(&self, disk: Disk, count: usize, most: usize, blow: Blow, verb: &str) -> Vec<Case> {
        let case = |place: usize| {
            let fault = format!("{verb}:{place}{}", self.from);
            self.case(disk, vec![Strike { words: service(), fault, blow }])
        };
        sample(count, most).into_iter().map(case).collect()
    }
}

fn is_counted(line: &str) -> bool {
    operations(&[line.to_owned()]) == 1
}

/// A recovery that goes forward and one that goes back, killed on their way.
pub(crate) fn recovery() -> Result<()> {
    recoveries(Disk::Ext4, "kill", Blow::Kill, 32)
}

/// Strikes recoveries of runs that were killed in the middle of a switch, and on the way back.
pub(crate) fn recoveries(disk: Disk, verb: &str, blow: Blow, most: usize) -> Result<()> {
    made::images()?;
    let first = |place: &str| Strike { words: service(), fault: format!("kill:3@{place}"), blow: Blow::Kill };
    let stories = [
        (&UPDATE, first("enter-start")),
        (&UPDATE, first("enter-snapshot")),
        (&CRASH, first("enter-verify")),
        (&MIGRATION, first("turn")),
    ];
    let with = |(story, first): &(&Story, Strike), fault: String, blow| {
        story.case(disk, vec![first.clone(), Strike { words: service(), fault, blow }])
    };
    let undisturbed: Vec<Case> =
        stories.iter().map(|story| with(story, "count".to_owned(), Blow::Kill)).collect();
    let reports = lane::play_all(&undisturbed)?;
    all_hold(&undisturbed, &reports)?;
    let mut cases = Vec::new();
    for (story, report) in stories.iter().zip(&reports) {
        let places = sample(operations(&report.passed), most / 4);
        cases.extend(places.into_iter().map(|nth| with(story, format!("{verb}:{nth}"), blow)));
    }
    let reports = lane::play_all(&cases)?;
    let kind = match blow {
        Blow::Kill => "killed in a recovery".to_owned(),
        _ => format!("recovery, power cut on {}", disk.name()),
    };
    table::tell(&kind, &cases, &reports);
    all_hold(&cases, &reports)?;
    power::power_was_cut(&cases, &reports)
}

pub(crate) fn update() -> Result<()> {
    play(&UPDATE, 64)
}

pub(crate) fn crash() -> Result<()> {
    play(&CRASH, 36)
}

pub(crate) fn migration() -> Result<()> {
    play(&MIGRATION, 40)
}

pub(crate) fn install() -> Result<()> {
    play(&INSTALL, 30)
}

/// Killed inside SQLite: where the program's own points are none.
pub(crate) fn database() -> Result<()> {
    made::images()?;
    let case = |nth: usize| {
        let blow = Blow::KillInDatabase(u32::try_from(nth).unwrap_or(u32::MAX));
        UPDATE.case(Disk::Ext4, vec![Strike { words: service(), fault: "count".to_owned(), blow }])
    };
    // Beyond what an update writes nothing is struck, and nothing counted.
    let cases: Vec<Case> = (1..=24).map(case).collect();
    let reports = lane::play_all(&cases)?;
    table::tell("update, killed inside SQLite", &cases, &reports);
    all_hold(&cases, &reports)
}

fn play(story: &Story, most: usize) -> Result<()> {
    made::images()?;
    let count = story.passed(Disk::Ext4)?.len();
    let cases = story.cases(Disk::Ext4, count, most, Blow::Kill, "kill");
    let reports = lane::play_all(&cases)?;
    table::tell(&format!("{}, killed", story.name), &cases, &reports);
    all_hold(&cases, &reports)
}
