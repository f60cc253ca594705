//! A file that grows by durable appends into room that was written beforehand.
//!
//! The room is zeros: an append overwrites allocated blocks of a file that keeps its length. It then
//! works on a full disk, and its sync has no metadata to write. Content never holds a zero byte, so the
//! first one after the last append is where content ends.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use super::{Attributes, atomic, fault, files};
use crate::model::{Failure, Outcome};

/// The room is made in pieces of this size.
const ROOM: usize = 64 * 1024;
/// A file longer than this is not ours.
const LIMIT: u64 = 64 * 1024 * 1024;

/// An open file with room at its end.
#[derive(Debug)]
pub struct Reserved {
    path: PathBuf,
    file: File,
    /// Where content ends.
    end: u64,
    /// Where the room ends: the file's length.
    length: u64,
}

impl Reserved {
    /// Replaces (or creates) the file at `path` by `content` with room behind it, atomically and durably.
    ///
    /// # Errors
    /// `Disk`; the old file is untouched.
    pub fn create(path: &Path, content: &[u8], attributes: &Attributes) -> Outcome<Self> {
        let length = (content.len() + 1).next_multiple_of(ROOM);
        let mut bytes = Vec::with_capacity(length);
        bytes.extend_from_slice(content);
        bytes.resize(length, 0);
        atomic::write(path, &bytes, attributes)?;
        let file = files::open_or_create(path, attributes.mode)?;
        Ok(Self { path: path.to_owned(), file, end: content.len() as u64, length: length as u64 })
    }

    /// Opens the file at `path`, which must exist. Content is taken to end where the trailing zeros
    /// begin; [`Reserved::cut`] says otherwise.
    ///
    /// # Errors
    /// As [`files::open_nofollow`].
    pub fn open(path: &Path) -> Outcome<(Self, Vec<u8>)> {
        // Asked for reading first: opening for writing would create a file that vanished meanwhile.
        drop(files::open_nofollow(path, files::Owner::Any)?);
        let mut file = files::open_or_create(path, 0o600)?;
        let content = content(&mut file).map_err(|error| Failure::io("read", path, &error))?;
        let length = file.metadata().map_err(|error| Failure::io("look at", path, &error))?.len();
        Ok((Self { path: path.to_owned(), file, end: content.len() as u64, length }, content))
    }

    /// The content of the file at `path`, without its room; nothing is opened for writing.
    ///
    /// # Errors
    /// As [`files::open_nofollow`].
    pub fn read(path: &Path) -> Outcome<Vec<u8>> {
        let mut file = files::open_nofollow(path, files::Owner::Any)?;
        content(&mut file).map_err(|error| Failure::io("read", path, &error))
    }

    /// Ends the content at `end` and makes room of the rest, durably.
    ///
    /// # Errors
    /// `Disk`.
    pub fn cut(&mut self, end: u64) -> Outcome<()> {
        let mut act = || -> io::Result<()> {
            fault::point("cut", &self.path)?;
            self.file.set_len(end)?;
            self.length = end;
            self.end = end;
            self.make_room(1)?;
            self.file.sync_data()
        };
        act().map_err(|error| Failure::io("write", &self.path, &error))
    }

    /// Adds `bytes`, which hold no zero byte, with one write and one sync.
    ///
    /// # Errors
    /// `Disk`. What is in the file is unknown then, also after a later sync that reports success: the
    /// caller replaces the file.
    pub fn append(&mut self, bytes: &[u8]) -> Outcome<()> {
        let mut act = || -> io::Result<()> {
            self.make_room(bytes.len() as u64)?;
            fault::point("append", &self.path)?;
            self.file.seek(SeekFrom::Start(self.end))?;
            self.file.write_all(bytes)?;
            fault::point("sync", &self.path)?;
            self.file.sync_data()
        };
        act().map_err(|error| Failure::io("write", &self.path, &error))?;
        self.end += bytes.len() as u64;
        self.length = self.length.max(self.end);
        Ok(())
    }

    /// Sees to it that `wanted` bytes and a zero after them fit. On a full disk the write itself will
    /// tell: there is still the rest of the room.
    fn make_room(&mut self, wanted: u64) -> io::Result<()> {
        if self.end + wanted < self.length {
            return Ok(());
        }
        let length = (self.end + wanted + 1).next_multiple_of(ROOM as u64);
        self.file.seek(SeekFrom::Start(self.length))?;
        let zeros = vec![0; usize::try_from(length - self.length).unwrap_or(ROOM)];
        match self.file.write_all(&zeros) {
            Ok(()) => self.length = length,
            Err(error) if error.kind() == io::ErrorKind::StorageFull => {}
            Err(error) => return Err(error),
        }
        Ok(())
    }
}

fn content(file: &mut File) -> io::Result<Vec<u8>> {
    if file.metadata()?.len() > LIMIT {
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, "it is far longer than it can be"));
    }
    let mut bytes = Vec::new();
    file.rewind()?;
    file.read_to_end(&mut bytes)?;
    let end = bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
    bytes.truncate(end);
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn length(path: &Path) -> u64 {
        std::fs::metadata(path).expect("stat").len()
    }

    #[test]
    fn appends_overwrite_room_and_are_found_again() {
        let dir = tempfile::tempdir().expect("directory");
        let path = dir.path().join("file");
        let mut file = Reserved::create(&path, b"one\n", &Attributes::with_mode(0o600)).expect("create");
        assert_eq!(length(&path), ROOM as u64);
        file.append(b"two\n").expect("append");
        assert_eq!(length(&path), ROOM as u64, "the length stays");
        let (mut file, content) = Reserved::open(&path).expect("open");
        assert_eq!(content, b"one\ntwo\n");
        file.append(b"three\n").expect("append");
        assert_eq!(Reserved::read(&path).expect("read"), b"one\ntwo\nthree\n");
    }

    #[test]
    fn room_is_made_when_it_runs_out() {
        let dir = tempfile::tempdir().expect("directory");
        let path = dir.path().join("file");
        let mut file = Reserved::create(&path, b"", &Attributes::with_mode(0o600)).expect("create");
        let piece = vec![b'x'; ROOM - 1];
        let mut expected = Vec::new();
        for _ in 0..3 {
            file.append(&piece).expect("append");
            expected.extend_from_slice(&piece);
        }
        assert_eq!(Reserved::read(&path).expect("read"), expected);
        assert!(length(&path) > expected.len() as u64);
    }

    #[test]
    fn what_is_cut_off_is_gone() {
        let dir = tempfile::tempdir().expect("directory");
        let path = dir.path().join("file");
        Reserved::create(&path, b"good\nlong garbage", &Attributes::with_mode(0o600)).expect("create");
        let (mut file, _) = Reserved::open(&path).expect("open");
        file.cut(5).expect("cut");
        file.append(b"new\n").expect("append");
        assert_eq!(Reserved::read(&path).expect("read"), b"good\nnew\n");
        assert_eq!(length(&path), ROOM as u64);
    }

    #[test]
    fn a_missing_file_is_not_created() {
        let dir = tempfile::tempdir().expect("directory");
        let path = dir.path().join("file");
        Reserved::open(&path).expect_err("missing");
        assert!(!path.exists());
    }
}
