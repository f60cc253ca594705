//! Build information in real binaries that were harmed: an answer or an error, in time, and never a panic.

use std::fs::{self, File};
use std::os::unix::fs::FileExt as _;
use std::path::PathBuf;

use libtest_mimic::Trial;
use proptest::prelude::*;
use sentinel_updater::model::{BuildInfo, Class, Outcome};
use sentinel_updater::toolchain::build_info;

use super::{folder, hold, property};
use crate::kit::go::Go;

pub(crate) fn properties() -> Vec<Trial> {
    vec![
        property("binaries::that_are_harmed_never_make_the_reader_fall", harmed),
        property("binaries::that_are_cut_are_no_executables", cut),
    ]
}

/// Where the record lies is found by this.
const MAGIC: &[u8] = b"\xff Go buildinf:";
/// Headers lie in the first pages of what Go links.
const HEAD: usize = 8 << 10;
/// And some may lie in the last ones.
const TAIL: usize = 4 << 10;
/// As much of the record as is harmed.
const RECORD: usize = 4 << 10;

/// A real binary in memory, which is harmed in place and healed again.
struct Patient {
    path: PathBuf,
    file: File,
    whole: Vec<u8>,
    record: usize,
    _folder: tempfile::TempDir,
}

impl Patient {
    fn new() -> Result<Self, String> {
        let folder = folder()?;
        let path = folder.path().join("binary");
        let whole = fs::read(Go::find()?.root().join("bin/gofmt")).map_err(|error| error.to_string())?;
        // The source of the magic is in a binary too: the record itself is aligned.
        let record = (0..whole.len() - MAGIC.len()).step_by(16).find(|at| whole[*at..].starts_with(MAGIC));
        fs::write(&path, &whole).map_err(|error| error.to_string())?;
        let file = File::options().write(true).open(&path).map_err(|error| error.to_string())?;
        Ok(Self { path, file, whole, record: record.ok_or("gofmt has no record")?, _folder: folder })
    }

    fn read(&self) -> Outcome<Option<BuildInfo>> {
        build_info(&self.path)
    }

    fn put(&self, at: usize, bytes: &[u8]) {
        self.file.write_all_at(bytes, at as u64).expect("written");
    }
}

fn harmed() -> Result<(), String> {
    let patient = Patient::new()?;
    let healthy = patient.read().map_err(|failure| failure.to_string())?.ok_or("gofmt has no record")?;
    let byte = prop_oneof![any::<u8>(), prop::sample::select(b"\0\xff\x7f\x80\n\t\"`=".to_vec())];
    let head = (0..HEAD, prop::collection::vec(byte.clone(), 1..9));
    let record = (0..RECORD, prop::collection::vec(byte, 1..9));
    let strategy = (prop::collection::vec(head, 0..3), prop::collection::vec(record, 0..4));
    hold(&strategy, |(head, record)| {
        let wounds = head.iter().map(|(at, bytes)| (*at, bytes));
        let wounds: Vec<_> =
            wounds.chain(record.iter().map(|(at, bytes)| (patient.record + at, bytes))).collect();
        wounds.iter().for_each(|(at, bytes)| patient.put(*at, bytes));
        let answer = patient.read();
        for (at, bytes) in &wounds {
            patient.put(*at, &patient.whole[*at..at + bytes.len()]);
        }
        match answer {
            Ok(None) => {}
            Ok(Some(info)) => prop_assert!(is_clean(&info), "{:?}", info),
            Err(failure) => prop_assert_eq!(failure.class, Class::Proof, "{}", failure),
        }
        Ok(())
    })?;
    let healed = patient.read().map_err(|failure| failure.to_string())?;
    if healed == Some(healthy) { Ok(()) } else { Err("the binary was not healed".into()) }
}

/// Nothing in it can move a cursor or forge a line.
fn is_clean(info: &BuildInfo) -> bool {
    let refs = info.dependencies.iter().chain([&info.main]);
    let modules = refs.flat_map(|module| [&module.path, &module.version, &module.sum]);
    let settings = info.settings.iter().flat_map(|(key, value)| [key, value]);
    let mut all = modules.chain(settings).chain([&info.go_version, &info.package]);
    all.all(|text| !text.chars().any(char::is_control))
}

/// Only the headers say how long a file must be: what lies behind them may as well be a hole, which costs
/// nothing to cut and to heal.
fn cut() -> Result<(), String> {
    let patient = Patient::new()?;
    let end = patient.whole.len();
    patient.file.set_len(0).expect("emptied");
    // The headers of sections may lie at the end; then so does their table of names.
    let tail = end - TAIL;
    hold(&prop_oneof![3 => 0..end, 1 => 0..HEAD, 1 => tail..end], |cut| {
        patient.file.set_len(cut as u64).expect("cut");
        patient.put(0, &patient.whole[..HEAD.min(cut)]);
        if cut > tail {
            patient.put(tail, &patient.whole[tail..cut]);
        }
        let answer = patient.read();
        patient.file.set_len(0).expect("emptied");
        prop_assert!(
            matches!(&answer, Err(failure) if failure.class == Class::Proof),
            "{}: {:?}",
            cut,
            answer
        );
        Ok(())
    })
}
