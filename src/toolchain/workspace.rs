//! The directories of one build, and their end.

use std::path::{Path, PathBuf};

use crate::host::http::netrc;
use crate::host::{Attributes, atomic, private};
use crate::model::{Class, Failure, Outcome};

use super::Options;

/// Private directories of one build. All are empty when it begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Room {
    /// Holds the others.
    pub(super) root: PathBuf,
    /// HOME: go keeps counters there, whatever it is told.
    pub(super) home: PathBuf,
    /// TMPDIR: go leaves its work here whenever a signal ends it.
    pub(super) tmp: PathBuf,
    /// GOBIN: what is built ends here. Were the binary there already, go would do nothing.
    pub(super) bin: PathBuf,
    /// The working directory: a go.mod in it would change answers.
    pub(super) empty: PathBuf,
}

impl Room {
    /// The room below `root`; nothing is created.
    pub(super) fn at(root: &Path) -> Self {
        Self {
            root: root.to_owned(),
            home: root.join("home"),
            tmp: root.join("tmp"),
            bin: root.join("bin"),
            empty: root.join("empty"),
        }
    }

    /// Makes the room `name` below `work`, empty, for `owner` (user and group) if one is given.
    ///
    /// # Errors
    /// `Disk`.
    pub(super) fn create(work: &Path, name: &str, owner: Option<(u32, u32)>) -> Outcome<Self> {
        let room = Self::at(&work.join(name));
        atomic::create_dir(work, 0o755)?;
        atomic::remove_tree(&room.root)?;
        // Not durable: what is left of it after a power cut is removed anyway.
        for directory in [&room.root, &room.home, &room.tmp, &room.bin, &room.empty] {
            private::create(directory)
                .map_err(|error| Failure::io("create the directory", directory, &error))?;
            give(directory, owner)?;
        }
        Ok(room)
    }

    /// Removes what only the building needed; what was built stays.
    ///
    /// # Errors
    /// `Disk`.
    pub(super) fn clear(&self) -> Outcome<()> {
        [&self.tmp, &self.home, &self.empty].into_iter().try_for_each(|directory| {
            match std::fs::remove_dir_all(directory) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    Err(Failure::io("remove", directory, &error))
                }
                _ => Ok(()),
            }
        })
    }
}

/// Checks the file with passwords, and puts a link to it where git looks for one: go is told where it is,
/// git is not to be told.
///
/// # Errors
/// `Config` and `Security` for a file that is missing or open to everybody, `Disk`.
pub(super) fn passwords(options: &Options, room: &Room) -> Outcome<()> {
    let Some(file) = &options.network.netrc else { return Ok(()) };
    netrc::check(file)?;
    if !options.modules.goprivate.is_empty() {
        netrc::offer(file, &room.home)?;
    }
    Ok(())
}

/// Makes a directory that only its owner may enter, and gives it to `owner`.
///
/// # Errors
/// `Disk`.
pub(super) fn own_directory(directory: &Path, owner: Option<(u32, u32)>) -> Outcome<()> {
    atomic::create_dir(directory, 0o700)?;
    give(directory, owner)
}

/// Gives a directory to `owner`, who alone may enter it.
fn give(directory: &Path, owner: Option<(u32, u32)>) -> Outcome<()> {
    let Some((uid, gid)) = owner else { return Ok(()) };
    let attributes = Attributes { uid: Some(uid), gid: Some(gid), ..Attributes::with_mode(0o700) };
    std::fs::File::open(directory)
        .and_then(|open| attributes.apply(&open, directory))
        .map_err(|error| Failure::io("change the owner of", directory, &error))
}

/// Makes the caches that the environment names.
///
/// # Errors
/// `Disk`.
pub(super) fn own_caches(options: &Options, owner: Option<(u32, u32)>) -> Outcome<()> {
    ["gopath", "build", "mod"]
        .into_iter()
        .try_for_each(|directory| own_directory(&options.cache.join(directory), owner))
}

/// Removes everything below `directory`, which stays.
///
/// # Errors
/// `Disk` naming the first entry that could not be removed, after the others were.
pub(super) fn empty(directory: &Path) -> Outcome<()> {
    let entries = match std::fs::read_dir(directory) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(Failure::io("list", directory, &error)),
    };
    let mut first = Ok(());
    for entry in entries {
        let removed = entry.map_err(|error| Failure::io("list", directory, &error)).and_then(|entry| {
            let path = entry.path();
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => atomic::remove_tree(&path),
                _ => atomic::remove(&path),
            }
        });
        first = first.and(removed);
    }
    first
}

/// The one file in `bin`: named by go after the package, so it is not guessed.
///
/// # Errors
/// `Build` when there is none, `Proof` when there are several.
pub(super) fn only_file(bin: &Path) -> Outcome<PathBuf> {
    let failed = |error| Failure::io("list", bin, &error);
    let mut names = Vec::new();
    for entry in std::fs::read_dir(bin).map_err(failed)? {
        names.push(entry.map_err(failed)?.path());
    }
    match &names[..] {
        [path] => Ok(path.clone()),
        [] => Err(Failure::new(Class::Build, "go built no binary")
            .hint("check that agent.package names a package with a main function")),
        _ => Err(Failure::new(Class::Proof, format!("go built {} binaries instead of one", names.len()))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_room_begins_empty_and_leaves_nothing() {
        let work = tempfile::tempdir().expect("directory");
        let room = Room::create(work.path(), "r1", None).expect("room");
        std::fs::write(room.bin.join("old"), "x").expect("written");
        let room = Room::create(work.path(), "r1", None).expect("again");
        assert_eq!(only_file(&room.bin).expect_err("empty").class, Class::Build);
        std::fs::write(room.bin.join("one"), "x").expect("written");
        assert_eq!(only_file(&room.bin).expect("one"), room.bin.join("one"));
        std::fs::write(room.bin.join("two"), "x").expect("written");
        assert_eq!(only_file(&room.bin).expect_err("two").class, Class::Proof);
        std::fs::write(work.path().join("stray"), "x").expect("written");
        empty(work.path()).expect("emptied");
        assert_eq!(std::fs::read_dir(work.path()).expect("list").count(), 0);
        empty(&work.path().join("missing")).expect("nothing to do");
    }
}
