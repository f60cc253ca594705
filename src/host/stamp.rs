//! Is it still the same file? A stamp that changes whenever a file is replaced or written, so that its
//! content need not be read again.

use std::fs::Metadata;
use std::time::{Duration, SystemTime};

/// The kernel stamps a change with the time of its last tick: two changes within one tick look alike.
const TICK: Duration = Duration::from_millis(20);

/// What identifies a file's content without reading it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    /// Device and file number; zeros where the system does not tell.
    file: (u64, u64),
    length: u64,
    modified: Option<SystemTime>,
    /// When anything of the file changed: nobody can set it, unlike `modified`.
    changed: Option<SystemTime>,
}

impl Stamp {
    /// The stamp in `metadata`.
    #[cfg(unix)]
    pub fn of(metadata: &Metadata) -> Self {
        use std::os::unix::fs::MetadataExt;
        let seconds = Duration::from_secs(u64::try_from(metadata.ctime()).unwrap_or_default());
        let nanos = Duration::from_nanos(u64::try_from(metadata.ctime_nsec()).unwrap_or_default());
        Self {
            file: (metadata.dev(), metadata.ino()),
            length: metadata.len(),
            modified: metadata.modified().ok(),
            changed: SystemTime::UNIX_EPOCH.checked_add(seconds + nanos),
        }
    }

    /// The stamp in `metadata`.
    #[cfg(not(unix))]
    pub fn of(metadata: &Metadata) -> Self {
        let modified = metadata.modified().ok();
        Self { file: (0, 0), length: metadata.len(), modified, changed: modified }
    }

    /// Whether both are one file, whatever is in it now.
    pub fn same_file(&self, other: &Self) -> bool {
        self.file == other.file && self.file != (0, 0)
    }

    /// The file's number on its device (its inode); 0 where the system does not tell.
    pub fn number(&self) -> u64 {
        self.file.1
    }

    /// Whether a change after this stamp was taken, at `now`, is sure to show in a later stamp. If not,
    /// what was read must not be remembered under it.
    pub fn is_settled(&self, now: SystemTime) -> bool {
        self.changed.is_some_and(|at| now.duration_since(at).is_ok_and(|age| age > TICK))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stamp_tells_files_lengths_and_settling_apart() {
        let dir = tempfile::tempdir().expect("directory");
        let at = |name: &str| dir.path().join(name);
        let stamp = |name: &str| Stamp::of(&std::fs::metadata(at(name)).expect("stat"));
        std::fs::write(at("a"), b"one").expect("write");
        std::fs::write(at("b"), b"one").expect("write");
        let first = stamp("a");
        assert_eq!(first, stamp("a"));
        assert_ne!(first, stamp("b"), "another file");
        std::fs::write(at("a"), b"three").expect("write");
        assert_ne!(first, stamp("a"), "another length");
        let now = SystemTime::now();
        assert!(!stamp("a").is_settled(now - Duration::from_secs(60)), "the clock was set back");
        assert!(stamp("a").is_settled(now + Duration::from_secs(60)));
    }
}
