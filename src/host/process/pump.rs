//! One child from start to end, in the calling thread: a loop around `poll` that reads its outputs,
//! sees its end, and watches the time and the cancellation.

use std::fs::File;
use std::io::Read;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, Command as StdCommand, Stdio};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};

use super::guard::Report;
use super::input::Input;
use super::{Cancel, Command, Ended, Exit, Stop, Stream, Take, memory_killings, start_failure};
use crate::model::{Class, Failure, Outcome};

/// How much longer than its grace a guard may take to end its tree, before it is killed itself; also
/// how long a killed child may take to be gone.
const PATIENCE: Duration = Duration::from_secs(7);
/// How long a silent output is still listened to after the child has ended. Only a process that left
/// the group of an unguarded child can hold it open.
const DRAIN: Duration = Duration::from_millis(500);
/// The most that is still read then: more than two pipes hold, so only such a process can write it.
const DRAIN_LIMIT: usize = 4 * 1024 * 1024;
/// Without something to poll, how often the child is looked at.
const SLICE: Duration = Duration::from_millis(20);
const CHUNK: usize = 64 * 1024;

/// Where a child's life is.
#[derive(Clone, Copy)]
enum Phase {
    Running,
    /// It was told to end; after `until` it is killed by other means.
    Ending {
        until: Instant,
    },
    /// It was killed; after `until` it is given up.
    Killed {
        until: Instant,
    },
    /// It has ended; outputs are read to their end, but `left` bytes at most and only while some come
    /// before `until`.
    Draining {
        until: Instant,
        left: usize,
    },
    Over,
}

pub(super) fn run(command: &Command, timeout: Duration, cancel: &Cancel, take: Take<'_>) -> Outcome<Exit> {
    if cancel.is_cancelled() {
        return Err(Stop::Cancelled.failure(command, timeout));
    }
    let started = Instant::now();
    // None: so far away that it never comes.
    let deadline = started.checked_add(timeout);
    let killings = memory_killings();
    let mut running = Running::start(command)?;
    let mut stop = None;
    let mut phase = Phase::Running;
    loop {
        let now = Instant::now();
        phase = match phase {
            Phase::Running => {
                stop = if cancel.is_cancelled() {
                    Some(Stop::Cancelled)
                } else {
                    deadline.is_some_and(|at| now >= at).then_some(Stop::TimedOut)
                };
                if stop.is_some() { Phase::Ending { until: now + running.end() } } else { phase }
            }
            Phase::Ending { until } if now >= until => {
                running.kill_group();
                Phase::Killed { until: now + PATIENCE }
            }
            Phase::Killed { until } if now >= until => Phase::Over,
            Phase::Draining { until, left } if now >= until || left == 0 || running.outputs_ended() => {
                Phase::Over
            }
            phase => phase,
        };
        let (until, watch_cancel) = match phase {
            Phase::Running => (deadline, true),
            Phase::Ending { until } | Phase::Killed { until } | Phase::Draining { until, .. } => {
                (Some(until), false)
            }
            Phase::Over => break,
        };
        let read = running.wait_and_read(until, watch_cancel.then_some(cancel), take)?;
        if let Phase::Draining { until, left } = &mut phase {
            // The reader's own slowness is no silence.
            if read > 0 {
                *until = Instant::now() + DRAIN;
            }
            *left = left.saturating_sub(read);
        } else if running.has_ended() {
            running.kill_group();
            // It would go on saying so.
            running.end = None;
            phase = Phase::Draining { until: Instant::now() + DRAIN, left: DRAIN_LIMIT };
        }
    }
    running.end_of_outputs(take);
    match stop {
        Some(stop) => {
            running.forget();
            Err(stop.failure(command, timeout))
        }
        None => running.verdict(command, started, killings),
    }
}

/// A started child with what is needed to follow it.
struct Running {
    child: Child,
    pid: Pid,
    outputs: [(Stream, Option<File>); 2],
    /// Becomes readable when the child ends; not on every system.
    end: Option<OwnedFd>,
    guarded: Option<Guarded>,
    buffer: Vec<u8>,
    /// Its end was collected, so its number may belong to another process now.
    collected: bool,
    /// A guard opens it by name.
    _input: Option<Input>,
}

impl Drop for Running {
    /// A way out before the end (a panic of the caller's, a failed `poll`) leaves no child behind.
    fn drop(&mut self) {
        if !self.collected {
            self.end();
        }
    }
}

/// The near end of a guard's lifeline, and what came through it.
struct Guarded {
    lifeline: UnixStream,
    heard: Vec<u8>,
    ended: bool,
    grace: Duration,
}

impl Running {
    fn start(command: &Command) -> Outcome<Self> {
        let fail = |error: std::io::Error| start_failure(&command.program, &error);
        let input = command.input.as_deref().map(Input::new).transpose().map_err(fail)?;
        let stdin = match (&input, &command.stdin) {
            (Some(input), _) => Stdio::from(input.file().map_err(fail)?),
            (None, Some(path)) => {
                Stdio::from(File::open(path).map_err(|error| Failure::io("open", path, &error))?)
            }
            (None, None) => Stdio::null(),
        };
        let mut guarded = None;
        let mut std = match &command.guard {
            None => {
                let mut std = StdCommand::new(&command.program);
                std.args(&command.args).stdin(stdin);
                std
            }
            Some(guard) => {
                let (lifeline, far) = UnixStream::pair().map_err(fail)?;
                let mut std = StdCommand::new(&guard.exe);
                let file = input.as_ref().map(Input::path).or(command.stdin.as_deref());
                std.arg0("sentinel-updater").args(guard.argv(command, file)).stdin(OwnedFd::from(far));
                guarded = Some(Guarded { lifeline, heard: Vec::new(), ended: false, grace: guard.grace });
                std
            }
        };
        std.env_clear().envs(&command.env).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0);
        if let Some(directory) = &command.cwd {
            std.current_dir(directory);
        }
        let mut child = std.spawn().map_err(|error| match &command.guard {
            Some(guard) => start_failure(&guard.exe, &error),
            None => fail(error),
        })?;
        let pid = Pid::from_child(&child);
        let outputs = [
            (Stream::Out, child.stdout.take().map(|pipe| File::from(OwnedFd::from(pipe)))),
            (Stream::Err, child.stderr.take().map(|pipe| File::from(OwnedFd::from(pipe)))),
        ];
        let end = pollable_end(pid);
        Ok(Self {
            child,
            pid,
            outputs,
            end,
            guarded,
            buffer: vec![0; CHUNK],
            collected: false,
            _input: input,
        })
    }

    /// Waits until there is something to read, the child ends, `cancel` is cancelled or `until` comes,
    /// and reads what there is; how many bytes of output that was.
    fn wait_and_read(
        &mut self,
        until: Option<Instant>,
        cancel: Option<&Cancel>,
        take: Take<'_>,
    ) -> Outcome<usize> {
        let [out, err, lifeline] = {
            let outputs = self.outputs.each_ref().map(|(_, file)| file.as_ref().map(AsFd::as_fd));
            let lifeline = self.guarded.as_ref().filter(|guarded| !guarded.ended);
            let sources: [Option<BorrowedFd<'_>>; 3] =
                [outputs[0], outputs[1], lifeline.map(|guarded| guarded.lifeline.as_fd())];
            let wakers = [self.end.as_ref().map(AsFd::as_fd), cancel.and_then(Cancel::readable)];
            // Whatever cannot wake us is looked at in slices.
            let blind = self.end.is_none() || cancel.is_some_and(|cancel| cancel.readable().is_none());
            let left = until.map(|at| at.saturating_duration_since(Instant::now()));
            ready(
                sources,
                wakers,
                if blind { Some(left.map_or(SLICE, |left| left.min(SLICE))) } else { left },
            )
            .map_err(|error| Failure::new(Class::Internal, "cannot wait for a child").because(&error))?
        };
        let mut count = 0;
        for (ready, (stream, slot)) in [out, err].into_iter().zip(&mut self.outputs) {
            if let (true, Some(file)) = (ready, slot.as_mut()) {
                match file.read(&mut self.buffer) {
                    Ok(length @ 1..) => {
                        count += length;
                        take(*stream, Some(&self.buffer[..length]));
                    }
                    Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                    // An unreadable pipe has ended for us.
                    Ok(0) | Err(_) => {
                        *slot = None;
                        take(*stream, None);
                    }
                }
            }
        }
        if let (true, Some(guarded)) = (lifeline, &mut self.guarded) {
            guarded.listen(&mut self.buffer);
        }
        Ok(count)
    }

    /// Begins the end of the child; how long it may take.
    fn end(&self) -> Duration {
        match &self.guarded {
            Some(guarded) => {
                // The guard reads the end of its input.
                let _ = guarded.lifeline.shutdown(std::net::Shutdown::Write);
                guarded.grace + PATIENCE
            }
            None => {
                self.kill_group();
                PATIENCE
            }
        }
    }

    /// Whether the child has ended. It is not waited for here, so that its number, which is also its
    /// group's, cannot go to another process before the group is killed.
    fn has_ended(&self) -> bool {
        let look = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT | WaitIdOptions::NOHANG;
        !matches!(waitid(WaitId::Pid(self.pid), look), Ok(None))
    }

    /// Kills the child's group at one stroke: the last means against a child that does not end, and the
    /// end of what one has left there. A guard leaves nothing, unless it was killed.
    fn kill_group(&self) {
        let _ = kill_process_group(self.pid, Signal::KILL);
    }

    fn outputs_ended(&self) -> bool {
        self.outputs.iter().all(|(_, file)| file.is_none())
    }

    fn end_of_outputs(&mut self, take: Take<'_>) {
        for (stream, file) in &mut self.outputs {
            if file.take().is_some() {
                take(*stream, None);
            }
        }
    }

    /// Waits for a child that was ended, unless it is stuck in the kernel.
    fn forget(&mut self) {
        if self.has_ended() {
            self.collected = true;
            let _ = self.child.wait();
        }
    }

    fn verdict(mut self, command: &Command, started: Instant, killings: Option<u64>) -> Outcome<Exit> {
        let status = self.child.wait().map_err(|error| {
            Failure::new(Class::Internal, format!("cannot wait for `{}`", command.line())).because(&error)
        })?;
        self.collected = true;
        let elapsed = started.elapsed();
        let killed = status.signal() == Some(Signal::KILL.as_raw());
        let Some(guarded) = &mut self.guarded else {
            let ended = match (status.code(), status.signal()) {
                (Some(code), _) => Ended::Code(code),
                (None, signal) => Ended::Signal(signal.unwrap_or_default()),
            };
            let more = !status.success() && memory_killings() > killings;
            return Ok(Exit { ended, out_of_memory: killed || more, elapsed });
        };
        // Its last words: the other end is closed now, so this does not wait.
        while !guarded.ended {
            guarded.listen(&mut self.buffer);
        }
        match guarded.report() {
            Some(Report::Ended { how, memory }) => Ok(Exit { ended: how, out_of_memory: memory, elapsed }),
            Some(Report::Failed(errno)) => {
                Err(start_failure(&command.program, &std::io::Error::from_raw_os_error(errno)))
            }
            Some(Report::Started(_)) | None => {
                let class = if killed { Class::OutOfMemory } else { Class::Internal };
                let what = format!("the guard of `{}` ended before it", command.line());
                Err(Failure::new(class, what).cause(status.to_string()))
            }
        }
    }
}

impl Guarded {
    fn listen(&mut self, buffer: &mut [u8]) {
        match self.lifeline.read(buffer) {
            Ok(length @ 1..) => self.heard.extend_from_slice(&buffer[..length]),
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Ok(0) | Err(_) => self.ended = true,
        }
    }

    /// How it went, once that is known.
    fn report(&self) -> Option<Report> {
        let heard = String::from_utf8_lossy(&self.heard);
        heard.lines().filter_map(Report::parse).find(|report| !matches!(report, Report::Started(_)))
    }
}

/// Which of `sources` can be read, after waiting for one of them, one of `wakers` or the time.
fn ready<const N: usize>(
    sources: [Option<BorrowedFd<'_>>; N],
    wakers: [Option<BorrowedFd<'_>>; 2],
    timeout: Option<Duration>,
) -> std::io::Result<[bool; N]> {
    let mut set: Vec<PollFd<'_>> = sources
        .iter()
        .chain(&wakers)
        .flatten()
        .map(|fd| PollFd::from_borrowed_fd(*fd, PollFlags::IN))
        .collect();
    // A time that does not fit is no limit.
    let timeout = timeout.and_then(|timeout| Timespec::try_from(timeout).ok());
    match poll(&mut set, timeout.as_ref()) {
        Ok(_) => {}
        Err(rustix::io::Errno::INTR) => return Ok([false; N]),
        Err(error) => return Err(error.into()),
    }
    let mut answers = set.iter().map(|entry| !entry.revents().is_empty());
    Ok(sources.map(|source| source.is_some() && answers.next().unwrap_or(false)))
}

#[cfg(target_os = "linux")]
fn pollable_end(pid: Pid) -> Option<OwnedFd> {
    rustix::process::pidfd_open(pid, rustix::process::PidfdFlags::empty()).ok()
}

#[cfg(not(target_os = "linux"))]
fn pollable_end(_pid: Pid) -> Option<OwnedFd> {
    None
}
