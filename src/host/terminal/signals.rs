//! What the system and the shell ask of a full-screen program: the same words on every system.

use crate::host::signals;
#[cfg(unix)]
use crate::host::signals::heard;

/// Something that was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// SIGINT; ctrl-c from somewhere else than our own keyboard, which is in raw mode.
    Interrupt,
    /// SIGTERM; the end of a console.
    Terminate,
    /// SIGHUP; the terminal is gone.
    Hangup,
    /// SIGTSTP: stop until told to continue.
    Stop,
    /// SIGCONT: the shell has had the terminal.
    Continue,
    /// SIGWINCH: the terminal has another size.
    Resize,
}

impl Signal {
    /// What a shell says of a program that ended by it.
    pub fn code(self) -> u8 {
        match self {
            Self::Hangup => 129,
            Self::Interrupt => 130,
            _ => 143,
        }
    }
}

impl From<signals::Signal> for Signal {
    fn from(signal: signals::Signal) -> Self {
        match signal {
            signals::Signal::Interrupt => Self::Interrupt,
            signals::Signal::Terminate => Self::Terminate,
            signals::Signal::Hangup => Self::Hangup,
        }
    }
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
            signal = self.ends.next() => signal.into(),
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
    use rustix::process::{Signal, getpgid, getpgrp, getpid, getppid, getsid, kill_process};
    // Whoever would continue us leads another group of the same session; without one we would never be.
    let shell = getppid().is_some_and(|parent| {
        let same_session = getsid(Some(parent)).is_ok_and(|theirs| getsid(None) == Ok(theirs));
        same_session && getpgid(Some(parent)).is_ok_and(|theirs| theirs != getpgrp())
    });
    shell && kill_process(getpid(), Signal::STOP).is_ok()
}

/// There is nobody who could continue us.
#[cfg(not(unix))]
pub fn stop_ourselves() -> bool {
    false
}
