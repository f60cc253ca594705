//! The memory's file: opened when it is first asked, made anew when it is damaged.
//!
//! A rollback journal, not a write-ahead log: it is written a few times a day, and somebody who may
//! only read must be able to. Each commit is synced.

use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, OpenFlags};

use super::schema::{self, Fitness};
use crate::host::{Attributes, atomic};
use crate::model::{Class, Failure, Outcome};
use crate::store::layout;
use crate::store::sqlite::{self, SIDECARS, sidecar};

/// How long another process's transaction is waited for.
const PATIENCE: Duration = Duration::from_secs(5);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Access {
    Write,
    Read,
}

/// The file, and the connection to it once there is one.
#[derive(Debug)]
pub(super) struct MemoryFile {
    path: PathBuf,
    access: Access,
    connection: Option<Connection>,
    set_aside: Option<PathBuf>,
    /// How often it was made anew.
    generation: u32,
}

/// Why a file could not be opened.
enum Trouble {
    /// It is to be set aside.
    Damage,
    Other(Failure),
}

impl MemoryFile {
    pub(super) fn new(path: PathBuf) -> Self {
        Self { path, access: Access::Write, connection: None, set_aside: None, generation: 0 }
    }

    pub(super) fn reader(path: PathBuf) -> Self {
        Self { access: Access::Read, ..Self::new(path) }
    }

    /// Where a damaged file was set aside since the last question.
    pub(super) fn take_set_aside(&mut self) -> Option<PathBuf> {
        self.set_aside.take()
    }

    /// Changes when the file was made anew: what was known to be in it may be gone.
    pub(super) fn generation(&self) -> u32 {
        self.generation
    }

    /// Does `act`; a reader without a file gets what an empty one would say.
    pub(super) fn read<T: Default>(
        &mut self,
        act: impl Fn(&Connection) -> rusqlite::Result<T>,
    ) -> Outcome<T> {
        if self.access == Access::Write {
            return self.write(act);
        }
        if self.connection.is_none() {
            self.connection = open_reader(&self.path)?;
        }
        let Some(connection) = &self.connection else { return Ok(T::default()) };
        act(connection).map_err(|error| sqlite::failure(Class::Disk, "read", &self.path, &error))
    }

    /// Does `act`, which is one transaction; once more on a new file if the old one turns out damaged.
    pub(super) fn write<T>(&mut self, act: impl Fn(&Connection) -> rusqlite::Result<T>) -> Outcome<T> {
        if self.access == Access::Read {
            return Err(Failure::new(Class::Internal, "the updater's memory was opened for reading only"));
        }
        let result = act(self.connected()?);
        match result {
            Err(error) if sqlite::is_damage(&error) => {
                self.connection = None;
                let connection = self.begin_anew()?;
                act(self.connection.insert(connection))
            }
            result => result,
        }
        .map_err(|error| sqlite::failure(Class::Disk, "use", &self.path, &error))
    }

    fn connected(&mut self) -> Outcome<&Connection> {
        let connection = match self.connection.take() {
            Some(connection) => connection,
            None => match open_writer(&self.path) {
                Ok(connection) => connection,
                Err(Trouble::Damage) => self.begin_anew()?,
                Err(Trouble::Other(failure)) => return Err(failure),
            },
        };
        Ok(self.connection.insert(connection))
    }

    /// Sets the damaged file aside, and makes a new one of what can still be read.
    fn begin_anew(&mut self) -> Outcome<Connection> {
        let aside = layout::set_aside_name(&self.path, "corrupt");
        for suffix in SIDECARS {
            let beside = sidecar(&self.path, suffix);
            if std::fs::symlink_metadata(&beside).is_ok() {
                atomic::rename(&beside, &sidecar(&aside, suffix))?;
            }
        }
        atomic::rename(&self.path, &aside)?;
        let connection = open_writer(&self.path).map_err(|trouble| match trouble {
            Trouble::Other(failure) => failure,
            Trouble::Damage => Failure::new(
                Class::Disk,
                format!("the new file `{}` is damaged at once", self.path.display()),
            )
            .hint("check the disk"),
        })?;
        if let Ok(aside) = sqlite::resolve(&aside) {
            schema::salvage(&aside, &connection);
        }
        self.set_aside = Some(aside);
        self.generation += 1;
        Ok(connection)
    }
}

fn open_writer(path: &Path) -> Result<Connection, Trouble> {
    match std::fs::symlink_metadata(path) {
        Ok(found) if found.is_file() => {}
        Ok(_) => return Err(Trouble::Other(no_file(path))),
        Err(_) => {
            // Somebody who was killed in the same place left a file that nobody reads.
            drop(atomic::sweep(path));
            // Created here, because SQLite would let others read it.
            atomic::write(path, b"", &Attributes::with_mode(0o600)).map_err(Trouble::Other)?;
        }
    }
    let resolved =
        sqlite::resolve(path).map_err(|error| Trouble::Other(Failure::io("open", path, &error)))?;
    let open = || -> rusqlite::Result<(Connection, Fitness, bool)> {
        let connection = sqlite::open(&resolved, OpenFlags::SQLITE_OPEN_READ_WRITE, PATIENCE)?;
        connection.pragma_update_and_check(None, "journal_mode", "truncate", |_| Ok(()))?;
        connection.pragma_update(None, "synchronous", "full")?;
        connection.pragma_update(None, "cache_size", -64)?;
        let verdict: String = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
        let fitness = schema::fitness(&connection)?;
        if fitness == Fitness::Older && verdict == "ok" {
            schema::migrate(&connection)?;
        }
        Ok((connection, fitness, verdict == "ok"))
    };
    match open() {
        Ok((_, Fitness::Newer(by), _)) => Err(Trouble::Other(newer(path, &by))),
        Ok((_, _, false)) => Err(Trouble::Damage),
        Ok((connection, ..)) => Ok(connection),
        Err(error) if sqlite::is_damage(&error) => Err(Trouble::Damage),
        Err(error) => Err(Trouble::Other(sqlite::failure(Class::Disk, "open", path, &error))),
    }
}

/// `None`: there is no file, or nothing in it yet.
fn open_reader(path: &Path) -> Outcome<Option<Connection>> {
    match std::fs::symlink_metadata(path) {
        Ok(found) if found.is_file() => {}
        Ok(_) => return Err(no_file(path)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(unreadable(path, &error)),
    }
    let resolved = sqlite::resolve(path).map_err(|error| unreadable(path, &error))?;
    let open = |flags| -> rusqlite::Result<(Connection, Fitness)> {
        let connection = sqlite::open(&resolved, flags, PATIENCE)?;
        let fitness = schema::fitness(&connection)?;
        Ok((connection, fitness))
    };
    let opened = open(OpenFlags::SQLITE_OPEN_READ_ONLY).or_else(|error| match error.sqlite_error_code() {
        // A writer was killed in a transaction, which must be taken back before anybody can read.
        Some(ErrorCode::ReadOnly | ErrorCode::CannotOpen) => open(OpenFlags::SQLITE_OPEN_READ_WRITE),
        _ => Err(error),
    });
    match opened {
        Ok((_, Fitness::Older)) => Ok(None),
        Ok((_, Fitness::Newer(by))) => Err(newer(path, &by)),
        Ok((connection, Fitness::Present)) => Ok(Some(connection)),
        Err(error) => Err(match std::fs::File::open(path) {
            Err(io) => unreadable(path, &io),
            Ok(_) => sqlite::failure(Class::Disk, "read", path, &error),
        }),
    }
}

fn unreadable(path: &Path, error: &std::io::Error) -> Failure {
    let failure = Failure::io("read", path, error);
    let class = match error.kind() {
        std::io::ErrorKind::PermissionDenied => Class::Permission,
        _ => failure.class,
    };
    Failure { class, ..failure }
}

fn no_file(path: &Path) -> Failure {
    Failure::new(Class::Security, format!("`{}` is not a regular file", path.display()))
        .hint("find out who put it there, then remove it")
}

fn newer(path: &Path, by: &str) -> Failure {
    Failure::new(Class::Refused, format!("`{}` was written by sentinel-updater {by}", path.display()))
        .cause(format!("this is {}, which cannot read it", env!("CARGO_PKG_VERSION")))
        .hint(format!("install sentinel-updater {by} or newer again; the file was left as it is"))
}
