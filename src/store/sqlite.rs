//! What both users of SQLite share: careful connections, and errors in our words.

use std::path::Path;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, Error, ErrorCode, OpenFlags};

use crate::model::{Class, Failure};

/// Every file that begins otherwise is no SQLite database.
pub(super) const HEADER: &[u8; 16] = b"SQLite format 3\0";
/// Names of the files that SQLite puts beside a database.
pub(super) const SIDECARS: [&str; 3] = ["-wal", "-shm", "-journal"];
/// Page cache in KiB: the databases are touched for moments, in a service that is idle otherwise.
const CACHE_KIB: i64 = 256;

/// Opens a database in whose folder others may write: links are refused, and nothing that its schema
/// says is run.
pub(super) fn open(path: &Path, flags: OpenFlags, patience: Duration) -> rusqlite::Result<Connection> {
    let flags = flags | OpenFlags::SQLITE_OPEN_NOFOLLOW | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(patience)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    connection.set_prepared_statement_cache_capacity(4);
    connection.pragma_update(None, "cache_size", -CACHE_KIB)?;
    connection.pragma_update(None, "mmap_size", 0)?;
    Ok(connection)
}

/// The file is no database, or not a whole one.
pub(super) fn is_damage(error: &Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt))
}

/// Somebody else has it.
pub(super) fn is_busy(error: &Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked))
}

/// ``cannot {verb} `{path}` ``, because of `error`. What the file system is to blame for is `Disk`, the
/// rest is `class`.
pub(super) fn failure(class: Class, verb: &str, path: &Path, error: &Error) -> Failure {
    let (class, hint) = match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => (Class::Disk, Some("free some space on that file system")),
        Some(ErrorCode::SystemIoFailure) => (Class::Disk, None),
        Some(ErrorCode::PermissionDenied) => (Class::Permission, Some("run as root")),
        Some(ErrorCode::ReadOnly) => {
            (Class::Disk, Some("check the owner and mode, and that the file system is writable"))
        }
        _ => (class, None),
    };
    let failure = Failure::new(class, format!("cannot {verb} `{}`", path.display())).because(error);
    match hint {
        Some(hint) => failure.hint(hint),
        None => failure,
    }
}

/// The name of a file beside the database at `path`.
pub(super) fn sidecar(path: &Path, suffix: &str) -> std::path::PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// `path` with the links of its folder resolved: SQLite refuses links anywhere in a path, and those
/// above the folder are the administrator's.
pub(super) fn resolve(path: &Path) -> std::io::Result<std::path::PathBuf> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = std::fs::canonicalize(folder.unwrap_or(Path::new(".")))?;
    Ok(folder.join(path.file_name().unwrap_or_default()))
}
