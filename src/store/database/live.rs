//! The agent's database, examined, recovered and locked, for as long as it is copied.

use std::fs::File;
use std::io::{self, Read, Seek};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use super::holder;
use crate::host::Attributes;
use crate::host::files::{self, Owner};
use crate::host::stamp::Stamp;
use crate::model::snapshot::Schema;
use crate::model::{Class, Failure, Outcome};
use crate::store::sqlite::{self, HEADER, SIDECARS, sidecar};

/// Everybody may create files in such a folder.
const WORLD_WRITABLE: u32 = 0o002;

/// A database held open. While it is one of SQLite's, nobody else can use it.
pub(super) struct Live {
    // Before `file`: on POSIX, closing any descriptor of a file gives up the process's locks on it.
    content: Content,
    /// The same file, to read bytes from. At its start.
    pub(super) file: File,
    /// Where it is, its folder's links resolved.
    pub(super) path: PathBuf,
    /// Its owner, mode and the rest.
    pub(super) attributes: Attributes,
}

/// What the file is.
pub(super) enum Content {
    /// A database: recovered, all of it in the one file, and locked by the connection.
    Sqlite { schema: Schema, _lock: Connection },
    /// No database; bytes.
    Foreign,
    /// It says that it is a database, but SQLite cannot read it.
    Unreadable,
}

impl Live {
    /// Opens and locks the database at `path`, waiting up to `patience` for others; `None`: no file.
    ///
    /// # Errors
    /// `Security` for a link, something that is no file, or an unexpected owner, of it or of a file of
    /// SQLite's beside it; `Database` when another process holds it; `Disk`.
    pub(super) fn open(path: &Path, patience: Duration) -> Outcome<Option<Self>> {
        let fail = |error: io::Error| Failure::io("open", path, &error);
        let Some((folder, name)) = path.parent().zip(path.file_name()) else {
            return Err(Failure::new(Class::Database, format!("`{}` is no file's path", path.display())));
        };
        // SQLite refuses links anywhere in a path; those above the folder are the administrator's.
        let folder = match std::fs::canonicalize(folder) {
            Ok(folder) => folder,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(fail(error)),
        };
        let resolved = folder.join(name);
        match std::fs::symlink_metadata(&resolved) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(fail(error)),
            Ok(_) => {}
        }
        let mut file = files::open_nofollow(&resolved, Owner::Any)?;
        let attributes = Attributes::of_file(&file).map_err(fail)?;
        check_owner(&resolved, &attributes, &Attributes::of(&folder)?)?;
        check_sidecars(&resolved, &attributes)?;
        let content = if is_sqlite(&mut file).map_err(fail)? {
            lock(&resolved, &file, patience)?
        } else {
            Content::Foreign
        };
        Ok(Some(Self { content, file, path: resolved, attributes }))
    }

    /// Its layout; `None`: SQLite cannot read it.
    pub(super) fn schema(&self) -> Option<Schema> {
        match &self.content {
            Content::Sqlite { schema, .. } => Some(*schema),
            Content::Foreign | Content::Unreadable => None,
        }
    }

    /// Whether it should be a database and is none.
    pub(super) fn is_unreadable(&self) -> bool {
        matches!(self.content, Content::Unreadable)
    }
}

/// The layout of a database that others may be using; `None`: a plain reader cannot tell, because there
/// is something to recover, or it is no database.
pub(super) fn peek(path: &Path, patience: Duration) -> Option<Schema> {
    let path = std::fs::canonicalize(path.parent()?).ok()?.join(path.file_name()?);
    let connection = sqlite::open(&path, OpenFlags::SQLITE_OPEN_READ_ONLY, patience).ok()?;
    let number = |name| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0)).ok();
    Some(Schema { schema_version: number("schema_version")?, user_version: number("user_version")? })
}

/// In a folder where everybody may create files, only the files of root and of the folder's owner are
/// taken.
fn check_owner(path: &Path, file: &Attributes, folder: &Attributes) -> Outcome<()> {
    let trusted = file.uid == folder.uid || file.uid == Some(0);
    if trusted || folder.mode & WORLD_WRITABLE == 0 {
        return Ok(());
    }
    Err(unexpected_owner(path, file))
}

/// What lies beside the database as part of it must be a file of the same owner, or root's.
fn check_sidecars(path: &Path, database: &Attributes) -> Outcome<()> {
    for suffix in SIDECARS {
        let path = sidecar(path, suffix);
        if std::fs::symlink_metadata(&path).is_err() {
            continue;
        }
        let file = files::open_nofollow(&path, Owner::Any)?;
        let found = Attributes::of_file(&file)
            .map_err(|error| Failure::io("read the attributes of", &path, &error))?;
        if found.uid != database.uid && found.uid != Some(0) {
            return Err(unexpected_owner(&path, &found));
        }
    }
    Ok(())
}

fn unexpected_owner(path: &Path, found: &Attributes) -> Failure {
    let uid = found.uid.unwrap_or_default();
    Failure::new(Class::Security, format!("`{}` has an unexpected owner, user {uid}", path.display()))
        .hint("find out who put it there; chown it if it is the agent's")
}

/// An empty file is a database without tables.
fn is_sqlite(file: &mut File) -> io::Result<bool> {
    let mut start = Vec::new();
    file.take(HEADER.len() as u64).read_to_end(&mut start)?;
    file.rewind()?;
    Ok(start.is_empty() || start == HEADER)
}

fn lock(path: &Path, file: &File, patience: Duration) -> Outcome<Content> {
    match recover(path, patience) {
        Ok((_lock, schema)) => {
            let now = std::fs::symlink_metadata(path).map(|found| Stamp::of(&found));
            let ours = file.metadata().map(|found| Stamp::of(&found));
            let swapped = matches!((now, ours), (Ok(now), Ok(ours)) if now.number() != ours.number());
            if swapped {
                return Err(Failure::new(Class::Security, format!("`{}` was swapped", path.display()))
                    .cause("it became another file while it was opened"));
            }
            Ok(Content::Sqlite { schema, _lock })
        }
        Err(error) if sqlite::is_damage(&error) => Ok(Content::Unreadable),
        Err(error) if sqlite::is_busy(&error) => Err(holder::held(path)),
        Err(error) => Err(sqlite::failure(Class::Database, "open the database", path, &error)),
    }
}

/// Rolls a hot journal back or takes the write-ahead log in, and keeps everybody else out.
fn recover(path: &Path, patience: Duration) -> rusqlite::Result<(Connection, Schema)> {
    let connection = sqlite::open(path, OpenFlags::SQLITE_OPEN_READ_WRITE, patience)?;
    // Set before the first access, it also keeps SQLite from using shared memory, which a process that
    // was killed may have left in any state; and a lock once taken is kept until the connection ends.
    connection.pragma_update_and_check(None, "locking_mode", "exclusive", |_| Ok(()))?;
    connection.execute_batch("BEGIN EXCLUSIVE")?;
    let schema = Schema {
        schema_version: connection.pragma_query_value(None, "schema_version", |row| row.get(0))?,
        user_version: connection.pragma_query_value(None, "user_version", |row| row.get(0))?,
    };
    // Taken back, since beginning has made a first page for an empty database.
    connection.execute_batch("ROLLBACK")?;
    let busy: i64 = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
    if busy != 0 {
        let code = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_BUSY);
        return Err(rusqlite::Error::SqliteFailure(code, None));
    }
    Ok((connection, schema))
}
