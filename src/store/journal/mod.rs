//! The intent log: one file, one record a line, each durable before the effect that it announces.
//!
//! A run that begins after another has ended starts a new file in the old one's place, so the file
//! stays small, and the former run's `End` is there until history certainly has it. Records are
//! appended into room written beforehand: on a full disk an abort can still be recorded, and each
//! append costs one write and one sync of data, which matters because the agent is down meanwhile.

mod contents;
mod line;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

use self::contents::{Contents, Fault};
use super::layout;
use crate::host::reserved::Reserved;
use crate::host::{Attributes, atomic, fault};
use crate::model::{Class, Failure, Outcome, Record};
use crate::ports::{Journal, OpenRun};

const MODE: u32 = 0o600;

/// The journal in a file.
#[derive(Debug)]
pub struct FileJournal {
    path: PathBuf,
    access: Access,
    loaded: Option<Loaded>,
    /// Where a damaged journal was set aside, until `open_run` reports it.
    set_aside: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Access {
    /// Repairs what it finds and appends; its caller holds the lock.
    Write,
    /// Looks only, beside a writer.
    Read,
}

/// The file as it was last read and written.
#[derive(Debug, Default)]
struct Loaded {
    /// Open for appending; `None`: the next append replaces the file.
    file: Option<Reserved>,
    /// Every acknowledged line.
    lines: Vec<u8>,
    records: Vec<Record>,
    /// A torn write lies behind the last line.
    torn: bool,
}

impl FileJournal {
    /// The journal at `path`, which need not exist. Nothing is opened yet.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), access: Access::Write, loaded: None, set_aside: None }
    }

    /// As [`FileJournal::new`], for somebody who does not hold the lock: damage is passed over, nothing
    /// is changed, and `append` is refused.
    pub fn reader(path: impl Into<PathBuf>) -> Self {
        Self { access: Access::Read, ..Self::new(path) }
    }

    fn loaded(&mut self) -> Outcome<&mut Loaded> {
        let loaded = match self.loaded.take() {
            Some(loaded) => loaded,
            None => self.load()?,
        };
        Ok(self.loaded.insert(loaded))
    }

    fn load(&mut self) -> Outcome<Loaded> {
        if is_missing(&self.path) {
            return Ok(Loaded::default());
        }
        let (file, mut bytes) = match self.access {
            Access::Write => Reserved::open(&self.path).map(|(file, bytes)| (Some(file), bytes))?,
            Access::Read => (None, Reserved::read(&self.path)?),
        };
        let Contents { records, end, fault } = contents::parse(&bytes)?;
        if fault == Fault::Damaged && self.access == Access::Write {
            return self.rescue(records);
        }
        bytes.truncate(end);
        Ok(Loaded { file, lines: bytes, records, torn: fault == Fault::TornTail })
    }

    /// Keeps a copy of the damaged file, and goes on with a new one that holds what is still true.
    fn rescue(&mut self, records: Vec<Record>) -> Outcome<Loaded> {
        let aside = layout::set_aside_name(&self.path, "corrupt");
        let attributes = Attributes::with_mode(MODE);
        atomic::copy(&self.path, &aside, &attributes, atomic::Hash::Skip)?;
        let mut lines = Vec::new();
        for (sequence, record) in (1..).zip(&records) {
            lines.extend(line::encode(sequence, record)?);
        }
        let file = Reserved::create(&self.path, &lines, &attributes)?;
        self.set_aside = Some(aside);
        Ok(Loaded { file: Some(file), lines, records, torn: false })
    }
}

impl Journal for FileJournal {
    fn append(&mut self, record: &Record) -> Outcome<()> {
        if self.access == Access::Read {
            return Err(Failure::new(Class::Internal, "the journal was opened for reading only"));
        }
        fault::record(|| kind(record));
        let path = self.path.clone();
        self.loaded()?.append(&path, record)
    }

    fn open_run(&mut self) -> Outcome<OpenRun> {
        // Another process may have gone on with it: what counts is the file.
        self.loaded = None;
        if self.access == Access::Write {
            // One that was killed while it began a run left a file that nobody reads. It may stay if it must.
            drop(atomic::sweep(&self.path));
        }
        let records = contents::open_run(self.loaded()?.records.clone());
        Ok(OpenRun { records, set_aside: self.set_aside.take() })
    }

    fn last_end(&mut self) -> Outcome<Option<Record>> {
        Ok(contents::last_end(&self.loaded()?.records).cloned())
    }
}

impl Loaded {
    fn append(&mut self, path: &Path, record: &Record) -> Outcome<()> {
        let over = self.records.last().is_none_or(|last| matches!(last, Record::End { .. }));
        if over && matches!(record, Record::Begin { .. }) {
            let line = line::encode(1, record)?;
            // Only once the new file is in place is the former run forgotten.
            self.file = Some(Reserved::create(path, &line, &Attributes::with_mode(MODE))?);
            *self = Self { file: self.file.take(), ..Self::default() };
            self.acknowledge(line, record);
            return Ok(());
        }
        let line = line::encode(self.records.len() as u64 + 1, record)?;
        match self.file.take() {
            Some(mut file) => {
                // Should this fail, the file stays closed: what a failed sync left in it is not known,
                // and the next append writes a new one.
                if self.torn {
                    file.cut(self.lines.len() as u64)?;
                    self.torn = false;
                }
                file.append(&line)?;
                self.file = Some(file);
            }
            None => {
                let all = [self.lines.as_slice(), line.as_slice()].concat();
                self.file = Some(Reserved::create(path, &all, &Attributes::with_mode(MODE))?);
                self.torn = false;
            }
        }
        self.acknowledge(line, record);
        Ok(())
    }

    fn acknowledge(&mut self, line: Vec<u8>, record: &Record) {
        self.lines.extend(line);
        self.records.push(record.clone());
    }
}

/// The kind of a record in one word.
fn kind(record: &Record) -> String {
    let word = match record {
        Record::Begin { .. } => "begin",
        Record::Switch { .. } => "switch",
        Record::Enter { step, .. } => return format!("enter-{step}"),
        Record::SnapshotTaken { .. } => "snapshot",
        Record::Turn { .. } => "turn",
        Record::Recovered { .. } => "recovered",
        Record::End { .. } => "end",
    };
    word.to_owned()
}

fn is_missing(path: &Path) -> bool {
    std::fs::symlink_metadata(path).is_err_and(|error| error.kind() == std::io::ErrorKind::NotFound)
}
