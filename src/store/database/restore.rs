//! Putting a snapshot in the database's place, so that at every instant a whole database lies there,
//! and never one beside the write-ahead log of another.
//!
//! ```text
//! 1  .NAME.restore-RUN.1      a copy of the snapshot; while it exists, the database is today's
//! 2  (recover)                all of today's database is in its one file
//! 3  NAME.aside-RUN           a copy of today's database, complete once it has that name
//! 4  (clear)                  -wal, -shm and -journal, which have nothing to say now
//! 5  .NAME.restore-RUN.1 → NAME
//! ```
//!
//! Killed anywhere before 5, doing it again repeats everything and renews the copy set aside, since
//! the agent may have written meanwhile. After 5 the database is the restored one. If the agent has
//! written to that by the time it is done again, this too is set aside, under the next number: what was
//! set aside first is never replaced by something that was restored.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::check;
use super::live::Live;
use crate::host::Attributes;
use crate::host::atomic::{self, Hash};
use crate::model::{Class, Failure, Outcome, Snapshot};
use crate::store::sqlite::{SIDECARS, sidecar};

/// A run is recovered a few times at most.
const ROUNDS: u32 = 100;

/// As `Databases::restore`.
pub(super) fn restore(id: &str, snapshot: &Snapshot, patience: Duration) -> Outcome<Option<PathBuf>> {
    check::check(snapshot)?;
    let live = Live::open(&snapshot.database, patience)?;
    // The names are made from the resolved path, as SQLite's own are.
    let path = live.as_ref().map_or_else(|| snapshot.database.clone(), |live| live.path.clone());
    let names = Names::find(&path, id)?;
    if !names.under_way
        && let Some(live) = &live
        && is_restored(live, snapshot)?
    {
        return Ok(names.last_aside());
    }
    let attributes = match &live {
        Some(live) => live.attributes.clone(),
        None => Attributes::of(&snapshot.path)?,
    };
    atomic::copy(&snapshot.path, &names.pending, &attributes, Hash::Skip)?;
    let aside = match live {
        Some(live) => Some(set_aside(live, &names.aside)?),
        None => None,
    };
    clear_sidecars(&path, &names.aside)?;
    atomic::rename(&names.pending, &path)?;
    for name in [&names.pending, &names.aside] {
        atomic::sweep(name)?;
    }
    Ok(aside)
}

/// The names of one round.
struct Names {
    pending: PathBuf,
    aside: PathBuf,
    /// The round was begun and not ended: the database is not the restored one yet.
    under_way: bool,
    /// Of the round before.
    former: Option<PathBuf>,
}

impl Names {
    /// The round that is under way for run `id`, else the next one.
    fn find(path: &Path, id: &str) -> Outcome<Self> {
        let exists = |path: &Path| std::fs::symlink_metadata(path).is_ok();
        let mut former = None;
        for round in 1..=ROUNDS {
            let (pending, aside) = (pending_name(path, id, round), aside_name(path, id, round));
            let under_way = exists(&pending);
            if under_way || !exists(&aside) {
                return Ok(Self { pending, aside, under_way, former });
            }
            former = Some(aside);
        }
        Err(Failure::new(Class::Database, format!("`{}` was restored {ROUNDS} times", path.display()))
            .hint("move away what was set aside beside it"))
    }

    fn last_aside(self) -> Option<PathBuf> {
        self.former
    }
}

fn pending_name(path: &Path, id: &str, round: u32) -> PathBuf {
    let mut name = OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(format!(".restore-{id}.{round}"));
    path.with_file_name(name)
}

/// `NAME.aside-RUN`, then `NAME.aside-RUN.2`: beside the database, because it may fill a file system.
fn aside_name(path: &Path, id: &str, round: u32) -> PathBuf {
    let number = if round == 1 { String::new() } else { format!(".{round}") };
    sidecar(path, &format!(".aside-{id}{number}"))
}

/// Copies today's database, and lets go of it.
fn set_aside(mut live: Live, aside: &Path) -> Outcome<PathBuf> {
    atomic::copy_file(&mut live.file, &live.path, aside, &live.attributes, Hash::Skip)?;
    Ok(aside.to_owned())
}

/// Takes away what SQLite left beside today's database, before another one comes to lie there. It is
/// empty when SQLite could recover the database; if not, it goes where SQLite would look for it.
fn clear_sidecars(path: &Path, aside: &Path) -> Outcome<()> {
    for suffix in SIDECARS {
        let left = sidecar(path, suffix);
        match std::fs::symlink_metadata(&left) {
            Ok(found) if found.len() > 0 => atomic::rename(&left, &sidecar(aside, suffix))?,
            Ok(_) => atomic::remove(&left)?,
            Err(_) => {}
        }
    }
    Ok(())
}

/// Whether the database is the snapshot, byte for byte.
fn is_restored(live: &Live, snapshot: &Snapshot) -> Outcome<bool> {
    let same = || -> io::Result<bool> {
        if live.file.metadata()?.len() != snapshot.size {
            return Ok(false);
        }
        same_bytes(&live.file, &File::open(&snapshot.path)?)
    };
    // The database's own offset is moved: it is not copied when the answer is yes, and rewound if not.
    let same = same().and_then(|same| {
        io::Seek::rewind(&mut &live.file)?;
        Ok(same)
    });
    same.map_err(|error| Failure::io("compare", &live.path, &error))
}

fn same_bytes(one: &File, other: &File) -> io::Result<bool> {
    let mut one = io::BufReader::with_capacity(1 << 16, one);
    let mut other = io::BufReader::with_capacity(1 << 16, other);
    let (mut a, mut b) = (vec![0; 1 << 16], vec![0; 1 << 16]);
    loop {
        let read = one.read(&mut a)?;
        if read == 0 {
            return Ok(other.read(&mut b)? == 0);
        }
        match other.read_exact(&mut b[..read]) {
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(false),
            result => result?,
        }
        if a[..read] != b[..read] {
            return Ok(false);
        }
    }
}
