//! What the system and the shell ask of a full-screen program: the same words on every system.

use std::future::Future;

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

/// The signals from now on: they do nothing by themselves any more. One that cannot be listened to never
/// comes.
#[cfg(unix)]
pub struct Signals {
    interrupt: Option<tokio::signal::unix::Signal>,
    terminate: Option<tokio::signal::unix::Signal>,
    hangup: Option<tokio::signal::unix::Signal>,
    stop: Option<tokio::signal::unix::Signal>,
    go_on: Option<tokio::signal::unix::Signal>,
    resize: Option<tokio::signal::unix::Signal>,
}

#[cfg(unix)]
impl Signals {
    /// Listens; within a runtime only.
    pub fn listen() -> Self {
        use tokio::signal::unix::{SignalKind, signal};
        let number = |number: rustix::process::Signal| SignalKind::from_raw(number.as_raw());
        Self {
            interrupt: signal(SignalKind::interrupt()).ok(),
            terminate: signal(SignalKind::terminate()).ok(),
            hangup: signal(SignalKind::hangup()).ok(),
            stop: signal(number(rustix::process::Signal::TSTP)).ok(),
            go_on: signal(number(rustix::process::Signal::CONT)).ok(),
            resize: signal(SignalKind::window_change()).ok(),
        }
    }

    /// The next one. May be dropped and called again: none is lost.
    pub async fn next(&mut self) -> Signal {
        tokio::select! {
            biased;
            () = heard(self.hangup.as_mut().map(|signal| signal.recv())) => Signal::Hangup,
            () = heard(self.terminate.as_mut().map(|signal| signal.recv())) => Signal::Terminate,
            () = heard(self.interrupt.as_mut().map(|signal| signal.recv())) => Signal::Interrupt,
            () = heard(self.stop.as_mut().map(|signal| signal.recv())) => Signal::Stop,
            () = heard(self.go_on.as_mut().map(|signal| signal.recv())) => Signal::Continue,
            () = heard(self.resize.as_mut().map(|signal| signal.recv())) => Signal::Resize,
        }
    }
}

/// The console's signals from now on: they no longer end the process. One that cannot be listened to
/// never comes.
#[cfg(windows)]
pub struct Signals {
    ctrl_c: Option<tokio::signal::windows::CtrlC>,
    ctrl_break: Option<tokio::signal::windows::CtrlBreak>,
    close: Option<tokio::signal::windows::CtrlClose>,
    shutdown: Option<tokio::signal::windows::CtrlShutdown>,
}

#[cfg(windows)]
impl Signals {
    /// Listens; within a runtime only.
    pub fn listen() -> Self {
        use tokio::signal::windows::{ctrl_break, ctrl_c, ctrl_close, ctrl_shutdown};
        Self {
            ctrl_c: ctrl_c().ok(),
            ctrl_break: ctrl_break().ok(),
            close: ctrl_close().ok(),
            shutdown: ctrl_shutdown().ok(),
        }
    }

    /// The next one. May be dropped and called again: none is lost.
    pub async fn next(&mut self) -> Signal {
        tokio::select! {
            () = heard(self.ctrl_c.as_mut().map(|signal| signal.recv())) => Signal::Interrupt,
            () = heard(self.ctrl_break.as_mut().map(|signal| signal.recv())) => Signal::Terminate,
            () = heard(self.close.as_mut().map(|signal| signal.recv())) => Signal::Terminate,
            () = heard(self.shutdown.as_mut().map(|signal| signal.recv())) => Signal::Terminate,
        }
    }
}

/// Waits for a signal; for ever, if there is nothing to listen to.
async fn heard(signal: Option<impl Future<Output = Option<()>>>) {
    match signal {
        Some(signal) => drop(signal.await),
        None => std::future::pending().await,
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
