//! The tables of the updater's memory, and how an older file becomes a present one.

use std::path::Path;
use std::time::Duration;

use rusqlite::types::Value;
use rusqlite::{Connection, OpenFlags};

use crate::store::sqlite;

/// One step a version; `user_version` counts the steps taken. Steps are added, never changed.
const STEPS: [&str; 1] = ["
    CREATE TABLE run(id TEXT PRIMARY KEY, started_at INTEGER NOT NULL, json TEXT NOT NULL) WITHOUT ROWID;
    CREATE INDEX run_started ON run(started_at, id);
    CREATE TABLE held(version TEXT PRIMARY KEY, json TEXT NOT NULL) WITHOUT ROWID;
    CREATE TABLE answered(module TEXT PRIMARY KEY, at TEXT NOT NULL) WITHOUT ROWID;
    CREATE TABLE seen(
        module TEXT NOT NULL, version TEXT NOT NULL, first_seen_at TEXT NOT NULL,
        in_first_answer INTEGER NOT NULL, commit_time TEXT, PRIMARY KEY(module, version)) WITHOUT ROWID;
    CREATE TABLE pin(
        module TEXT NOT NULL, version TEXT NOT NULL, sum TEXT NOT NULL,
        PRIMARY KEY(module, version)) WITHOUT ROWID;
    CREATE TABLE value(name TEXT PRIMARY KEY, json TEXT NOT NULL) WITHOUT ROWID;
"];

/// What matters most comes first when a damaged file is read as far as it goes.
const TABLES: [&str; 6] = ["held", "value", "pin", "answered", "seen", "run"];

/// Where the program that made the tables left its version.
const WRITTEN_BY: &str = "written_by";

/// Whether the tables can be used.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Fitness {
    /// They are of this version.
    Present,
    /// A step is missing.
    Older,
    /// A program of this version has changed them in a way not known here.
    Newer(String),
}

/// How the file's tables relate to this program's.
pub(super) fn fitness(connection: &Connection) -> rusqlite::Result<Fitness> {
    let version: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let steps = STEPS.len() as i64;
    Ok(match version.cmp(&steps) {
        std::cmp::Ordering::Equal => Fitness::Present,
        std::cmp::Ordering::Less => Fitness::Older,
        std::cmp::Ordering::Greater => {
            let by = connection.query_row("SELECT json FROM value WHERE name = ?1", [WRITTEN_BY], |row| {
                row.get::<_, String>(0)
            });
            Fitness::Newer(by.unwrap_or_default().trim_matches('"').to_owned())
        }
    })
}

/// Takes the missing steps, all or none.
pub(super) fn migrate(connection: &Connection) -> rusqlite::Result<()> {
    let transaction = connection.unchecked_transaction()?;
    let version: i64 = transaction.pragma_query_value(None, "user_version", |row| row.get(0))?;
    for step in STEPS.iter().skip(usize::try_from(version).unwrap_or(0)) {
        transaction.execute_batch(step)?;
    }
    transaction.pragma_update(None, "user_version", STEPS.len() as i64)?;
    transaction.execute(
        "INSERT OR REPLACE INTO value(name, json) VALUES (?1, ?2)",
        [WRITTEN_BY, concat!("\"", env!("CARGO_PKG_VERSION"), "\"")],
    )?;
    transaction.commit()
}

/// Copies what can still be read of a damaged file. Whatever fails is lost: a version held there would
/// be taken again, which is why this is worth a try.
pub(super) fn salvage(damaged: &Path, into: &Connection) {
    let Ok(from) = sqlite::open(damaged, OpenFlags::SQLITE_OPEN_READ_ONLY, Duration::ZERO) else { return };
    if fitness(&from) != Ok(Fitness::Present) {
        return;
    }
    for table in TABLES {
        let _ = copy_rows(&from, into, table);
    }
}

fn copy_rows(from: &Connection, into: &Connection, table: &str) -> rusqlite::Result<()> {
    let mut read = from.prepare(&format!("SELECT * FROM {table}"))?;
    let columns = read.column_count();
    let places = vec!["?"; columns].join(", ");
    let transaction = into.unchecked_transaction()?;
    let mut write = transaction.prepare(&format!("INSERT OR IGNORE INTO {table} VALUES ({places})"))?;
    let mut rows = read.query([])?;
    // Up to the first row that cannot be read.
    while let Ok(Some(row)) = rows.next() {
        let values: Vec<Value> = (0..columns).map(|column| row.get(column)).collect::<Result<_, _>>()?;
        // A row that breaks a rule of its table is not worth the others.
        let _ = write.execute(rusqlite::params_from_iter(values));
    }
    drop(write);
    transaction.commit()
}
