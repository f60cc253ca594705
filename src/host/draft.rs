//! A directory tree that appears whole or not at all: filled under a hidden name beside its place, synced
//! as a whole, and renamed. Syncing each of ten thousand files by itself would take minutes.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Component, Path, PathBuf};

use super::{atomic, fault};
use crate::model::{Class, Failure, Outcome};

const MARK: &str = ".draft";

/// A tree in the making. Dropped without [`Draft::commit`] it leaves nothing.
pub struct Draft {
    place: PathBuf,
    /// Holds the tree, and files that do not belong to it.
    root: PathBuf,
}

impl Draft {
    /// Begins a tree that will be at `place`. What an interrupted one left is removed.
    ///
    /// # Errors
    /// `Disk`.
    pub fn create(place: &Path) -> Outcome<Self> {
        let name = place.file_name().unwrap_or_default().to_string_lossy();
        let root = place.with_file_name(format!(".{name}{MARK}"));
        atomic::remove_tree(&root)?;
        let draft = Self { place: place.to_owned(), root };
        atomic::create_dir(&draft.root, 0o700)?;
        atomic::create_dir(&draft.tree(), 0o755)?;
        Ok(draft)
    }

    /// A file beside the tree, which goes with the draft.
    ///
    /// # Errors
    /// `Disk`.
    pub fn scratch(&self) -> Outcome<File> {
        let path = self.root.join("scratch");
        File::options()
            .read(true)
            .write(true)
            .create_new(true)
            .open(&path)
            .map_err(|error| Failure::io("create", &path, &error))
    }

    /// Adds the file `below` with everything `content` gives; missing directories are made. Everybody may
    /// read it, and run it if it is `executable`.
    ///
    /// # Errors
    /// `Disk`; `Security` for a path that leads out of the tree.
    pub fn add(&self, below: &str, content: &mut dyn Read, executable: bool) -> Outcome<()> {
        let plain = |component: Component<'_>| matches!(component, Component::Normal(_));
        if below.is_empty() || !Path::new(below).components().all(plain) {
            let what = format!("`{}` leads out of its tree", below.escape_debug());
            return Err(Failure::new(Class::Security, what));
        }
        let path = self.tree().join(below);
        self.write(&path, content, executable).map_err(|error| Failure::io("write", &path, &error))
    }

    fn write(&self, path: &Path, content: &mut dyn Read, executable: bool) -> io::Result<()> {
        fault::point("write", path)?;
        if let Some(parent) = path.parent() {
            directory(parent)?;
        }
        // Nobody else writes here, and a name that comes twice is a broken archive.
        let mut file = File::options().write(true).create_new(true).open(path)?;
        io::copy(content, &mut file)?;
        super::Attributes::with_mode(if executable { 0o755 } else { 0o644 }).apply(&file, path)
    }

    /// Makes everything durable and puts the tree in its place, instead of what is there.
    ///
    /// # Errors
    /// `Disk`; the place is untouched unless the failure is that of the rename.
    pub fn commit(self) -> Outcome<()> {
        let tree = self.tree();
        sync(&tree).map_err(|error| Failure::io("sync", &tree, &error))?;
        atomic::remove_tree(&self.place)?;
        atomic::rename(&tree, &self.place)
    }

    fn tree(&self) -> PathBuf {
        self.root.join("tree")
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        // What stays is removed by the next draft of the same name.
        let _ = atomic::remove_tree(&self.root);
    }
}

/// Makes a directory that everybody may read, whatever the process's umask is, and those above it.
fn directory(path: &Path) -> io::Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    path.parent().map_or(Ok(()), directory)?;
    std::fs::create_dir(path)?;
    #[cfg(unix)]
    super::Attributes::with_mode(0o755).apply(&File::open(path)?, path)?;
    Ok(())
}

/// Makes the tree durable, and with it whatever else waits on its file system.
#[cfg(target_os = "linux")]
fn sync(tree: &Path) -> io::Result<()> {
    fault::point("sync", tree)?;
    Ok(rustix::fs::syncfs(File::open(tree)?)?)
}

#[cfg(not(target_os = "linux"))]
fn sync(tree: &Path) -> io::Result<()> {
    fault::point("sync", tree)?;
    for entry in std::fs::read_dir(tree)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            sync(&entry.path())?;
        } else {
            File::options().write(true).open(entry.path())?.sync_all()?;
        }
    }
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_tree_appears_whole_or_not_at_all() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("tree-1");
        let draft = Draft::create(&place).unwrap();
        draft.scratch().unwrap();
        draft.add("bin/tool", &mut &b"run"[..], true).unwrap();
        draft.add("a/b/c", &mut &b"read"[..], false).unwrap();
        assert!(!place.exists());
        for bad in ["../x", "/etc/x", "", "a/../../x"] {
            assert_eq!(draft.add(bad, &mut &b""[..], false).unwrap_err().class, Class::Security, "{bad}");
        }
        assert!(draft.add("a/b/c", &mut &b"again"[..], false).is_err());
        draft.commit().unwrap();
        assert_eq!(std::fs::read(place.join("a/b/c")).unwrap(), b"read");
        #[cfg(unix)]
        for (name, mode) in [("bin/tool", 0o755), ("a/b/c", 0o644), ("a", 0o755)] {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(
                std::fs::metadata(place.join(name)).unwrap().permissions().mode() & 0o777,
                mode,
                "{name}"
            );
        }
        let draft = Draft::create(&place).unwrap();
        draft.add("other", &mut &b""[..], false).unwrap();
        drop(draft);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
        assert!(place.join("bin/tool").exists());
    }
}
