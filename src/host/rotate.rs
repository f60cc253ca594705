//! The log file with a size limit. Logging must never stop or fail an update: a line that cannot be
//! written is dropped and counted, and the file says so as soon as it takes lines again.

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::{fault, files};

const MODE: u32 = 0o640;

/// A log writer over `NAME`, `NAME.1` … `NAME.N`. Each `write` is one record and should end in a line
/// feed; it never reports an error.
#[derive(Debug)]
pub struct RotatingFile {
    path: PathBuf,
    /// Bytes after which the file is rotated; 0: never (logrotate does it).
    max_size: u64,
    /// How many older files are kept.
    max_files: u32,
    file: Option<File>,
    /// A record was written in part: the next one needs a line of its own.
    torn: bool,
    lost: u64,
    /// Why the first of the lost lines was lost.
    reason: String,
    /// After a failed rotation: the size at which it is tried again.
    retry_at: u64,
}

impl RotatingFile {
    /// A writer over `path`. The file is opened (or created, 0640) at once; if that fails, each record
    /// tries again.
    pub fn open(path: &Path, max_size: u64, max_files: u32) -> Self {
        let mut writer = Self {
            path: path.to_owned(),
            max_size,
            max_files,
            file: None,
            torn: false,
            lost: 0,
            reason: String::new(),
            retry_at: 0,
        };
        writer.reopen();
        writer
    }

    /// Closes the file and opens the one that now has its name: after logrotate, on SIGHUP.
    pub fn reopen(&mut self) {
        self.torn = false;
        self.retry_at = 0;
        self.file = files::open_append(&self.path, MODE).ok();
    }

    /// Takes new limits from a changed configuration.
    pub fn set_limits(&mut self, max_size: u64, max_files: u32) {
        (self.max_size, self.max_files, self.retry_at) = (max_size, max_files, 0);
    }

    /// Lines lost and not yet reported in the file.
    pub fn lost(&self) -> u64 {
        self.lost
    }

    fn record(&mut self, bytes: &[u8]) -> io::Result<()> {
        let size = self.make_ready()?;
        if self.max_size > 0 && size > 0 && size + bytes.len() as u64 > self.max_size.max(self.retry_at) {
            self.rotate(size)?;
        }
        if self.torn {
            self.append(b"\n")?;
            self.torn = false;
        }
        if self.lost > 0 {
            let notice = format!(
                "{:.0} WARN log: {} log lines were lost: {}\n",
                jiff::Timestamp::now(),
                self.lost,
                self.reason
            );
            self.append(notice.as_bytes())?;
            self.lost = 0;
        }
        self.append(bytes)
    }

    /// Sees to it that a file is open that still has a name; its size.
    fn make_ready(&mut self) -> io::Result<u64> {
        if let Some(file) = &self.file {
            let stat = file.metadata()?;
            if has_a_name(&stat) {
                return Ok(stat.len());
            }
        }
        let file = files::open_append(&self.path, MODE)?;
        let size = file.metadata()?.len();
        self.file = Some(file);
        self.torn = false;
        Ok(size)
    }

    /// `NAME.N-1` becomes `NAME.N`, …, `NAME` becomes `NAME.1`. If that fails the present file goes on
    /// growing, and the next attempt comes after another tenth of the limit.
    fn rotate(&mut self, size: u64) -> io::Result<()> {
        if let Err(error) = self.shift() {
            self.retry_at = size + (self.max_size / 10).max(1);
            if self.file.is_none() {
                return Err(error);
            }
            return Ok(());
        }
        self.retry_at = 0;
        self.torn = false;
        self.file = None;
        self.file = Some(files::open_append(&self.path, MODE)?);
        Ok(())
    }

    fn shift(&self) -> io::Result<()> {
        fault::point("rotate", &self.path)?;
        if self.max_files == 0 {
            return std::fs::remove_file(&self.path);
        }
        for number in (1..self.max_files).rev() {
            match std::fs::rename(self.numbered(number), self.numbered(number + 1)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        std::fs::rename(&self.path, self.numbered(1))
    }

    fn numbered(&self, number: u32) -> PathBuf {
        let mut name = self.path.clone().into_os_string();
        name.push(format!(".{number}"));
        name.into()
    }

    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        let Some(file) = &mut self.file else {
            return Err(io::Error::from(io::ErrorKind::NotFound));
        };
        let mut rest = bytes;
        while !rest.is_empty() {
            let result = fault::point("write", &self.path).and_then(|()| file.write(rest));
            match result {
                Ok(0) => return Err(io::Error::from(io::ErrorKind::WriteZero)),
                Ok(length) => {
                    rest = &rest[length..];
                    self.torn = !rest.is_empty();
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

impl Write for RotatingFile {
    /// Writes one record. Always succeeds: a record that is lost is counted.
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if let Err(error) = self.record(bytes) {
            if self.lost == 0 {
                self.reason = error.to_string();
            }
            self.lost += 1;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(unix)]
fn has_a_name(stat: &std::fs::Metadata) -> bool {
    std::os::unix::fs::MetadataExt::nlink(stat) > 0
}

#[cfg(not(unix))]
fn has_a_name(_stat: &std::fs::Metadata) -> bool {
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::fault::{Action, arm_here};

    fn text(path: &Path) -> String {
        std::fs::read_to_string(path).unwrap_or_default()
    }

    fn line(log: &mut RotatingFile, text: &str) {
        log.write_all(format!("{text}\n").as_bytes()).expect("never fails");
    }

    #[test]
    fn rotates_at_the_limit_and_keeps_so_many() {
        let dir = tempfile::tempdir().expect("directory");
        let path = dir.path().join("updater.log");
        let mut log = RotatingFile::open(&path, 10, 2);
        for number in 0..6 {
            line(&mut log, &format!("line {number}"));
        }
        assert_eq!(text(&path), "line 5\n");
        assert_eq!(text(&dir.path().join("updater.log.1")), "line 4\n");
        assert_eq!(text(&dir.path().join("updater.log.2")), "line 3\n");
        assert_eq!(std::fs::read_dir(dir.path()).expect("list").count(), 3);
        assert_eq!(log.lost(), 0);
    }

    #[test]
    fn zero_means_no_rotation_and_no_files_means_none_kept() {
        let dir = tempfile::tempdir().expect("directory");
        let path = dir.path().join("log");
        let mut log = RotatingFile::open(&path, 0, 5);
        for _ in 0..1000 {
            line(&mut log, "0123456789");
        }
        assert_eq!(text(&path).len(), 11_000);
        log.set_limits(20, 0);
        line(&mut log, "new");
        assert_eq!(text(&path), "new\n");
        assert_eq!(std::fs::read_dir(dir.path()).expect("list").count(), 1);
    }

    #[test]
    fn an_existing_file_is_continued_and_counts() {
        let dir = tempfile::tempdir().expect("directory");
        let path = dir.path().join("log");
        std::fs::write(&path, "old line\n").expect("write");
        let mut log = RotatingFile::open(&path, 12, 1);
        line(&mut log, "new");
        assert_eq!(text(&path), "new\n");
        assert_eq!(text(&dir.path().join("log.1")), "old line\n");
    }

    #[test]
    fn lost_lines_are_counted_and_told() {
        let dir = tempfile::tempdir().expect("directory");
        let path = dir.path().join("log");
        let mut log = RotatingFile::open(&path, 0, 5);
        line(&mut log, "first");
        for _ in 0..2 {
            arm_here(1, Action::Full);
            line(&mut log, "lost");
        }
        assert_eq!(log.lost(), 2);
        line(&mut log, "next");
        let text = text(&path);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 3, "{lines:?}");
        assert!(lines[1].contains(" WARN log: 2 log lines were lost: "), "{lines:?}");
        assert_eq!((lines[0], lines[2], log.lost()), ("first", "next", 0));
    }

    #[test]
    fn a_directory_that_goes_and_comes_back_loses_only_what_lay_between() {
        let dir = tempfile::tempdir().expect("directory");
        let home = dir.path().join("data");
        let path = home.join("log");
        let mut log = RotatingFile::open(&path, 0, 5);
        line(&mut log, "never opened");
        assert_eq!(log.lost(), 1);
        std::fs::create_dir(&home).expect("create");
        line(&mut log, "a");
        std::fs::remove_dir_all(&home).expect("remove");
        line(&mut log, "into the void");
        std::fs::create_dir(&home).expect("create");
        line(&mut log, "b");
        let text = text(&path);
        assert!(text.contains("1 log lines were lost") && text.ends_with("\nb\n"), "{text}");
    }

    #[test]
    fn a_failed_rotation_loses_nothing() {
        let dir = tempfile::tempdir().expect("directory");
        let path = dir.path().join("log");
        let mut log = RotatingFile::open(&path, 10, 1);
        std::fs::create_dir_all(dir.path().join("log.1/in the way")).expect("directory");
        for number in 0..5 {
            line(&mut log, &format!("line {number}"));
        }
        assert_eq!(text(&path).lines().count(), 5);
        assert_eq!(log.lost(), 0);
        std::fs::remove_dir_all(dir.path().join("log.1")).expect("remove");
        line(&mut log, "line 5");
        assert_eq!(text(&path), "line 5\n");
    }

    #[test]
    fn reopening_follows_logrotate() {
        let dir = tempfile::tempdir().expect("directory");
        let (path, moved) = (dir.path().join("log"), dir.path().join("moved"));
        let mut log = RotatingFile::open(&path, 0, 1);
        line(&mut log, "a");
        std::fs::rename(&path, &moved).expect("rename");
        line(&mut log, "b");
        log.reopen();
        line(&mut log, "c");
        assert_eq!((text(&moved), text(&path)), ("a\nb\n".into(), "c\n".into()));
    }

    #[cfg(unix)]
    #[test]
    fn links_and_fifos_are_not_written_to() {
        let dir = tempfile::tempdir().expect("directory");
        let (victim, path) = (dir.path().join("victim"), dir.path().join("log"));
        std::fs::write(&victim, "precious").expect("write");
        std::os::unix::fs::symlink(&victim, &path).expect("link");
        let mut log = RotatingFile::open(&path, 0, 1);
        line(&mut log, "x");
        assert_eq!((text(&victim), log.lost()), ("precious".into(), 1));
        std::fs::remove_file(&path).expect("remove");
        rustix::fs::mknodat(rustix::fs::CWD, &path, rustix::fs::FileType::Fifo, 0o600.into(), 0)
            .expect("fifo");
        log.reopen();
        line(&mut log, "y");
        assert_eq!(log.lost(), 2);
        std::fs::remove_file(&path).expect("remove");
        line(&mut log, "z");
        assert_eq!(text(&path).lines().count(), 2);
        assert_eq!(crate::host::Attributes::of(&path).expect("read").mode & !0o640, 0);
    }
}
