//! Where everything lies: the updater's own folder, and the names beside the agent's binary.
//!
//! ```text
//! STATE (0700)
//! ├── journal             the intent log
//! ├── updater.db          history and the rest of the memory
//! ├── lock                one updater at a time
//! ├── versions/           VERSION-SHA12/{BINARY, meta.json}
//! ├── snapshots/          RUN.db
//! ├── builds/             RUN.log
//! ├── heads/              KEY.head, the checksum database as last seen
//! └── services/           NAME.{json, stopped, state}, where the updater runs the agent itself
//! ```

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::host::{Attributes, atomic};
use crate::model::{Class, Failure, Outcome};

/// Only the updater's user looks into its folders: snapshots hold the agent's data.
const PRIVATE: u32 = 0o700;

/// The names under the updater's own folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    state: PathBuf,
}

impl Layout {
    /// The layout of the folder `state`, which need not exist.
    pub fn new(state: impl Into<PathBuf>) -> Self {
        Self { state: state.into() }
    }

    /// Creates the folders, private to the process's user; makes one that exists private.
    ///
    /// # Errors
    /// `Disk`; `Security` when the folder is a link or something else than a folder.
    pub fn create(&self) -> Outcome<()> {
        for folder in [self.state.clone(), self.versions(), self.snapshots(), self.builds()] {
            private_folder(&folder)?;
        }
        Ok(())
    }

    /// Removes what writers that were killed left half written. For the holder of the lock, before anybody
    /// writes: nothing else would find all of it. What cannot be removed now stays until the next start.
    pub fn sweep(&self) {
        let versions = std::fs::read_dir(self.versions()).into_iter().flatten().flatten();
        let versions = versions.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()));
        let own = [self.state.clone(), self.snapshots(), self.builds(), self.services()];
        for folder in own.into_iter().chain(versions.map(|entry| entry.path())) {
            drop(atomic::sweep_directory(&folder));
        }
    }

    /// The folder itself.
    pub fn state(&self) -> &Path {
        &self.state
    }

    /// The intent log.
    pub fn journal(&self) -> PathBuf {
        self.state.join("journal")
    }

    /// The updater's memory.
    pub fn records(&self) -> PathBuf {
        self.state.join("updater.db")
    }

    /// The lock that every writer holds.
    pub fn lock(&self) -> PathBuf {
        self.state.join("lock")
    }

    /// Kept versions.
    pub fn versions(&self) -> PathBuf {
        self.state.join("versions")
    }

    /// Copies of the agent's database.
    pub fn snapshots(&self) -> PathBuf {
        self.state.join("snapshots")
    }

    /// The newest head seen of each checksum database.
    pub fn heads(&self) -> PathBuf {
        self.state.join("heads")
    }

    /// Kept build logs.
    pub fn builds(&self) -> PathBuf {
        self.state.join("builds")
    }

    /// Services that the updater runs itself; made when the first one is defined.
    pub fn services(&self) -> PathBuf {
        self.state.join("services")
    }

    /// The build log of run `id`.
    ///
    /// # Errors
    /// `Usage` when `id` cannot be a run's.
    pub fn build_log(&self, id: &str) -> Outcome<PathBuf> {
        Ok(self.builds().join(format!("{}.log", run_id(id)?)))
    }
}

/// `BINARY.backup` beside the agent's binary: the old version for an administrator in need.
pub fn backup_of(binary: &Path) -> PathBuf {
    let mut name = binary.file_name().unwrap_or_default().to_owned();
    name.push(".backup");
    binary.with_file_name(name)
}

/// `.BINARY.next` beside the agent's binary: the new version, one rename away.
pub fn staged_of(binary: &Path) -> PathBuf {
    let mut name = OsString::from(".");
    name.push(binary.file_name().unwrap_or_default());
    name.push(".next");
    binary.with_file_name(name)
}

/// `id` if it can be part of a file's name: it may come from a command line.
pub(super) fn run_id(id: &str) -> Outcome<&str> {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    if !id.is_empty() && id.len() <= 64 && id.bytes().all(fits) {
        return Ok(id);
    }
    Err(Failure::new(Class::Usage, format!("`{}` is not the id of a run", id.escape_debug()))
        .hint("`sentinel-updater history` lists the runs"))
}

/// A free name beside `path` for what must not stay there: `NAME.WHY-20261124T031500Z`.
pub(super) fn set_aside_name(path: &Path, why: &str) -> PathBuf {
    let time = crate::model::Timestamp::now().strftime("%Y%m%dT%H%M%SZ");
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{why}-{time}"));
    let mut aside = path.with_file_name(&name);
    let mut count = 1;
    while std::fs::symlink_metadata(&aside).is_ok() {
        count += 1;
        let mut numbered = name.clone();
        numbered.push(format!("-{count}"));
        aside = path.with_file_name(numbered);
    }
    aside
}

fn private_folder(path: &Path) -> Outcome<()> {
    match std::fs::symlink_metadata(path) {
        Ok(found) if found.is_dir() => make_private(path),
        Ok(_) => Err(Failure::new(Class::Security, format!("`{}` is not a folder", path.display()))
            .hint("find out who put it there, then remove it")),
        Err(_) => atomic::create_dir(path, PRIVATE),
    }
}

fn make_private(path: &Path) -> Outcome<()> {
    let found = Attributes::of(path)?;
    if found.mode & 0o077 == 0 {
        return Ok(());
    }
    let wanted = Attributes::with_mode(PRIVATE);
    std::fs::File::open(path)
        .and_then(|folder| wanted.apply(&folder, path))
        .map_err(|error| Failure::io("change the mode of", path, &error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_beside_the_binary() {
        let binary = Path::new("/usr/local/bin/sentinel");
        assert_eq!(backup_of(binary), Path::new("/usr/local/bin/sentinel.backup"));
        assert_eq!(staged_of(binary), Path::new("/usr/local/bin/.sentinel.next"));
    }

    #[test]
    fn ids_cannot_leave_their_folder() {
        for id in ["20261124T031500Z-1a2b", "x"] {
            assert_eq!(run_id(id), Ok(id));
        }
        let long = "x".repeat(65);
        for id in ["", "..", "a/b", "a.b", "a\0b", "a b", "ü", long.as_str()] {
            assert_eq!(run_id(id).expect_err(id).class, Class::Usage);
        }
    }

    #[cfg(unix)]
    #[test]
    fn folders_are_private_also_when_they_were_not() {
        let dir = tempfile::tempdir().expect("directory");
        let layout = Layout::new(dir.path().join("data/updater"));
        atomic::create_dir(&layout.versions(), 0o755).expect("directory");
        layout.create().expect("create");
        layout.create().expect("again");
        for folder in [layout.state().to_owned(), layout.versions(), layout.snapshots(), layout.builds()] {
            assert_eq!(Attributes::of(&folder).expect("read").mode, 0o700, "{}", folder.display());
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_planted_link_is_refused() {
        let dir = tempfile::tempdir().expect("directory");
        let layout = Layout::new(dir.path().join("updater"));
        std::os::unix::fs::symlink("/tmp", layout.state()).expect("link");
        assert_eq!(layout.create().expect_err("link").class, Class::Security);
    }
}
