//! The cross-check: strace sees every call with which the updater changes a file, and each of them must come
//! after a point at which a fault could have struck. What has no point is listed here, with its reason.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::path::Path;

use super::kills::{CRASH, INSTALL, MIGRATION, Story, UPDATE};
use super::plan::{Blow, Disk, Strike};
use super::play::{all_hold, service};
use super::stand::{DISK, POINTS, STATE};
use super::{lane, made};
use crate::kit::Result;

/// Where strace writes, in a lane.
pub(crate) const TRACE: &str = "/mnt/trace";
/// The calls that change files, and those that tell who is who.
const CALLS: &str = "trace=clone,clone3,rename,renameat,renameat2,unlink,unlinkat,mkdir,mkdirat,rmdir,fsync,\
                     fdatasync,ftruncate,fallocate,fchmod,fchmodat,fchown,fchownat,fsetxattr,link,linkat,symlink,\
                     symlinkat,copy_file_range,ioctl,openat,write,pwrite64";
const STRACE: &str = "/usr/bin/strace";

/// Whether this host has what it takes.
pub(crate) fn possible() -> Result<()> {
    if Path::new(STRACE).is_file() { Ok(()) } else { Err("needs strace".into()) }
}

/// What starts a program so that it is seen.
pub(crate) fn before() -> (&'static str, Vec<String>) {
    let words = ["-f", "-y", "-qq", "-s", "16", "-o", TRACE, "-e", CALLS];
    (STRACE, words.map(str::to_owned).to_vec())
}

/// What kills a program before its `nth` call (of one thread) that changes a file of its own database.
pub(crate) fn killing(nth: u32) -> (&'static str, Vec<String>) {
    const WRITES: &str = "pwrite64,write,fsync,fdatasync,ftruncate,unlink";
    // What an earlier case has left would count as this one's.
    let _ = fs::remove_file(TRACE);
    let mut words = ["-f", "--seccomp-bpf", "-qq", "-o", TRACE, "-e"].map(str::to_owned).to_vec();
    words.extend([format!("trace={WRITES}"), "-e".into(), format!("inject={WRITES}:signal=KILL:when={nth}")]);
    for file in ["", "-wal", "-journal"] {
        words.extend(["-P".to_owned(), format!("{STATE}/updater.db{file}")]);
    }
    (STRACE, words)
}

/// Whether that kill came.
pub(crate) fn killed() -> bool {
    fs::read_to_string(TRACE).is_ok_and(|text| text.contains("killed by SIGKILL"))
}

pub(crate) fn every_change_passes_a_point() -> Result<()> {
    made::images()?;
    let stories: [&Story; 4] = [&UPDATE, &CRASH, &MIGRATION, &INSTALL];
    let cases: Vec<_> = stories
        .iter()
        .map(|story| {
            let strike = Strike { words: service(), fault: "count".into(), blow: Blow::Trace };
            story.case(Disk::Ext4, vec![strike])
        })
        .collect();
    let reports = lane::play_all(&cases)?;
    all_hold(&cases, &reports)
}

/// Reads the trace of one life.
pub(crate) fn check() -> Result<()> {
    let text = fs::read(TRACE).map_err(|error| format!("{TRACE}: {error}"))?;
    let mut reader = Reader::default();
    String::from_utf8_lossy(&text).lines().for_each(|line| reader.line(line));
    match (reader.changes, reader.without.len()) {
        (changes, 0) if changes >= 30 => Ok(()),
        (changes, 0) => Err(format!("only {changes} changes were seen")),
        (_, count) => Err(format!("{count} changes without a point:\n{}", reader.without.join("\n"))),
    }
}

/// Follows the threads of the updater itself through a trace; its children have their own pids.
#[derive(Default)]
struct Reader {
    ours: HashSet<String>,
    /// Calls that strace has not seen the end of, by thread.
    begun: HashMap<String, String>,
    /// Whether a thread passed a point after its last change.
    point: HashMap<String, bool>,
    changes: usize,
    without: Vec<String>,
}

impl Reader {
    fn line(&mut self, line: &str) {
        let Some((thread, call)) = line.split_once(' ') else { return };
        let (thread, call) = (thread.to_owned(), call.trim_start());
        if self.ours.is_empty() {
            self.ours.insert(thread.clone());
        }
        if let Some(begun) = call.strip_suffix("<unfinished ...>") {
            // What is done is done in this order: the end of a call tells only a new thread's number.
            self.begun.insert(thread.clone(), begun.to_owned());
            if !begun.starts_with("clone") {
                self.call(&thread, begun);
            }
            return;
        }
        if call.starts_with("<... ") {
            let begun = self.begun.remove(&thread).unwrap_or_default();
            if begun.starts_with("clone") {
                self.call(&thread, &format!("{begun}{call}"));
            }
            return;
        }
        self.call(&thread, call);
    }

    fn call(&mut self, thread: &str, call: &str) {
        if !self.ours.contains(thread) {
            return;
        }
        let name = call.split('(').next().unwrap_or_default();
        if name.starts_with("clone") {
            let child = call.rsplit_once("= ").map(|(_, number)| number.trim().to_owned());
            if call.contains("CLONE_THREAD") {
                self.ours.extend(child);
            }
            return;
        }
        let writes = matches!(name, "write" | "pwrite64");
        if writes && call.contains(POINTS) {
            self.point.insert(thread.to_owned(), true);
            return;
        }
        // A call that failed changed nothing.
        if !call.contains(DISK)
            || call.contains(") = -1 ")
            || !changes(name, call)
            || is_explained(name, call)
        {
            return;
        }
        self.changes += 1;
        let passed = self.point.get(thread).copied().unwrap_or_default();
        if !passed {
            self.without.push(call.chars().take(160).collect());
        }
        // The content of one file is many calls after one point; everything else has its own.
        if !writes && name != "copy_file_range" {
            self.point.insert(thread.to_owned(), false);
        }
    }
}

fn changes(name: &str, call: &str) -> bool {
    match name {
        "openat" => call.contains("O_CREAT"),
        "ioctl" => call.contains("FICLONE"),
        _ => true,
    }
}

/// What needs no point, and why.
fn is_explained(name: &str, call: &str) -> bool {
    let on = |part: &str| call.contains(part);
    // SQLite has its own order and its own proof; kills within the updater's own are a kind of their own.
    let sqlite = on("updater.db")
        || on("sentinel.db")
        || on("/snapshots/")
        || (name == "fsync" && on("/data/updater>"));
    // Opening a log, the journal or the lock makes an empty file at most, which each of them takes for none.
    let opens = name == "openat" && (on(".log") || on("journal") || on("lock") || on("\"builds"));
    // The content of a log or of the lock is for eyes; the content of a copy comes after one point for all of it.
    let content = matches!(name, "write" | "pwrite64") && (on(".log") || on("lock>") || on(".tmp-"));
    // A folder's mode follows its making, at whose point nothing is there yet; a folder that is removed goes
    // file by file after one point, and its name last.
    let folders = name == "fchmodat" || name == "unlinkat" && (on("/versions/") || on("/work/"));
    sqlite || opens || content || folders
}
