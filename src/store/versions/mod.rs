//! Versions kept for rollback: `versions/VERSION-SHA12/{BINARY, meta.json}`.
//!
//! `meta.json` is written last and makes an entry valid; it is removed first when the entry goes. So an
//! entry is whole or there is none. What it holds is known by its SHA-256.

mod entry;
#[cfg(all(test, unix))]
mod tests;

use std::path::{Path, PathBuf};

use self::entry::{Entry, Meta};
use super::{Layout, layout};
use crate::host::{Attributes, atomic, digest};
use crate::model::{Class, Failure, Kept, Outcome, Snapshot, Timestamp};
use crate::ports::VersionStore;

/// The mark in the name of a damaged entry that was set aside.
const DAMAGED: &str = "damaged";

/// The version store in a folder.
#[derive(Debug)]
pub struct VersionFolder {
    folder: PathBuf,
    snapshots: PathBuf,
    writes: bool,
}

/// What lies in the folder.
#[derive(Default)]
struct Found {
    /// Valid entries, newest kept first.
    entries: Vec<Entry>,
    /// Folders without `meta.json`: never finished, or half removed.
    unfinished: Vec<PathBuf>,
    /// Folders whose `meta.json` or binary is not what it should be.
    damaged: Vec<PathBuf>,
    /// Damaged ones that were set aside earlier, oldest first.
    set_aside: Vec<PathBuf>,
}

impl VersionFolder {
    /// The store under `layout`, for the holder of the lock.
    pub fn new(layout: &Layout) -> Self {
        Self { folder: layout.versions(), snapshots: layout.snapshots(), writes: true }
    }

    /// As [`VersionFolder::new`], for somebody who only looks: damaged entries stay where they are.
    pub fn reader(layout: &Layout) -> Self {
        Self { writes: false, ..Self::new(layout) }
    }

    fn look(&self) -> Outcome<Found> {
        let fail = |error: std::io::Error| Failure::io("list", &self.folder, &error);
        let mut found = Found::default();
        let list = match std::fs::read_dir(&self.folder) {
            Ok(list) => list,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(found),
            Err(error) => return Err(fail(error)),
        };
        for item in list {
            let path = item.map_err(fail)?.path();
            if path.to_string_lossy().contains(&format!(".{DAMAGED}-")) {
                found.set_aside.push(path);
                continue;
            }
            match Entry::open(&path) {
                Ok(Some(entry)) => found.entries.push(entry),
                Ok(None) => found.unfinished.push(path),
                Err(failure) if failure.class == Class::Permission => return Err(failure),
                Err(_) => found.damaged.push(path),
            }
        }
        found.entries.sort_by(|a, b| {
            let key = |entry: &Entry| (entry.meta.kept_at, entry.folder.clone());
            key(b).cmp(&key(a))
        });
        found.set_aside.sort();
        Ok(found)
    }

    /// The entry of exactly this content and name, in which the bytes are still right.
    fn whole(&self, folder: &Path, sha256: &str) -> Option<Entry> {
        let entry = Entry::open(folder).ok().flatten()?;
        digest::sha256_file(&entry.binary()).is_ok_and(|found| found == sha256).then_some(entry)
    }

    fn entry_of(&self, kept: &Kept) -> Outcome<Entry> {
        let folder = kept.path.parent().unwrap_or(&self.folder);
        Entry::open(folder)?.ok_or_else(|| {
            Failure::new(Class::Disk, format!("version {} is not in the store", kept.version))
                .cause(format!("`{}` is gone", kept.path.display()))
        })
    }

    /// Removes a snapshot that no entry names any more.
    fn drop_snapshot(&self, snapshot: &Path) -> Outcome<()> {
        // Only what this program put there: the path was read from a file.
        if snapshot.parent() != Some(self.snapshots.as_path()) {
            return Ok(());
        }
        let names = |entry: &Entry| entry.meta.snapshot.as_ref().is_some_and(|named| named.path == snapshot);
        if self.look()?.entries.iter().any(names) { Ok(()) } else { atomic::remove(snapshot) }
    }

    /// Removes the snapshots that no entry names, except for the newest: its run may not have ended.
    fn drop_stray_snapshots(&self, entries: &[Entry]) -> Outcome<()> {
        let Ok(list) = std::fs::read_dir(&self.snapshots) else { return Ok(()) };
        let mut strays: Vec<PathBuf> = list
            .filter_map(|item| Some(item.ok()?.path()))
            .filter(|path| path.extension().is_some_and(|extension| extension == "db"))
            .filter(|path| {
                let named = |entry: &Entry| entry.meta.snapshot.as_ref().is_some_and(|s| s.path == *path);
                !entries.iter().any(named)
            })
            .collect();
        // Run ids sort by time.
        strays.sort();
        strays.pop();
        strays.iter().try_for_each(|path| atomic::remove(path))
    }
}

impl VersionStore for VersionFolder {
    fn keep(&mut self, binary: &Path, version: &str, sum: Option<&str>) -> Outcome<Kept> {
        let context = |failure: Failure| failure.context(format!("cannot keep version {version}"));
        let sha256 = digest::sha256_file(binary).map_err(context)?;
        let folder = self.folder.join(entry::folder_name(version, &sha256));
        let old = self.whole(&folder, &sha256);
        let file = old.as_ref().map_or_else(|| entry::file_name(binary), |old| old.meta.file.clone());
        if old.is_none() {
            // What lies there is unfinished or damaged; without its meta.json it is nothing.
            atomic::remove_tree(&folder).map_err(context)?;
            atomic::create_dir(&folder, 0o700).map_err(context)?;
            let target = folder.join(&file);
            let copied = atomic::copy(binary, &target, &Attributes::with_mode(0o755), atomic::Hash::Sha256)
                .map_err(context)?;
            if copied.sha256.as_deref() != Some(sha256.as_str()) {
                return Err(Failure::new(
                    Class::Proof,
                    format!("`{}` changed while it was copied", binary.display()),
                )
                .hint("find out what writes to it, then try again"));
            }
        }
        let (old_sum, snapshot) = old.map_or((None, None), |old| (old.meta.sum, old.meta.snapshot));
        let meta = Meta {
            version: version.to_owned(),
            size: std::fs::metadata(folder.join(&file)).map_or(0, |found| found.len()),
            sha256,
            sum: sum.map(str::to_owned).or(old_sum),
            kept_at: Timestamp::now(),
            file,
            attributes: entry::attributes_worth_keeping(binary, &folder),
            snapshot,
        };
        let entry = Entry { folder, meta };
        entry.save().map_err(context)?;
        Ok(entry.kept())
    }

    fn kept(&mut self) -> Outcome<Vec<Kept>> {
        let found = self.look()?;
        if self.writes {
            for path in &found.damaged {
                atomic::rename(path, &layout::set_aside_name(path, DAMAGED))?;
            }
        }
        Ok(found.entries.iter().map(Entry::kept).collect())
    }

    fn check(&mut self, kept: &Kept) -> Outcome<()> {
        let found = digest::sha256_file(&kept.path)?;
        if found == kept.sha256 {
            return Ok(());
        }
        Err(Failure::new(Class::Security, format!("the kept binary `{}` was changed", kept.path.display()))
            .cause(format!("its SHA-256 is {found}, it was kept with {}", kept.sha256))
            .hint("remove its folder and take another version"))
    }

    fn set_snapshot(&mut self, kept: &Kept, snapshot: Option<&Snapshot>) -> Outcome<()> {
        let mut entry = self.entry_of(kept)?;
        if entry.meta.snapshot.as_ref() == snapshot {
            return Ok(());
        }
        let former = std::mem::replace(&mut entry.meta.snapshot, snapshot.cloned());
        entry.save()?;
        former.map_or(Ok(()), |former| self.drop_snapshot(&former.path))
    }

    fn remove(&mut self, kept: &Kept) -> Outcome<()> {
        let folder = kept.path.parent().unwrap_or(&self.folder);
        let Some(entry) = Entry::open(folder)? else { return Ok(()) };
        entry.remove()?;
        entry.meta.snapshot.map_or(Ok(()), |snapshot| self.drop_snapshot(&snapshot.path))
    }

    fn prune(&mut self, count: usize, protected: &[String]) -> Outcome<()> {
        let Found { entries, unfinished, damaged, mut set_aside } = self.look()?;
        let mut stay = Vec::new();
        for (place, entry) in entries.into_iter().enumerate() {
            if place < count || protected.contains(&entry.meta.sha256) {
                stay.push(entry);
                continue;
            }
            entry.remove()?;
            if let Some(snapshot) = &entry.meta.snapshot {
                self.drop_snapshot(&snapshot.path)?;
            }
        }
        // One damaged entry is enough to find out what happened.
        set_aside.pop();
        for path in unfinished.iter().chain(&damaged).chain(&set_aside) {
            atomic::remove_tree(path)?;
        }
        self.drop_stray_snapshots(&stay)
    }
}

/// Owner, mode and capabilities with which `kept` was the agent's binary, as far as they are known.
pub(super) fn attributes_of(kept: &Kept) -> Option<Attributes> {
    Entry::open(kept.path.parent()?).ok().flatten()?.meta.attributes
}

/// Remembers them, for the day on which neither the binary nor its backup is there. An entry that is
/// gone remembers nothing.
pub(super) fn set_attributes(kept: &Kept, attributes: &Attributes) -> Outcome<()> {
    let folder = kept.path.parent().unwrap_or(Path::new(""));
    match Entry::open(folder)? {
        Some(mut entry) if entry.meta.attributes.as_ref() != Some(attributes) => {
            entry.meta.attributes = Some(attributes.clone());
            entry.save()
        }
        _ => Ok(()),
    }
}
