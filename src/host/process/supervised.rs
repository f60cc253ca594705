//! A program that runs for long under its guard, beside whatever the caller does: started, listened to
//! when one of its files becomes readable, and stopped.
//!
//! Nothing here waits, but for a guard that has closed its lifeline and so is about to end.

use std::fs::File;
use std::io::{ErrorKind, Read, Write};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, Command as StdCommand, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};

use super::guard::Report;
use super::{Command, Ended, Stream, start_failure, tree};
use crate::host::text::Lines;
use crate::model::{Class, Failure, Outcome};

const CHUNK: usize = 64 * 1024;
/// The most that is read from one output in one go: the others have their turn, too.
const TURN: usize = 1024 * 1024;

/// What became of a program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Said {
    /// It runs, as this process.
    Started(u32),
    /// It could not be started: the system's error number.
    Failed(i32),
    /// It has ended by itself, or in the time it was given. What it left is being ended.
    Ended(Ended),
    /// Nothing of it is left, and nothing more will be said.
    Gone,
}

/// A program under its guard. Dropped, its tree is ended within the guard's grace.
#[derive(Debug)]
pub struct Supervised {
    guard: Child,
    pid: Pid,
    /// When the guard started.
    since: Option<u64>,
    /// The program while it runs, and when it started.
    main: Option<(u32, u64)>,
    lifeline: Option<UnixStream>,
    heard: Vec<u8>,
    outputs: [Output; 2],
}

#[derive(Debug)]
struct Output {
    stream: Stream,
    pipe: Option<File>,
    lines: Lines,
}

impl Supervised {
    /// Starts the guard of `command`, which must have one. Whether the program starts is said later.
    ///
    /// # Errors
    /// `Disk` when the guard cannot be started, `Internal` without a guard.
    pub fn start(command: &Command) -> Outcome<Self> {
        command.check()?;
        let Some(guard) = &command.guard else {
            let what = format!("refused to run `{}` without a guard", command.line());
            return Err(Failure::new(Class::Internal, what));
        };
        let fail = |error: std::io::Error| start_failure(&guard.exe, &error);
        let (lifeline, far) = UnixStream::pair().map_err(fail)?;
        lifeline.set_nonblocking(true).map_err(fail)?;
        let mut std = StdCommand::new(&guard.exe);
        std.arg0("sentinel-updater")
            .args(guard.argv(command, command.stdin.as_deref()))
            .stdin(OwnedFd::from(far));
        std.env_clear().envs(&command.env).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0);
        if let Some(directory) = &command.cwd {
            std.current_dir(directory);
        }
        let mut child = std.spawn().map_err(fail)?;
        let output = |stream, pipe: Option<OwnedFd>| -> std::io::Result<Output> {
            if let Some(pipe) = &pipe {
                rustix::io::ioctl_fionbio(pipe, true)?;
            }
            Ok(Output { stream, pipe: pipe.map(File::from), lines: Lines::default() })
        };
        let outputs = [
            output(Stream::Out, child.stdout.take().map(OwnedFd::from)).map_err(fail)?,
            output(Stream::Err, child.stderr.take().map(OwnedFd::from)).map_err(fail)?,
        ];
        let pid = Pid::from_child(&child);
        let since = tree::started(child.id());
        let lifeline = Some(lifeline);
        Ok(Self { guard: child, pid, since, main: None, lifeline, heard: Vec::new(), outputs })
    }

    /// The guard's process.
    pub fn guard(&self) -> u32 {
        self.guard.id()
    }

    /// What becomes readable when there is something for [`listen`](Self::listen).
    pub fn sources(&self) -> impl Iterator<Item = BorrowedFd<'_>> {
        let outputs = self.outputs.iter().filter_map(|output| output.pipe.as_ref().map(AsFd::as_fd));
        outputs.chain(self.lifeline.as_ref().map(AsFd::as_fd))
    }

    /// Takes what there is: lines of the outputs, cleaned, go to `on_line`. Never waits for more.
    pub fn listen(&mut self, on_line: &mut dyn FnMut(Stream, &str)) -> Vec<Said> {
        for output in &mut self.outputs {
            output.read(TURN, on_line);
        }
        let ended = self.hear();
        let mut said = Vec::new();
        while let Some(end) = self.heard.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = self.heard.drain(..=end).collect();
            let Some(report) = Report::parse(&String::from_utf8_lossy(&line)) else { continue };
            said.push(match report {
                Report::Started(pid) => {
                    self.main = tree::started(pid).map(|since| (pid, since));
                    Said::Started(pid)
                }
                Report::Failed(errno) => Said::Failed(errno),
                Report::Ended { how, .. } => {
                    self.main = None;
                    Said::Ended(how)
                }
            });
        }
        if ended {
            self.collect(on_line);
            said.push(Said::Gone);
        }
        said
    }

    /// Asks the program's tree to end, and ends it after `grace`. May be said again, to shorten it.
    pub fn stop(&mut self, grace: Duration) {
        if let Some(lifeline) = &mut self.lifeline {
            // A guard that is gone says so by the end of its lifeline.
            let _ = lifeline.write_all(format!("stop {}\n", grace.as_millis()).as_bytes());
        }
    }

    /// Ends the guard and everything below it: the last means.
    pub fn kill(&mut self) {
        if self.lifeline.is_some() {
            if let Some(since) = self.since {
                tree::kill_tree(self.guard.id(), since);
            }
            let _ = kill_process_group(self.pid, Signal::KILL);
        }
    }

    /// Reads the lifeline; whether it has ended.
    fn hear(&mut self) -> bool {
        let Some(lifeline) = &mut self.lifeline else { return false };
        let mut buffer = [0; 256];
        loop {
            match lifeline.read(&mut buffer) {
                Ok(length @ 1..) => self.heard.extend_from_slice(&buffer[..length]),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => return false,
                Ok(0) | Err(_) => return true,
            }
        }
    }

    /// The guard has ended or is about to: its number is given back, and the outputs are read to the end.
    fn collect(&mut self, on_line: &mut dyn FnMut(Stream, &str)) {
        self.lifeline = None;
        // One that was killed could not clear up: what is below the program is found as long as that lives.
        if let Some((pid, since)) = self.main.take() {
            tree::kill_tree(pid, since);
        }
        let _ = kill_process_group(self.pid, Signal::KILL);
        let killed = self.guard.wait().is_ok_and(|status| status.signal().is_some());
        for output in &mut self.outputs {
            // Nothing of the tree is left that could go on writing, unless the guard was killed.
            output.read(if killed { TURN } else { usize::MAX }, on_line);
            output.pipe = None;
            output.lines.finish(&mut |line| on_line(output.stream, line));
        }
    }
}

impl Drop for Supervised {
    /// The end of the lifeline makes the guard end its tree; it is waited for, since whatever comes next
    /// may need what the tree holds.
    fn drop(&mut self) {
        if self.lifeline.take().is_some() {
            let _ = self.guard.wait();
        }
    }
}

impl Output {
    fn read(&mut self, most: usize, on_line: &mut dyn FnMut(Stream, &str)) {
        let Self { stream, pipe, lines } = self;
        let mut buffer = vec![0; CHUNK];
        let mut left = most;
        while let Some(file) = pipe.as_mut().filter(|_| left > 0) {
            match file.read(&mut buffer) {
                Ok(length @ 1..) => {
                    left = left.saturating_sub(length);
                    lines.push(&buffer[..length], &mut |line| on_line(*stream, line));
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => return,
                Ok(0) | Err(_) => *pipe = None,
            }
        }
    }
}
