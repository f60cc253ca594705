//! The one directory in which everything of a demo lies.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use crate::host::lock::{Holder, Lock, holder};
use crate::host::{atomic, private};
use crate::model::{Class, Failure, Outcome};

const PREFIX: &str = "sentinel-updater-demo-";
/// A directory without its lock may be one that is just being made; after this long it is a leftover.
const FRESH: Duration = Duration::from_secs(60);

/// A directory of our own, removed at the end; if we are killed, by the next demo.
pub(super) struct Place {
    root: PathBuf,
    _lock: Lock,
    keep: bool,
}

impl Place {
    /// Makes the directory below the system's for temporary files, once those that earlier demos left
    /// there are gone. `keep`: it stays at the end, for who wants to look.
    ///
    /// # Errors
    /// `Disk`, `Permission`.
    pub(super) fn new(keep: bool) -> Outcome<Self> {
        let folder = std::env::temp_dir();
        sweep(&folder);
        for attempt in 0..100 {
            let root = folder.join(format!("{PREFIX}{}-{attempt}", std::process::id()));
            match private::create(&root) {
                Ok(()) => {
                    let lock = Lock::acquire(&lock_of(&root))?;
                    return Ok(Self { root, _lock: lock, keep });
                }
                Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(Failure::io("create", &root, &error)),
            }
        }
        Err(Failure::new(Class::Disk, format!("no free name for a directory in `{}`", folder.display()))
            .hint("remove the directories of earlier demos there, or set TMPDIR to another directory"))
    }

    /// Where it lies.
    pub(super) fn root(&self) -> &Path {
        &self.root
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if !self.keep {
            // What cannot be removed now is swept by the next demo.
            drop(atomic::remove_tree(&self.root));
        }
    }
}

fn lock_of(root: &Path) -> PathBuf {
    root.join("demo.lock")
}

/// Removes what demos left that were killed. Other users' are theirs: removing them fails, and that is
/// no error.
fn sweep(folder: &Path) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let Some(name) = name.to_str().filter(|name| name.starts_with(PREFIX)) else { continue };
        let root = folder.join(name);
        // A link of that name leads to somebody else's files.
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) && is_over(&root) {
            drop(atomic::remove_tree(&root));
        }
    }
}

fn is_over(root: &Path) -> bool {
    match holder(&lock_of(root)) {
        Ok(Holder::Nobody) if lock_of(root).exists() => true,
        Ok(Holder::Nobody) => {
            let made = std::fs::metadata(root).and_then(|data| data.modified());
            made.is_ok_and(|made| SystemTime::now().duration_since(made).is_ok_and(|age| age > FRESH))
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_nobody_uses_is_swept() {
        let folder = tempfile::tempdir().expect("a folder");
        let dir = |name: &str| {
            let root = folder.path().join(name);
            std::fs::create_dir(&root).expect("made");
            root
        };
        let [used, left, fresh, other] =
            [format!("{PREFIX}1-0"), format!("{PREFIX}2-0"), format!("{PREFIX}3-0"), "else".to_owned()]
                .map(|name| dir(&name));
        let _lock = Lock::acquire(&lock_of(&used)).expect("locked");
        std::fs::write(lock_of(&left), "2\n").expect("written");
        std::fs::create_dir(left.join("cache")).expect("made");
        sweep(folder.path());
        assert!(used.exists() && fresh.exists() && other.exists());
        assert!(!left.exists());
    }
}
