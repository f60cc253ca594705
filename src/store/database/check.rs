//! Is a snapshot whole?

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use crate::host::files::{self, Owner};
use crate::host::text;
use crate::model::snapshot::Schema;
use crate::model::{Class, Failure, Outcome, Snapshot};
use crate::store::sqlite;

/// Above this size only the pages are checked, not that the indexes agree with the tables: the full
/// check takes about ten times as long.
const LARGE: u64 = 256 * 1024 * 1024;
/// How many findings are named.
const FINDINGS: usize = 5;

/// Checks size, structure and layout. Of a file that SQLite could not read only the size is known.
///
/// # Errors
/// `Database` with the first findings; `Security` when it is no file of its own.
pub(super) fn check(snapshot: &Snapshot) -> Outcome<()> {
    let damaged = |why: String| {
        Failure::new(Class::Database, format!("the snapshot `{}` is damaged", snapshot.path.display()))
            .cause(why)
            .hint(format!(
                "look at `{}` itself: a snapshot has what the database had",
                snapshot.database.display()
            ))
    };
    let size = files::open_nofollow(&snapshot.path, Owner::Any)?
        .metadata()
        .map_err(|error| Failure::io("look at", &snapshot.path, &error))?
        .len();
    if size != snapshot.size {
        return Err(damaged(format!("it has {size} bytes instead of {}", snapshot.size)));
    }
    let Some(expected) = snapshot.schema else { return Ok(()) };
    let (findings, schema) = inspect(&snapshot.path, size).or_else(|error| {
        if sqlite::is_damage(&error) {
            return Ok((vec![error.to_string()], expected));
        }
        Err(sqlite::failure(Class::Database, "check the snapshot", &snapshot.path, &error))
    })?;
    if !findings.is_empty() {
        return Err(findings.into_iter().fold(damaged(String::new()), |mut failure, finding| {
            failure.causes.retain(|cause| !cause.is_empty());
            failure.cause(text::clean(&finding))
        }));
    }
    if schema != expected {
        return Err(damaged(format!("its layout is {schema:?} instead of {expected:?}")));
    }
    Ok(())
}

fn inspect(path: &Path, size: u64) -> rusqlite::Result<(Vec<String>, Schema)> {
    let connection = open(path)?;
    let pragma = if size > LARGE { "quick_check" } else { "integrity_check" };
    let mut statement = connection.prepare(&format!("PRAGMA {pragma}({FINDINGS})"))?;
    let lines: Vec<String> = statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
    let schema = Schema {
        schema_version: connection.pragma_query_value(None, "schema_version", |row| row.get(0))?,
        user_version: connection.pragma_query_value(None, "user_version", |row| row.get(0))?,
    };
    let findings = if lines == ["ok"] { Vec::new() } else { lines };
    Ok((findings, schema))
}

/// Nobody writes to a snapshot, so nothing is locked, and no file appears beside it.
fn open(path: &Path) -> rusqlite::Result<Connection> {
    use std::fmt::Write as _;
    let mut uri = String::from("file:");
    for byte in path.as_os_str().as_encoded_bytes() {
        if byte.is_ascii_alphanumeric() || b"/-_.".contains(byte) {
            uri.push(char::from(*byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(uri, "%{byte:02X}");
        }
    }
    uri.push_str("?immutable=1");
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI;
    sqlite::open(Path::new(&uri), flags, Duration::ZERO)
}
