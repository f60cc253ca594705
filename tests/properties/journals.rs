//! The intent log on a file that was harmed: never a panic, never a record that nobody wrote, and never a
//! loss that goes unsaid, but for the last record, whose write may have been under way.

use std::cell::Cell;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use libtest_mimic::Trial;
use proptest::prelude::*;
use sentinel_updater::model::journal::Direction;
use sentinel_updater::model::plan::{AgentPlace, ServiceSpec};
use sentinel_updater::model::{By, Class, Plan, Record, Run, RunKind, StepId, Timestamp};
use sentinel_updater::ports::{Journal as _, OpenRun};
use sentinel_updater::store::FileJournal;

use super::{folder, hold, hold_for, property};
use crate::kit::cases::{cases, exhaustive};

pub(crate) fn properties() -> Vec<Trial> {
    vec![
        property("journals::give_back_the_records_that_they_took", written),
        property("journals::cut_at_any_byte_hold_a_prefix", cut),
        property("journals::with_any_bit_flipped_lose_a_record_and_say_so", flipped),
        property("journals::of_any_bytes_hold_nothing", garbage),
    ]
}

fn run(id: String) -> Run {
    Run::new(id, RunKind::Update, By::Timer, Timestamp::UNIX_EPOCH)
}

fn plan(id: String, text: String) -> Plan {
    let binary = PathBuf::from("/usr/local/bin/sentinel");
    let place = AgentPlace {
        service: "agent".into(),
        backup: binary.with_extension("backup"),
        staged: "/usr/local/bin/.sentinel.next".into(),
        binary: binary.clone(),
        database: None,
    };
    let spec = ServiceSpec {
        service: "agent".into(),
        binary,
        args: vec![text],
        env: Vec::new(),
        user: None,
        install_args: Vec::new(),
        data: "/var/lib/agent".into(),
    };
    Plan {
        package: "cmd/sentinel".into(),
        keep_versions: 3,
        build_timeout: Duration::from_secs(60),
        state: "/var/lib/agent/updater".into(),
        expected_downtime_ms: Some(80),
        probation: Duration::from_secs(600),
        ..Plan::new(run(id), "example.test/agent", place, spec)
    }
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof!["[a-z]{0,6}", "[\\n\\r\\t\\x00\\x1b\"\\\\ {}é\u{2028}]{0,8}", "\\PC{0,6}"]
}

/// What comes after `Begin` in a run.
fn later() -> impl Strategy<Value = Record> {
    let step = || (0..StepId::ALL.len()).prop_map(|at| StepId::ALL[at]);
    let direction = prop_oneof![Just(Direction::Forward), Just(Direction::Back)];
    prop_oneof![
        4 => (step(), direction, text()).prop_map(|(step, direction, boot)| Record::Enter {
            step, direction, boot, at: Timestamp::UNIX_EPOCH
        }),
        1 => (step(), text(), any::<u32>()).prop_map(|(step, error, survived)| Record::Turn {
            error, class: Class::Unhealthy, step, survived_ms: survived.into()
        }),
        1 => (1..9_u32).prop_map(|attempt| Record::Recovered { attempt }),
        1 => any::<u32>().prop_map(|took| Record::SnapshotTaken { snapshot: None, took_ms: took.into() }),
    ]
}

/// An open run.
fn records() -> impl Strategy<Value = Vec<Record>> {
    (text(), text(), prop::collection::vec(later(), 0..5)).prop_map(|(id, text, mut later)| {
        later.insert(0, Record::Begin { plan: Box::new(plan(id, text)) });
        later
    })
}

/// A journal in a folder of its own, with its bytes.
struct Written {
    folder: tempfile::TempDir,
    records: Vec<Record>,
    bytes: Vec<u8>,
}

impl Written {
    fn new(records: Vec<Record>) -> Result<Self, String> {
        let folder = folder()?;
        let path = folder.path().join("journal");
        let mut journal = FileJournal::new(&path);
        for record in &records {
            journal.append(record).map_err(|failure| failure.to_string())?;
        }
        // Behind the last record there is room of zeros.
        let mut bytes = fs::read(&path).map_err(|error| error.to_string())?;
        let end = bytes.iter().rposition(|byte| *byte != 0).map_or(0, |at| at + 1);
        bytes.truncate(end);
        Ok(Self { folder, records, bytes })
    }

    /// What the one who holds the lock finds in these bytes.
    fn found_in(&self, bytes: &[u8]) -> OpenRun {
        let path = self.folder.path().join("journal");
        fs::write(&path, bytes).expect("written");
        let found = FileJournal::new(&path).open_run().expect("no words of another version");
        self.forget();
        found
    }

    /// Copies of what was damaged would fill the folder.
    fn forget(&self) {
        for entry in fs::read_dir(self.folder.path()).expect("a folder") {
            fs::remove_file(entry.expect("an entry").path()).expect("removed");
        }
    }
}

fn written() -> Result<(), String> {
    let folder = folder()?;
    let path = folder.path().join("journal");
    hold(&records(), |records| {
        let mut journal = FileJournal::new(&path);
        for record in &records {
            journal.append(record).map_err(|failure| TestCaseError::fail(failure.to_string()))?;
        }
        let expected = OpenRun { records, set_aside: None };
        prop_assert_eq!(FileJournal::new(&path).open_run(), Ok(expected.clone()));
        prop_assert_eq!(FileJournal::reader(&path).open_run(), Ok(expected));
        remove(&path);
        Ok(())
    })
}

fn remove(path: &Path) {
    fs::remove_file(path).expect("removed");
}

/// As many journals as it takes until so many harms were done to them.
fn harms(one: impl Fn(&Written) -> Result<u32, TestCaseError>) -> Result<(), String> {
    let (done, wanted) = (Cell::new(0), cases(1));
    let journals = if exhaustive() { 2_000 } else { 4 };
    hold_for(journals, &records(), |records| {
        if done.get() < wanted || done.get() == 0 {
            let written = Written::new(records).map_err(TestCaseError::fail)?;
            done.set(done.get() + one(&written)?);
        }
        Ok(())
    })?;
    if done.get() >= wanted { Ok(()) } else { Err(format!("only {} harms were done", done.get())) }
}

fn cut() -> Result<(), String> {
    harms(|written| {
        for cut in 0..written.bytes.len() {
            let found = written.found_in(&written.bytes[..cut]);
            let whole = written.bytes[..cut].iter().filter(|byte| **byte == b'\n').count();
            prop_assert_eq!(&found.records, &written.records[..whole], "cut at {}", cut);
            // Only a journal without its first record is damage: that one is never torn.
            prop_assert_eq!(found.set_aside.is_some(), whole == 0 && cut > 0, "cut at {}", cut);
        }
        Ok(u32::try_from(written.bytes.len()).expect("small"))
    })
}

fn flipped() -> Result<(), String> {
    harms(|written| {
        let mut bytes = written.bytes.clone();
        let last = bytes[..bytes.len() - 1].iter().rposition(|byte| *byte == b'\n');
        for at in 0..bytes.len() {
            // A sample flips another bit in each byte.
            let bits = if exhaustive() { 0..8 } else { at % 8..at % 8 + 1 };
            for bit in bits {
                bytes[at] ^= 1 << bit;
                let found = written.found_in(&bytes);
                bytes[at] ^= 1 << bit;
                let mut wrote = written.records.iter();
                let in_order = found.records.iter().all(|record| wrote.any(|known| known == record));
                prop_assert!(in_order, "byte {} bit {}: {:?}", at, bit, found);
                prop_assert!(found.records.len() < written.records.len(), "byte {} bit {}", at, bit);
                let is_last = last.is_some_and(|last| at >= last);
                prop_assert!(found.set_aside.is_some() || is_last, "byte {} bit {}", at, bit);
            }
        }
        Ok(u32::try_from(bytes.len() * 8).expect("small"))
    })
}

fn garbage() -> Result<(), String> {
    let folder = folder()?;
    let path = folder.path().join("journal");
    let line = "[0-9a-f]{16} (\\{\"schema\":[0-9],\"by\":\"x\",\"seq\":1,\"entry\":\\{[a-z:\",]{0,9}\\}\\}|\\PC{0,20})";
    let bytes = prop_oneof![
        prop::collection::vec(any::<u8>(), 0..300),
        prop::collection::vec(line, 0..4).prop_map(|lines| lines.join("\n").into_bytes()),
    ];
    hold(&bytes, |bytes| {
        fs::write(&path, &bytes).expect("written");
        let found = FileJournal::reader(&path).open_run();
        prop_assert_eq!(found, Ok(OpenRun::default()));
        Ok(())
    })
}
