//! What must hold after any fault.

use std::ffi::CStr;
use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;

use rusqlite::{Connection, OpenFlags};
use sentinel_updater::host::digest;
use serde_json::Value;

use super::plan::Case;
use super::stand::{self, BINARY, CACHE, DATA, DATABASE, DISK, PORT, STATE};
use super::{made, process};
use crate::kit::{Result, network};

/// What the agent says of itself.
#[derive(Debug, Clone)]
pub(crate) struct Health {
    pub(crate) version: String,
    pub(crate) pid: i32,
    pub(crate) beats: i64,
}

/// Asks the agent; `None`: it does not answer that it is well.
pub(crate) fn health() -> Option<Health> {
    let (status, body) = network::get(PORT, "/healthz").ok()?;
    let said: Value = serde_json::from_str(&body).ok()?;
    (status == 200).then_some(())?;
    Some(Health {
        version: said["version"].as_str()?.to_owned(),
        pid: i32::try_from(said["pid"].as_i64()?).ok()?,
        beats: said["beats"].as_i64()?,
    })
}

/// The records of the journal, oldest first; what is torn at its end counts as not there.
pub(crate) fn journal() -> Vec<Value> {
    written().lines().filter_map(record).collect()
}

/// The last of them.
pub(crate) fn last_record() -> Option<Value> {
    written().lines().rev().find_map(record)
}

/// The text of the journal. Most of the file is reserved room, and it is looked at many times a second.
fn written() -> String {
    let bytes = fs::read(format!("{STATE}/journal")).unwrap_or_default();
    let written = CStr::from_bytes_until_nul(&bytes).map_or(&bytes[..], CStr::to_bytes);
    String::from_utf8_lossy(written).into_owned()
}

fn record(line: &str) -> Option<Value> {
    let (_, json) = line.split_once(' ')?;
    serde_json::from_str(json).ok().map(|mut line: Value| line["entry"].take())
}

/// At every instant: the agent's binary is one of the versions, whole, or there was none before.
pub(crate) fn binary_is_whole(made: &Path, versions: &[&str], may_be_absent: bool) -> Result<()> {
    let path = Path::new(BINARY);
    if !path.exists() {
        return if may_be_absent { Ok(()) } else { Err("the agent's binary is gone".into()) };
    }
    let found = digest::sha256_file(path).map_err(|failure| failure.to_string())?;
    for version in versions {
        if made::digest(made, version)? == found {
            return Ok(());
        }
    }
    Err(format!("the agent's binary is none of {versions:?}: {found}"))
}

/// At rest: everything at once. `beats`: rows that the old version had committed.
pub(crate) fn at_rest(made: &Path, case: &Case, agent: &Health, beats: i64) -> Result<()> {
    let expect = |holds: bool, what: &str| if holds { Ok(()) } else { Err(what.to_owned()) };
    // The binary, and what runs.
    let sha256 = made::digest(made, &agent.version)?;
    let found = digest::sha256_file(Path::new(BINARY)).map_err(|failure| failure.to_string())?;
    expect(found == sha256, &format!("{} runs, but the file is {found}", agent.version))?;
    let file = fs::symlink_metadata(BINARY).map_err(|error| error.to_string())?;
    let mode = file.permissions().mode() & 0o7777;
    expect(file.is_file() && mode == 0o755 && file.uid() == 0, &format!("the binary has mode {mode:o}"))?;
    let runs = fs::metadata(format!("/proc/{}/exe", agent.pid)).map_err(|error| error.to_string())?;
    expect(runs.ino() == file.ino(), "the agent runs another file than the one in place")?;
    let agents = process::others().into_iter().filter(|(_, line)| line.starts_with(BINARY));
    expect(agents.count() == 1, &format!("not one agent: {:?}", process::others()))?;

    rows(beats)?;

    // The books.
    let records = journal();
    expect(records.last().is_some_and(|last| last["record"] == "end"), "the journal is open")?;
    let id = &records[records.len() - 1]["run"]["id"];
    let (_, text) = stand::ask(&["history", "--json"])?;
    let history: Vec<Value> = serde_json::from_str(&text).map_err(|error| format!("history: {error}"))?;
    let count = history.iter().filter(|run| run["id"] == *id).count();
    expect(count == 1, &format!("run {id} is {count} times in history"))?;
    let mut ids: Vec<String> = history.iter().map(|run| run["id"].to_string()).collect();
    let all = ids.len();
    ids.sort();
    ids.dedup();
    expect(ids.len() == all, "a run is twice in history")?;
    expect(history.iter().all(|run| run["verdict"].is_string()), "a run in history has no verdict")?;
    let last = &history[0];
    expect(case.allows(&last["verdict"]), &format!("the last run ended otherwise: {last}"))?;

    let (code, text) = stand::ask(&["status", "--json"])?;
    let status: Value = serde_json::from_str(&text).map_err(|error| format!("status: {error}: {text}"))?;
    let said = &status["agent"];
    let truth = said["version"] == agent.version.as_str() && said["sha256"] == sha256.as_str();
    expect(truth && status["run"].is_null(), &format!("status is not true ({code:?}): {status}"))?;

    litter()
}

/// The database is sound, and no row is missing of those that were committed.
fn rows(beats: i64) -> Result<()> {
    let words = |error: rusqlite::Error| format!("the agent's database: {error}");
    let open = || {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY;
        let database = Connection::open_with_flags(DATABASE, flags)?;
        database.busy_timeout(std::time::Duration::from_secs(5))?;
        let sound: String = database.query_row("PRAGMA integrity_check", [], |row| row.get(0))?;
        let (count, last): (i64, i64) =
            database.query_row("SELECT count(*), ifnull(max(id), 0) FROM beats", [], |row| {
                Ok((row.get(0)?, row.get(1)?))
            })?;
        Ok((sound, count, last))
    };
    let (sound, count, last) = open().map_err(words)?;
    if sound != "ok" {
        return Err(format!("the agent's database is damaged: {sound}"));
    }
    if count != last || count < beats {
        return Err(format!("rows are lost: {count} of {last} are there, {beats} were committed"));
    }
    Ok(())
}

/// Nothing half written is left, and no more than is to be kept.
fn litter() -> Result<()> {
    let mut left = Vec::new();
    for place in [format!("{DISK}/bin"), DATA.to_owned()] {
        look_for_litter(Path::new(&place), &mut left);
    }
    let work = fs::read_dir(format!("{CACHE}/work")).into_iter().flatten().flatten();
    left.extend(work.map(|entry| entry.path().display().to_string()));
    let count = |name: &str| fs::read_dir(format!("{STATE}/{name}")).into_iter().flatten().count();
    if count("versions") > 3 || count("snapshots") > 3 {
        left.push(format!("{} versions and {} snapshots", count("versions"), count("snapshots")));
    }
    if left.is_empty() { Ok(()) } else { Err(format!("left behind: {left:?}")) }
}

fn look_for_litter(folder: &Path, left: &mut Vec<String>) {
    const MARKS: [&str; 5] = [".tmp-", ".next", ".restore-", ".damaged-", ".corrupt-"];
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let (path, name) = (entry.path(), entry.file_name().to_string_lossy().into_owned());
        if MARKS.iter().any(|mark| name.contains(mark)) {
            left.push(path.display().to_string());
        }
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            look_for_litter(&path, left);
        }
    }
}
