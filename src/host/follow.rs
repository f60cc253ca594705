//! Reading a log as it grows, also across its rotation.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use super::files::{self, Owner};
use super::text::Lines;
use crate::model::{Failure, Outcome};

/// The most that is read at once, in bytes.
const CHUNK: usize = 64 * 1024;

/// A text file that grows. What is in it at the start is passed over.
pub struct Follow {
    path: PathBuf,
    file: Option<File>,
    lines: Lines,
}

impl Follow {
    /// Follows `path` from its present end on; it need not exist yet.
    ///
    /// # Errors
    /// `Disk`, `Security` when it is no regular file.
    pub fn from_end(path: &Path) -> Outcome<Self> {
        let mut follow = Self::from_start(path);
        if path.symlink_metadata().is_ok() {
            let mut file = files::open_nofollow(path, Owner::Any)?;
            file.seek(SeekFrom::End(0)).map_err(|error| Failure::io("read", path, &error))?;
            follow.file = Some(file);
        }
        Ok(follow)
    }

    /// Reads `path` from its beginning on; it need not exist yet.
    pub fn from_start(path: &Path) -> Self {
        Self { path: path.to_owned(), file: None, lines: Lines::default() }
    }

    /// Hands every line that was completed since the last call, cleaned, to `on_line`. After a rotation
    /// the rest of the old file comes first.
    ///
    /// # Errors
    /// `Disk`, `Security` when something else than a file took its place.
    pub fn poll(&mut self, on_line: &mut dyn FnMut(&str)) -> Outcome<()> {
        self.read(on_line)?;
        if self.is_current() {
            return Ok(());
        }
        match files::open_nofollow(&self.path, Owner::Any) {
            Ok(file) => self.file = Some(file),
            // Between two renames of a rotation there is no file of that name.
            Err(_) if self.path.symlink_metadata().is_err() => return Ok(()),
            Err(failure) => return Err(failure),
        }
        self.lines.finish(on_line);
        self.read(on_line)
    }

    fn read(&mut self, on_line: &mut dyn FnMut(&str)) -> Outcome<()> {
        let Self { path, file: Some(file), lines } = self else { return Ok(()) };
        let mut read = || -> io::Result<()> {
            if file.metadata()?.len() < file.stream_position()? {
                // Emptied in place.
                file.rewind()?;
            }
            let mut buffer = vec![0; CHUNK];
            loop {
                match file.read(&mut buffer)? {
                    0 => return Ok(()),
                    count => lines.push(&buffer[..count], on_line),
                }
            }
        };
        read().map_err(|error| Failure::io("read", path, &error))
    }

    /// Whether the open file still is the one of that name.
    fn is_current(&self) -> bool {
        let Some(file) = &self.file else { return false };
        match (file.metadata(), self.path.symlink_metadata()) {
            (Ok(open), Ok(named)) => is_same(&open, &named),
            _ => false,
        }
    }
}

#[cfg(unix)]
fn is_same(one: &std::fs::Metadata, other: &std::fs::Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    one.dev() == other.dev() && one.ino() == other.ino()
}

/// Without file numbers: a file of another age is another file.
#[cfg(not(unix))]
fn is_same(one: &std::fs::Metadata, other: &std::fs::Metadata) -> bool {
    one.created().ok() == other.created().ok()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use std::io::Write;

    fn add(path: &Path, text: &str) {
        let mut file = File::options().append(true).create(true).open(path).unwrap();
        file.write_all(text.as_bytes()).unwrap();
    }

    fn poll(follow: &mut Follow) -> Vec<String> {
        let mut found = Vec::new();
        follow.poll(&mut |line| found.push(line.to_owned())).unwrap();
        found
    }

    #[test]
    fn lines_come_once_complete_and_clean() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("log");
        add(&path, "old\n");
        let mut follow = Follow::from_end(&path).unwrap();
        assert!(poll(&mut follow).is_empty());
        add(&path, "one\n\u{1b}[31mtwo\u{1b}[0m\nthr");
        assert_eq!(poll(&mut follow), ["one", "two"]);
        add(&path, "ee\n");
        assert_eq!(poll(&mut follow), ["three"]);
        assert!(poll(&mut follow).is_empty());
    }

    #[test]
    fn a_rotation_loses_no_line() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("log");
        let mut follow = Follow::from_end(&path).unwrap();
        assert!(poll(&mut follow).is_empty());
        add(&path, "first\n");
        assert_eq!(poll(&mut follow), ["first"]);
        add(&path, "last of the old\n");
        std::fs::rename(&path, dir.path().join("log.1")).unwrap();
        assert_eq!(poll(&mut follow), ["last of the old"]);
        add(&path, "first of the new\n");
        assert_eq!(poll(&mut follow), ["first of the new"]);
        File::create(&path).unwrap();
        assert!(poll(&mut follow).is_empty());
        add(&path, "a\n");
        assert_eq!(poll(&mut follow), ["a"]);
    }
}
