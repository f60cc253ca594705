//! The whole output of a build, for those who want to know why it failed.

use std::io::Write;
use std::path::{Path, PathBuf};

use crate::host::atomic;
use crate::host::rotate::RotatingFile;
use crate::model::{Failure, Outcome};

/// The most that one log takes, in bytes. A build with C is some 0.5 MiB.
const LIMIT: usize = 16 << 20;
/// Lines are written in pieces of about this size.
const PIECE: usize = 32 << 10;
/// How many logs are kept.
const KEPT: usize = 20;
const SUFFIX: &str = ".log";

/// A log being written. Logging never fails a build: what cannot be written is lost.
pub(super) struct Log {
    path: PathBuf,
    file: RotatingFile,
    pending: String,
    size: usize,
    limit: usize,
}

impl Log {
    /// Begins the log of a run. `run` is its id, which sorts by time.
    ///
    /// # Errors
    /// `Disk` when the directory cannot be made.
    pub(super) fn create(directory: &Path, run: &str) -> Outcome<Self> {
        atomic::create_dir(directory, 0o750)?;
        let path = directory.join(format!("{run}{SUFFIX}"));
        // The log of the same run before it was interrupted.
        atomic::remove(&path)?;
        let file = RotatingFile::open(&path, 0, 0);
        Ok(Self { path, file, pending: String::new(), size: 0, limit: LIMIT })
    }

    /// Adds a line, which is clean.
    pub(super) fn line(&mut self, line: &str) {
        if self.size > self.limit {
            return;
        }
        self.size += line.len() + 1;
        self.pending.push_str(line);
        self.pending.push('\n');
        if self.size > self.limit {
            self.pending.push_str(&format!("… the rest is left out: this log takes {} bytes\n", self.limit));
        }
        if self.pending.len() >= PIECE || self.size > self.limit {
            self.flush();
        }
    }

    /// Writes what is pending.
    pub(super) fn flush(&mut self) {
        if !self.pending.is_empty() {
            // Never fails, see RotatingFile.
            let _ = self.file.write_all(self.pending.as_bytes());
            self.pending.clear();
        }
    }

    /// Where it lies.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Log {
    fn drop(&mut self) {
        self.flush();
    }
}

/// Removes all logs but the newest.
///
/// # Errors
/// `Disk`.
pub(super) fn prune(directory: &Path) -> Outcome<()> {
    let entries = match std::fs::read_dir(directory) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(Failure::io("list", directory, &error)),
    };
    let mut names: Vec<String> = entries
        .flatten()
        .filter_map(|entry| entry.file_name().into_string().ok())
        .filter(|name| name.ends_with(SUFFIX))
        .collect();
    names.sort();
    let surplus = names.len().saturating_sub(KEPT);
    names.iter().take(surplus).try_for_each(|name| atomic::remove(&directory.join(name)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_is_capped_and_says_so() {
        let directory = tempfile::tempdir().expect("directory");
        let mut log = Log::create(directory.path(), "r1").expect("created");
        log.limit = 20;
        for line in ["first line", "second line", "third line"] {
            log.line(line);
        }
        let path = log.path().to_owned();
        drop(log);
        let text = std::fs::read_to_string(path).expect("read");
        assert_eq!(text, "first line\nsecond line\n… the rest is left out: this log takes 20 bytes\n");
    }

    #[test]
    fn the_same_run_begins_anew_and_old_logs_go() {
        let directory = tempfile::tempdir().expect("directory");
        for run in 0..KEPT + 3 {
            Log::create(directory.path(), &format!("{run:03}")).expect("created").line("old");
        }
        Log::create(directory.path(), "001").expect("created").line("new");
        std::fs::write(directory.path().join("other.txt"), "x").expect("written");
        prune(directory.path()).expect("pruned");
        let mut left: Vec<_> = std::fs::read_dir(directory.path())
            .expect("list")
            .flatten()
            .map(|entry| entry.file_name())
            .collect();
        left.sort();
        assert_eq!(left.len(), KEPT + 1);
        assert_eq!(left[0], "003.log");
    }
}
