//! The updater as a process that may stop, die or live on; and everything else that runs in the lane.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, WaitOptions, kill_process, wait, waitpid};

use crate::kit::Result;

/// A process started here.
pub(crate) struct Process {
    pid: Pid,
    last: State,
}

/// How it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    Runs,
    Stopped,
    Exited(i32),
    Killed(i32),
}

impl Process {
    /// Starts a program with nothing but these variables; what it says is in the file `said`.
    pub(crate) fn start(
        program: &str,
        words: &[String],
        variables: &BTreeMap<&str, String>,
        said: &Path,
    ) -> Result<Self> {
        let fail = |error: std::io::Error| format!("{program}: {error}");
        let out = File::create(said).map_err(fail)?;
        let again = out.try_clone().map_err(fail)?;
        let mut command = Command::new(program);
        command.args(words).env_clear().env("PATH", "/usr/bin:/bin:/usr/sbin:/sbin").envs(variables);
        let child = command.stdin(Stdio::null()).stdout(out).stderr(again).spawn().map_err(fail)?;
        Ok(Self { pid: Pid::from_child(&child), last: State::Runs })
    }

    /// How it is now.
    pub(crate) fn look(&mut self) -> State {
        if matches!(self.last, State::Exited(_) | State::Killed(_)) {
            return self.last;
        }
        match waitpid(Some(self.pid), WaitOptions::NOHANG | WaitOptions::UNTRACED) {
            Ok(Some((_, status))) if status.stopped() => self.last = State::Stopped,
            Ok(Some((_, status))) => {
                let signal = status.terminating_signal().map(State::Killed);
                self.last = signal.unwrap_or(State::Exited(status.exit_status().unwrap_or(-1)));
            }
            Ok(None) => {}
            // It was taken in with the orphans, by the kill that all others got too.
            Err(_) => self.last = State::Killed(Signal::KILL.as_raw()),
        }
        self.last
    }

    /// Lets a stopped one go on.
    pub(crate) fn go_on(&mut self) {
        self.last = State::Runs;
        let _ = kill_process(self.pid, Signal::CONT);
    }

    /// Kills it, and waits for its end.
    pub(crate) fn kill(&mut self) {
        // One that ended takes no signal.
        let _ = kill_process(self.pid, Signal::KILL);
        let deadline = Instant::now() + Duration::from_secs(10);
        while matches!(self.look(), State::Runs | State::Stopped) && Instant::now() < deadline {
            std::thread::park_timeout(Duration::from_millis(1));
        }
    }
}

/// The other processes of the lane: id and command line. This one is the first process of its namespace.
pub(crate) fn others() -> Vec<(i32, String)> {
    let ids = fs::read_dir("/proc").into_iter().flatten().flatten();
    let ids = ids.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    ids.filter(|id| *id != 1)
        .filter_map(|id: i32| {
            let stat = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
            // A zombie is nobody: it waits to be counted.
            let state = stat.rsplit(") ").next()?.chars().next()?;
            let words = fs::read(format!("/proc/{id}/cmdline")).unwrap_or_default();
            (state != 'Z').then(|| (id, String::from_utf8_lossy(&words).replace('\0', " ")))
        })
        .collect()
}

/// Takes in what became an orphan and ended.
pub(crate) fn reap() {
    while let Ok(Some(_)) = wait(WaitOptions::NOHANG) {}
}

/// Kills everything in the lane and waits until it is gone.
pub(crate) fn kill_all() -> Result<()> {
    for (id, _) in others() {
        if let Some(pid) = Pid::from_raw(id) {
            // It may have ended meanwhile.
            let _ = kill_process(pid, Signal::KILL);
        }
    }
    alone(Duration::from_secs(10))
}

/// Waits until nothing else runs in the lane.
pub(crate) fn alone(limit: Duration) -> Result<()> {
    let deadline = Instant::now() + limit;
    loop {
        reap();
        let others = others();
        if others.is_empty() {
            return Ok(());
        }
        if Instant::now() > deadline {
            return Err(format!("processes are left: {others:?}"));
        }
        std::thread::park_timeout(Duration::from_millis(2));
    }
}

/// Processor time of this process and of all that it took in, in milliseconds.
pub(crate) fn cpu_ms() -> u64 {
    // In hundredths of a second on every architecture: the time of the process, and that of its children.
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = stat.rsplit(") ").next().unwrap_or_default().split(' ').skip(11).take(4);
    fields.filter_map(|field| field.parse::<u64>().ok()).sum::<u64>() * 10
}
