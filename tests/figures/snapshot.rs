//! A snapshot of a large database, as the updater takes it while the agent is stopped, against `cp` and a
//! sync of the same file on the same file system.

use std::fs::{self, File};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use rusqlite::Connection;
use sentinel_updater::ports::Databases as _;
use sentinel_updater::store::{Layout, SqliteDatabases};

use crate::kit::{Result, cache, child};
use crate::median;

/// The first argument of the process that sees the file system with shared blocks.
pub(crate) const PART: &str = "snapshots-with-reflink";

const MB: u64 = 1_000_000;
const LARGE: u64 = 300 * MB;
const SMALL: u64 = 3 * MB;
const ROUNDS: u32 = 5;
/// It holds two of the large ones and two copies.
const FILE_SYSTEM: u64 = 2000 * MB;
/// The limit on a command, and on all of the part: it stops what hangs and judges nothing.
const LIMIT: Duration = Duration::from_secs(600);

/// On the file system of the tests' cache.
pub(crate) fn ratio() -> Result<Vec<f64>> {
    let folder = tempfile::tempdir_in(cache::folder()?).map_err(|error| error.to_string())?;
    let Medians { ours, cp } = measure(folder.path(), LARGE)?;
    Ok(vec![ours / cp])
}

/// On a file system that shares blocks between files: against `cp` without that, and of a large database
/// against a small one.
pub(crate) fn reflink() -> Result<Vec<f64>> {
    if !rustix::process::geteuid().is_root() {
        return Err("mounting XFS needs root".into());
    }
    let folder = tempfile::tempdir_in(cache::folder()?).map_err(|error| error.to_string())?;
    let image = folder.path().join("image");
    let place = folder.path().join("mounted");
    File::create(&image).and_then(|file| file.set_len(FILE_SYSTEM)).map_err(|error| error.to_string())?;
    fs::create_dir(&place).map_err(|error| error.to_string())?;
    let mut make = Command::new("mkfs.xfs");
    make.args(["-q", "-m", "reflink=1"]).arg(&image);
    child::run(make, LIMIT)?.check()?;
    // In a mount namespace of its own, which the kernel takes down with the last process in it.
    let mut play = Command::new("unshare");
    play.args(["--mount", "--propagation", "private", "sh", "-euc"]);
    play.arg(r#"mount -o loop "$1" "$2"; exec "$3" "$4" "$2""#).arg("sh").arg(&image).arg(&place);
    play.arg(std::env::current_exe().map_err(|error| error.to_string())?).arg(PART);
    let output = child::run(play, LIMIT)?.check()?;
    eprint!("{}", output.stderr);
    let values: Vec<f64> = output.stdout.split_whitespace().filter_map(|word| word.parse().ok()).collect();
    if values.len() == 2 { Ok(values) } else { Err(output.to_string()) }
}

/// The process of its own: prints both figures.
pub(crate) fn part(place: &Path) -> Result<()> {
    let small = measure(place, SMALL)?;
    let large = measure(place, LARGE)?;
    println!("{} {}", large.ours / large.cp, large.ours / small.ours);
    Ok(())
}

/// Milliseconds.
struct Medians {
    ours: f64,
    cp: f64,
}

/// Both by turns, on a database of this size below `place`.
fn measure(place: &Path, size: u64) -> Result<Medians> {
    let database = place.join(format!("{}.db", size / MB));
    fill(&database, size).map_err(|error| error.to_string())?;
    let mut databases = SqliteDatabases::new(&Layout::new(place.join("state")));
    let (mut ours, mut cp) = (vec![], vec![]);
    let mut how = String::new();
    for round in 0..ROUNDS {
        let mut own = || -> Result<()> {
            settle(place)?;
            let began = Instant::now();
            let snapshot = databases.snapshot(&format!("{round}"), &database);
            ours.push(milliseconds(began));
            let snapshot = snapshot.map_err(|failure| failure.to_string())?.ok_or("no database")?;
            how.clone_from(&snapshot.method);
            if round == 0 {
                databases.check(&snapshot).map_err(|failure| failure.to_string())?;
            }
            databases.discard(&snapshot).map_err(|failure| failure.to_string())
        };
        let mut other = || -> Result<()> {
            settle(place)?;
            let copy = place.join("copy");
            let mut command = Command::new("cp");
            command.arg("--reflink=never").arg(&database).arg(&copy);
            let began = Instant::now();
            let status = command.status().map_err(|error| error.to_string())?;
            let synced = File::open(&copy).and_then(|file| file.sync_all());
            cp.push(milliseconds(began));
            synced.and_then(|()| fs::remove_file(&copy)).map_err(|error| error.to_string())?;
            if status.success() { Ok(()) } else { Err(format!("cp: {status}")) }
        };
        if round % 2 == 0 {
            own().and_then(|()| other())?;
        } else {
            other().and_then(|()| own())?;
        }
    }
    let medians = Medians { ours: median(&mut ours), cp: median(&mut cp) };
    eprintln!(
        "{} MB: snapshot {:.1} ms by {how} ({:.0} to {:.0}), cp and sync {:.1} ms ({:.0} to {:.0})",
        size / MB,
        medians.ours,
        ours[0],
        ours[ours.len() - 1],
        medians.cp,
        cp[0],
        cp[cp.len() - 1],
    );
    Ok(medians)
}

/// A database of about this size, with write-ahead log as the agent has it.
fn fill(path: &Path, size: u64) -> rusqlite::Result<()> {
    let database = Connection::open(path)?;
    database.pragma_update_and_check(None, "journal_mode", "wal", |_| Ok(()))?;
    database.execute_batch("CREATE TABLE beats (id INTEGER PRIMARY KEY, data BLOB)")?;
    let mut insert = database.prepare("INSERT INTO beats (data) VALUES (randomblob(100000))")?;
    database.execute_batch("BEGIN")?;
    for _ in 0..size / 100_000 {
        insert.execute([])?;
    }
    database.execute_batch("COMMIT")
}

/// Nothing of what was written before is left for the disk to do.
fn settle(place: &Path) -> Result<()> {
    let mut sync = Command::new("sync");
    sync.arg("--file-system").arg(place);
    child::run(sync, LIMIT)?.check().map(drop)
}

fn milliseconds(since: Instant) -> f64 {
    since.elapsed().as_secs_f64() * 1e3
}
