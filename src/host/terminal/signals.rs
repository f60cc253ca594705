//! What the system and the shell ask of a full-screen program: the same words on every system.

use crate::host::signals;
#[cfg(unix)]
use crate::host::signals::heard;

/// Something that was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// To end: by ctrl-c from somewhere else than our own keyboard, which is in raw mode, or because the terminal
    /// is gone.
    End(signals::Signal),
    /// SIGTSTP: stop until told to continue.
    Stop,
    /// SIGCONT: the shell has had the terminal.
    Continue,
    /// SIGWINCH: the terminal has another size.
    Resize,
}

/// The signals from now on: they do nothing by themselves any more. One that cannot be listened to never
/// comes.
pub struct Signals {
    ends: signals::Signals,
    shell: Shell,
}

impl Signals {
    /// Listens; within a runtime only.
    pub fn listen() -> Self {
        Self { ends: signals::Signals::listen(), shell: Shell::listen() }
    }

    /// The next one. May be dropped and called again: none is lost.
    pub async fn next(&mut self) -> Signal {
        tokio::select! {
            biased;
            signal = self.ends.next() => Signal::End(signal),
            signal = self.shell.next() => signal,
        }
    }
}

/// What a shell with job control and a window ask.
#[cfg(unix)]
struct Shell {
    stop: Option<tokio::signal::unix::Signal>,
    go_on: Option<tokio::signal::unix::Signal>,
    resize: Option<tokio::signal::unix::Signal>,
}

#[cfg(unix)]
impl Shell {
    fn listen() -> Self {
        use tokio::signal::unix::{SignalKind, signal};
        let number = |number: rustix::process::Signal| SignalKind::from_raw(number.as_raw());
        Self {
            stop: signal(number(rustix::process::Signal::TSTP)).ok(),
            go_on: signal(number(rustix::process::Signal::CONT)).ok(),
            resize: signal(SignalKind::window_change()).ok(),
        }
    }

    async fn next(&mut self) -> Signal {
        tokio::select! {
            biased;
            () = heard(self.stop.as_mut().map(|signal| signal.recv())) => Signal::Stop,
            () = heard(self.go_on.as_mut().map(|signal| signal.recv())) => Signal::Continue,
            () = heard(self.resize.as_mut().map(|signal| signal.recv())) => Signal::Resize,
        }
    }
}

/// A console has none of that; its size comes as an event.
#[cfg(not(unix))]
struct Shell;

#[cfg(not(unix))]
impl Shell {
    fn listen() -> Self {
        Self
    }

    async fn next(&mut self) -> Signal {
        let _ = (Signal::Stop, Signal::Continue, Signal::Resize);
        std::future::pending().await
    }
}

/// Stops this process until somebody continues it; whether there is a shell that could. The terminal must
/// have been left.
#[cfg(unix)]
pub fn stop_ourselves() -> bool {
    use rustix::process::{Signal, getpid, getppid, kill_process};
    let ours = Job::of(None);
    let shell = getppid().is_some_and(|parent| Job::of(Some(parent)).is_shell_of(ours));
    shell && kill_process(getpid(), Signal::STOP).is_ok()
}

/// The process group and the session of a process. 0: one that was begun outside of this process-number
/// namespace, as in a container; -1: the process is not there any more.
#[cfg(unix)]
#[derive(Debug, Clone, Copy)]
struct Job {
    group: libc::pid_t,
    session: libc::pid_t,
}

#[cfg(unix)]
impl Job {
    /// Of a process, or of this one. rustix cannot say 0, and takes it for impossible.
    #[allow(unsafe_code)]
    fn of(process: Option<rustix::process::Pid>) -> Self {
        let number = process.map_or(0, |process| process.as_raw_nonzero().get());
        // SAFETY: both take a number and give one; no memory is touched.
        let (group, session) = unsafe { (libc::getpgid(number), libc::getsid(number)) };
        Self { group, session }
    }

    /// Whoever would continue `job` leads another group of the same session; without one it would stop for
    /// ever.
    fn is_shell_of(self, job: Self) -> bool {
        self.session >= 0 && self.session == job.session && self.group != job.group
    }
}

/// There is nobody who could continue us.
#[cfg(not(unix))]
pub fn stop_ourselves() -> bool {
    false
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn a_shell_leads_another_group_of_the_same_session() {
        for (group, session, is_shell) in [
            (20, 10, true),
            // Our own group: no job control.
            (30, 10, false),
            // The terminal was made for us, by whoever is in another session, or in one without a number.
            (20, 11, false),
            (0, 0, false),
            // It is gone.
            (-1, -1, false),
        ] {
            let parent = Job { group, session };
            assert_eq!(parent.is_shell_of(Job { group: 30, session: 10 }), is_shell, "{parent:?}");
        }
        // A container's shell: its session has no number, and its jobs are in it.
        assert!(Job { group: 0, session: 0 }.is_shell_of(Job { group: 30, session: 0 }));
        assert!(!Job { group: -1, session: -1 }.is_shell_of(Job { group: 30, session: -1 }));
    }

    #[test]
    fn this_process_has_a_job_whatever_started_it() {
        let ours = Job::of(None);
        assert!(ours.group >= 0 && ours.session >= 0, "{ours:?}");
    }
}
