//! A child process with a limit on its time and its output in files.
//!
//! Files, not pipes: a daemon that a command leaves behind keeps a pipe open, and reading to its end
//! would wait for the daemon.

use std::fs::{self, File};
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process, kill_process_group};

use super::Result;

/// A running child, leader of a process group of its own.
pub struct Child {
    what: String,
    pid: Pid,
    ended: Receiver<ExitStatus>,
    status: Option<ExitStatus>,
    output: tempfile::TempDir,
}

/// How a child ended and what it said.
#[derive(Debug, Clone)]
pub struct Output {
    /// What ran.
    pub what: String,
    /// The exit code; `None`: ended by a signal.
    pub code: Option<i32>,
    /// The signal that ended it.
    pub signal: Option<i32>,
    /// Standard output; what is not UTF-8 is replaced.
    pub stdout: String,
    /// Standard error, likewise.
    pub stderr: String,
}

impl Child {
    /// Starts `command` with no standard input.
    pub fn spawn(mut command: Command) -> Result<Self> {
        let what = format!("{command:?}");
        let output = tempfile::tempdir().map_err(|error| format!("no temporary folder: {error}"))?;
        let sink = |name| File::create(output.path().join(name)).map_err(|error| format!("{name}: {error}"));
        let mut child = command
            .stdin(Stdio::null())
            .stdout(sink("stdout")?)
            .stderr(sink("stderr")?)
            .process_group(0)
            .spawn()
            .map_err(|error| format!("cannot start {what}: {error}"))?;
        let pid = Pid::from_child(&child);
        let (tell, ended) = channel();
        std::thread::spawn(move || child.wait().map(|status| tell.send(status)));
        Ok(Self { what, pid, ended, status: None, output })
    }

    /// Its process id, which is its group's id too.
    pub fn pid(&self) -> u32 {
        self.pid.as_raw_nonzero().get().unsigned_abs()
    }

    /// Whether it still runs.
    pub fn runs(&mut self) -> bool {
        self.exit_within(Duration::ZERO).is_none()
    }

    /// Waits for its end, at most `limit`.
    pub fn exit_within(&mut self, limit: Duration) -> Option<ExitStatus> {
        if self.status.is_none() {
            self.status = match self.ended.recv_timeout(limit) {
                Ok(status) => Some(status),
                Err(RecvTimeoutError::Timeout) => None,
                Err(RecvTimeoutError::Disconnected) => panic!("nobody waits for {}", self.what),
            };
        }
        self.status
    }

    /// Sends a signal to the whole group, if it has not ended.
    pub fn signal(&mut self, signal: Signal) {
        if self.runs() {
            // It may end in between, and then there is nobody to tell.
            let _ = kill_process_group(self.pid, signal);
        }
    }

    /// Sends a signal to it alone, not to its children.
    pub fn signal_alone(&self, signal: Signal) {
        kill_process(self.pid, signal).expect("the signal is sent");
    }

    /// What it wrote so far, (stdout, stderr).
    pub fn said(&self) -> (String, String) {
        (text(&self.output.path().join("stdout")), text(&self.output.path().join("stderr")))
    }

    /// Waits for its end; when `limit` is over the group is killed and that is an error.
    pub fn output_within(mut self, limit: Duration) -> Result<Output> {
        let status = self.exit_within(limit);
        if status.is_none() {
            self.signal(Signal::KILL);
        }
        let (stdout, stderr) = self.said();
        let what = self.what.clone();
        match status {
            Some(status) => Ok(Output { what, code: status.code(), signal: status.signal(), stdout, stderr }),
            None => Err(format!("{what} did not end within {limit:?}\n{stdout}{stderr}")),
        }
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        self.signal(Signal::KILL);
    }
}

impl Output {
    /// Whether the exit code is 0.
    pub fn succeeded(&self) -> bool {
        self.code == Some(0)
    }

    /// The output of a command that must succeed.
    #[track_caller]
    pub fn ok(self) -> Self {
        assert!(self.succeeded(), "{self}");
        self
    }

    /// The same as an error for the caller.
    pub fn check(self) -> Result<Self> {
        if self.succeeded() { Ok(self) } else { Err(self.to_string()) }
    }
}

impl std::fmt::Display for Output {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { what, code, signal, stdout, stderr } = self;
        match (code, signal) {
            (Some(code), _) => writeln!(f, "{what}: exit {code}")?,
            (None, signal) => writeln!(f, "{what}: signal {}", signal.unwrap_or_default())?,
        }
        write!(f, "{stdout}{stderr}")
    }
}

/// Runs `command` to its end, at most `limit`.
pub fn run(command: Command, limit: Duration) -> Result<Output> {
    Child::spawn(command)?.output_within(limit)
}

fn text(path: &Path) -> String {
    String::from_utf8_lossy(&fs::read(path).unwrap_or_default()).into_owned()
}
