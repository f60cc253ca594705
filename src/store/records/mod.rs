//! The updater's memory in `updater.db`: history, held versions, versions seen, and a few values.
//!
//! A row whose JSON cannot be understood counts as not there: the alternative is an updater that
//! stands still because of it.

mod file;
mod schema;
#[cfg(all(test, unix))]
mod tests;

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;

use rusqlite::{Connection, OptionalExtension, params};
use serde::Serialize;
use serde::de::DeserializeOwned;

use self::file::MemoryFile;
use crate::model::status::{Alert, Latest, Paused};
use crate::model::{Class, Failure, Held, Outcome, Probation, Run, Staged, Timestamp, Version};
use crate::ports::{Committed, Records, Seen};

/// How many runs history keeps.
pub const HISTORY: u16 = 1_000;

/// Names of the single values.
mod value {
    pub(super) const COMMITTED: &str = "committed";
    pub(super) const PAUSED: &str = "paused";
    pub(super) const PROBATION: &str = "probation";
    pub(super) const LATEST: &str = "latest";
    pub(super) const ALERTS: &str = "alerts";
    pub(super) const STAGED: &str = "staged";
    pub(super) const STUCK: &str = "stuck";
}

/// The memory in an SQLite file.
#[derive(Debug)]
pub struct SqliteRecords {
    file: MemoryFile,
    /// The versions known to be in the file, by module: an unchanged answer costs no access.
    known: HashMap<String, HashSet<String>>,
    /// The file's generation that `known` is of.
    known_in: u32,
}

impl SqliteRecords {
    /// The memory at `path`. It is opened, and created if need be, by the first call of a method.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { file: MemoryFile::new(path.into()), known: HashMap::new(), known_in: 0 }
    }

    /// As [`SqliteRecords::new`], for somebody who only looks, and may not be allowed to write: a missing
    /// file is an empty memory, writing is refused, and an unreadable file is `Permission`.
    pub fn reader(path: impl Into<PathBuf>) -> Self {
        Self { file: MemoryFile::reader(path.into()), known: HashMap::new(), known_in: 0 }
    }

    /// Where a damaged file was set aside, once.
    pub fn set_aside(&mut self) -> Option<PathBuf> {
        self.file.take_set_aside()
    }

    fn get<T: DeserializeOwned>(&mut self, name: &str) -> Outcome<Option<T>> {
        let json: Option<String> = self.file.read(|db| {
            db.prepare_cached("SELECT json FROM value WHERE name = ?1")?
                .query_row([name], |row| row.get(0))
                .optional()
        })?;
        Ok(json.and_then(|json| decode(&json)))
    }

    /// Sets a value, or forgets it.
    fn set<T: Serialize>(&mut self, name: &str, value: Option<&T>) -> Outcome<()> {
        let json = value.map(encode).transpose()?;
        self.file.write(|db| match &json {
            Some(json) => {
                db.execute("INSERT OR REPLACE INTO value(name, json) VALUES (?1, ?2)", [name, json])
            }
            None => db.execute("DELETE FROM value WHERE name = ?1", [name]),
        })?;
        Ok(())
    }
}

impl Records for SqliteRecords {
    fn put_run(&mut self, run: &Run) -> Outcome<()> {
        let json = encode(run)?;
        let started = run.started_at.as_microsecond();
        self.file.write(|db| {
            let transaction = db.unchecked_transaction()?;
            transaction.execute(
                "INSERT OR REPLACE INTO run(id, started_at, json) VALUES (?1, ?2, ?3)",
                params![run.id, started, json],
            )?;
            transaction.execute(
                "DELETE FROM run WHERE id IN
                 (SELECT id FROM run ORDER BY started_at DESC, id DESC LIMIT -1 OFFSET ?1)",
                [HISTORY],
            )?;
            transaction.commit()
        })
    }

    fn runs(&mut self, limit: usize) -> Outcome<Vec<Run>> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        self.file
            .read(|db| texts(db, "SELECT json FROM run ORDER BY started_at DESC, id DESC LIMIT ?1", [limit]))
    }

    fn run(&mut self, id: &str) -> Outcome<Option<Run>> {
        let found: Vec<Run> = self.file.read(|db| texts(db, "SELECT json FROM run WHERE id = ?1", [id]))?;
        Ok(found.into_iter().next())
    }

    fn held(&mut self) -> Outcome<Vec<Held>> {
        let mut held: Vec<Held> = self.file.read(|db| texts(db, "SELECT json FROM held", []))?;
        held.sort_by(|a, b| b.version.cmp(&a.version));
        Ok(held)
    }

    fn hold(&mut self, held: &Held) -> Outcome<()> {
        let json = encode(held)?;
        let statement = "INSERT OR REPLACE INTO held(version, json) VALUES (?1, ?2)";
        self.file.write(|db| db.execute(statement, [held.version.as_str(), &json])).map(|_| ())
    }

    fn unhold(&mut self, version: &Version) -> Outcome<bool> {
        let statement = "DELETE FROM held WHERE version = ?1";
        self.file.write(|db| db.execute(statement, [version.as_str()])).map(|count| count > 0)
    }

    fn note_offered(&mut self, module: &str, versions: &[Version], now: Timestamp) -> Outcome<()> {
        if self.known_in != self.file.generation() {
            self.known.clear();
            self.known_in = self.file.generation();
        }
        if self.known.get(module).is_some_and(|known| versions.iter().all(|v| known.contains(v.as_str()))) {
            return Ok(());
        }
        let now = now.to_string();
        let known = self.file.write(|db| {
            let known = known_versions(db, module)?;
            let new =
                |version: &&Version| known.as_ref().is_none_or(|known| !known.contains(version.as_str()));
            let missing: Vec<&Version> = versions.iter().filter(new).collect();
            if known.is_some() && missing.is_empty() {
                return Ok(known.unwrap_or_default());
            }
            let first = known.is_none();
            let transaction = db.unchecked_transaction()?;
            transaction
                .execute("INSERT OR IGNORE INTO answered(module, at) VALUES (?1, ?2)", [module, &now])?;
            for version in &missing {
                transaction.execute(
                    "INSERT OR IGNORE INTO seen(module, version, first_seen_at, in_first_answer)
                     VALUES (?1, ?2, ?3, ?4)",
                    params![module, version.as_str(), now, first],
                )?;
            }
            transaction.commit()?;
            let mut known = known.unwrap_or_default();
            known.extend(missing.iter().map(ToString::to_string));
            Ok(known)
        })?;
        self.known.insert(module.to_owned(), known);
        Ok(())
    }

    fn seen(&mut self, module: &str) -> Outcome<Vec<Seen>> {
        let statement =
            "SELECT version, first_seen_at, in_first_answer, commit_time FROM seen WHERE module = ?1";
        self.file.read(|db| {
            let mut statement = db.prepare_cached(statement)?;
            let rows = statement.query_map([module], |row| {
                Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?, row.get(2)?, row.get(3)?))
            })?;
            let mut seen = Vec::new();
            for row in rows {
                let (version, first_seen_at, in_first_answer, commit_time): (_, _, _, Option<String>) = row?;
                let read = Version::parse(&version).ok().zip(first_seen_at.parse().ok());
                seen.extend(read.map(|(version, first_seen_at)| Seen {
                    version,
                    first_seen_at,
                    in_first_answer,
                    commit_time: commit_time.and_then(|time| time.parse().ok()),
                }));
            }
            Ok(seen)
        })
    }

    fn set_commit_time(&mut self, module: &str, version: &Version, at: Timestamp) -> Outcome<()> {
        let statement = "UPDATE seen SET commit_time = ?3 WHERE module = ?1 AND version = ?2";
        self.file.write(|db| db.execute(statement, [module, version.as_str(), &at.to_string()])).map(|_| ())
    }

    fn pin_sum(&mut self, module: &str, version: &Version, sum: &str) -> Outcome<String> {
        self.file.write(|db| {
            let pinned = "SELECT sum FROM pin WHERE module = ?1 AND version = ?2";
            let found = db.query_row(pinned, [module, version.as_str()], |row| row.get(0)).optional()?;
            if let Some(found) = found {
                return Ok(found);
            }
            let pin = "INSERT INTO pin(module, version, sum) VALUES (?1, ?2, ?3)";
            db.execute(pin, [module, version.as_str(), sum])?;
            Ok(sum.to_owned())
        })
    }

    fn committed(&mut self) -> Outcome<Option<Committed>> {
        self.get(value::COMMITTED)
    }

    fn set_committed(&mut self, committed: &Committed) -> Outcome<()> {
        self.set(value::COMMITTED, Some(committed))
    }

    fn paused(&mut self) -> Outcome<Option<Paused>> {
        self.get(value::PAUSED)
    }

    fn set_paused(&mut self, paused: Option<&Paused>) -> Outcome<()> {
        self.set(value::PAUSED, paused)
    }

    fn probation(&mut self) -> Outcome<Option<Probation>> {
        self.get(value::PROBATION)
    }

    fn set_probation(&mut self, probation: Option<&Probation>) -> Outcome<()> {
        self.set(value::PROBATION, probation)
    }

    fn staged(&mut self) -> Outcome<Option<Staged>> {
        self.get(value::STAGED)
    }

    fn set_staged(&mut self, staged: Option<&Staged>) -> Outcome<()> {
        self.set(value::STAGED, staged)
    }

    fn latest(&mut self) -> Outcome<Latest> {
        self.get(value::LATEST).map(Option::unwrap_or_default)
    }

    fn set_latest(&mut self, latest: &Latest) -> Outcome<()> {
        self.set(value::LATEST, Some(latest))
    }

    fn alerts(&mut self) -> Outcome<Vec<Alert>> {
        self.get(value::ALERTS).map(Option::unwrap_or_default)
    }

    fn set_alerts(&mut self, alerts: &[Alert]) -> Outcome<()> {
        self.set(value::ALERTS, Some(&alerts))
    }

    fn stuck(&mut self) -> Outcome<Option<String>> {
        self.get(value::STUCK)
    }

    fn set_stuck(&mut self, version: Option<&str>) -> Outcome<()> {
        self.set(value::STUCK, version.as_ref())
    }
}

/// The versions of `module` in the file; `None`: its proxy has never answered.
fn known_versions(db: &Connection, module: &str) -> rusqlite::Result<Option<HashSet<String>>> {
    let answered = "SELECT 1 FROM answered WHERE module = ?1";
    if db.query_row(answered, [module], |_| Ok(())).optional()?.is_none() {
        return Ok(None);
    }
    let mut statement = db.prepare("SELECT version FROM seen WHERE module = ?1")?;
    statement.query_map([module], |row| row.get(0))?.collect::<Result<_, _>>().map(Some)
}

/// The first column of all rows, from JSON.
fn texts<T: DeserializeOwned>(
    db: &Connection,
    statement: &str,
    params: impl rusqlite::Params,
) -> rusqlite::Result<Vec<T>> {
    let mut statement = db.prepare_cached(statement)?;
    let mut rows = statement.query(params)?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.extend(decode(row.get_ref(0)?.as_str()?));
    }
    Ok(found)
}

fn encode<T: Serialize>(value: &T) -> Outcome<String> {
    serde_json::to_string(value)
        .map_err(|error| Failure::new(Class::Internal, "cannot write a record as JSON").because(&error))
}

fn decode<T: DeserializeOwned>(json: &str) -> Option<T> {
    serde_json::from_str(json).ok()
}
