//! Lanes: processes that play cases side by side, each with mounts, a network and process ids of its own.
//!
//! All are at the same place for what runs in them, so an image of a disk fits each. Their mounts are private
//! before the first disk is mounted: a copy of a mount in another namespace would keep a file system that was
//! shut down alive.

use std::collections::VecDeque;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitCode, Stdio};
use std::sync::Mutex;

use super::plan::{Case, Report};
use super::{made, play};
use crate::kit::Result;

/// What lanes need of a host.
const PROGRAMS: [&str; 7] = ["unshare", "mount", "umount", "ip", "mkfs.ext4", "mkfs.xfs", "gcc"];

/// Whether this host can run lanes at all; else the reason.
pub(crate) fn possible() -> Result<()> {
    if !rustix::process::geteuid().is_root() {
        return Err("mounts need root".into());
    }
    let paths = std::env::var_os("PATH").unwrap_or_default();
    let there = |program: &&str| std::env::split_paths(&paths).any(|folder| folder.join(program).is_file());
    if let Some(missing) = PROGRAMS.iter().find(|program| !there(program)) {
        return Err(format!("they need {missing}"));
    }
    if !Path::new("/dev/loop-control").exists() {
        return Err("they need loop devices".into());
    }
    Ok(())
}

struct Lane {
    child: Child,
    to: Option<ChildStdin>,
    from: BufReader<ChildStdout>,
}

impl Lane {
    fn open(made: &Path) -> Result<Self> {
        let fail = |error: std::io::Error| format!("no lane: {error}");
        let this = std::env::current_exe().map_err(fail)?;
        let mut command = Command::new("unshare");
        command.args(["--mount", "--net", "--pid", "--fork", "--mount-proc", "--kill-child"]);
        command.arg(this).arg("lane").arg(made);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().map_err(fail)?;
        let (to, from) = (child.stdin.take(), child.stdout.take());
        let Some(from) = from else { return Err("no lane".into()) };
        Ok(Self { child, to, from: BufReader::new(from) })
    }

    fn play(&mut self, case: &Case) -> Result<Report> {
        let fail = |error: std::io::Error| format!("{}: the lane is gone: {error}", case.name);
        let line = serde_json::to_string(case).map_err(|error| error.to_string())?;
        let to = self.to.as_mut().ok_or("the lane is closed")?;
        writeln!(to, "{line}").map_err(fail)?;
        let mut answer = String::new();
        self.from.read_line(&mut answer).map_err(fail)?;
        serde_json::from_str(&answer).map_err(|error| format!("{}: {error}: {answer:?}", case.name))
    }
}

impl Drop for Lane {
    fn drop(&mut self) {
        // No more cases: its first process ends, and with that one all others and every mount.
        drop(self.to.take());
        let _ = self.child.wait();
    }
}

/// Plays cases side by side; reports in the order of the cases.
pub(crate) fn play_all(cases: &[Case]) -> Result<Vec<Report>> {
    let made = made::folder()?;
    let cores = std::thread::available_parallelism().map_or(2, usize::from);
    let waiting: Mutex<VecDeque<usize>> = Mutex::new((0..cases.len()).collect());
    let reports: Mutex<Vec<Option<Report>>> = Mutex::new(vec![None; cases.len()]);
    // Most of a case is waiting.
    let count = (cores * 4).min(cases.len());
    let play = || -> Result<()> {
        let mut lane = Lane::open(&made)?;
        loop {
            let next = waiting.lock().map_err(|_| "a lane failed")?.pop_front();
            let Some(next) = next else { return Ok(()) };
            let report = lane.play(&cases[next])?;
            reports.lock().map_err(|_| "a lane failed")?[next] = Some(report);
        }
    };
    std::thread::scope(|scope| {
        let lanes: Vec<_> = (0..count).map(|_| scope.spawn(play)).collect();
        lanes.into_iter().try_for_each(|lane| lane.join().map_err(|_| "a lane panicked".to_owned())?)
    })?;
    let reports = reports.into_inner().map_err(|_| "a lane failed")?;
    reports.into_iter().collect::<Option<_>>().ok_or_else(|| "a case was not played".into())
}

/// The life of a lane: a case a line, a report a line.
pub(crate) fn serve(made: &str) -> ExitCode {
    let stand = match super::stand::Stand::enter(Path::new(made)) {
        Ok(stand) => stand,
        Err(error) => {
            eprintln!("no stand: {error}");
            return ExitCode::FAILURE;
        }
    };
    for line in std::io::stdin().lines() {
        let case = line.map_err(|error| error.to_string());
        let case = case.and_then(|line| serde_json::from_str(&line).map_err(|error| error.to_string()));
        let report = match case {
            Ok(case) => play::play(&stand, &case),
            Err(error) => Report { wrong: Some(error), ..Report::default() },
        };
        match serde_json::to_string(&report) {
            Ok(line) => println!("{line}"),
            Err(_) => return ExitCode::FAILURE,
        }
    }
    ExitCode::SUCCESS
}
