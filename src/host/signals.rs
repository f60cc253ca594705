//! What the system, or somebody at the terminal, asks of this process: the same words on every system.
//!
//! Children do not see the terminal's signals at all: each leads a process group of its own.

use std::future::Future;

/// Something that was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// SIGINT; ctrl-c.
    Interrupt,
    /// SIGTERM; on Windows ctrl-break, the end of the console, or the system going down.
    Terminate,
    /// SIGHUP. Windows has none.
    Hangup,
}

impl Signal {
    /// What a shell says of a program that ended by it.
    pub const fn code(self) -> u8 {
        match self {
            Self::Hangup => 129,
            Self::Interrupt => 130,
            Self::Terminate => 143,
        }
    }
}

/// The signals from now on: they no longer end the process. One that cannot be listened to never comes.
#[cfg(unix)]
pub struct Signals {
    interrupt: Option<tokio::signal::unix::Signal>,
    terminate: Option<tokio::signal::unix::Signal>,
    hangup: Option<tokio::signal::unix::Signal>,
}

#[cfg(unix)]
impl Signals {
    /// Listens; within a runtime only.
    pub fn listen() -> Self {
        use tokio::signal::unix::{SignalKind, signal};
        Self {
            interrupt: signal(SignalKind::interrupt()).ok(),
            terminate: signal(SignalKind::terminate()).ok(),
            hangup: signal(SignalKind::hangup()).ok(),
        }
    }

    /// The next one. May be dropped and called again: none is lost.
    pub async fn next(&mut self) -> Signal {
        tokio::select! {
            () = heard(self.interrupt.as_mut().map(|signal| signal.recv())) => Signal::Interrupt,
            () = heard(self.terminate.as_mut().map(|signal| signal.recv())) => Signal::Terminate,
            () = heard(self.hangup.as_mut().map(|signal| signal.recv())) => Signal::Hangup,
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
pub(super) async fn heard(signal: Option<impl Future<Output = Option<()>>>) {
    match signal {
        Some(signal) => drop(signal.await),
        None => std::future::pending().await,
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use rustix::process::{Signal as Sent, getpid, kill_process};

    #[test]
    fn each_signal_has_its_word() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("runtime");
        runtime.block_on(async {
            let mut signals = Signals::listen();
            for (sent, word) in
                [(Sent::INT, Signal::Interrupt), (Sent::TERM, Signal::Terminate), (Sent::HUP, Signal::Hangup)]
            {
                kill_process(getpid(), sent).expect("to oneself");
                assert_eq!(signals.next().await, word);
            }
        });
    }
}
