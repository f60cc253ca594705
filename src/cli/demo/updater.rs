//! The updater of the demo: this very program, started as the service.

use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::config::env;
use crate::host::process::{self, Command, Exit};
use crate::host::{Cancel as Killer, Guard};
use crate::model::{Class, Failure, Outcome};
use crate::ports::Cancel;

use super::setting::Setting;

/// How long the service may take to end: it stops the agent first.
const GRACE: Duration = Duration::from_secs(15);
/// The service is to outlive the longest story.
const LIFE: Duration = Duration::from_secs(24 * 3600);
/// How much later than meant somebody may be woken.
const SLACK: Duration = Duration::from_secs(600);
/// What the service takes over from our environment.
const PASSED: [&str; 2] = ["PATH", "TMPDIR"];

/// The service, under a guard: it dies with us.
pub(super) struct Updater {
    lines: Receiver<String>,
    killer: Killer,
    thread: Option<JoinHandle<Outcome<Exit>>>,
}

impl Updater {
    /// Starts it with the configuration that `setting` wrote.
    ///
    /// # Errors
    /// `Internal` when this program cannot be started again.
    pub(super) fn start(setting: &Setting) -> Outcome<Self> {
        let internal = |error: &std::io::Error| {
            Failure::new(Class::Internal, "cannot start this program again").because(error)
        };
        let mut guard = Guard::this_executable()?;
        guard.grace = GRACE;
        let program = std::env::current_exe().map_err(|error| internal(&error))?;
        let mut command = Command::new(program).arg("--config").arg(setting.file());
        for (key, value) in &setting.flags {
            command = command.arg("--set").arg(format!("{key}={value}"));
        }
        command = command.arg("run").guarded(guard);
        for name in PASSED {
            if let Some(value) = env::read(name) {
                command = command.env(name, value);
            }
        }
        let (sender, lines) = mpsc::channel();
        let killer = Killer::new();
        let stop = killer.clone();
        let thread = std::thread::Builder::new()
            .name("updater".into())
            .spawn(move || {
                process::run(&command, LIFE, &stop, &mut |_, line| {
                    // Nobody reads any more when the demo is over.
                    let _ = sender.send(line.to_owned());
                })
            })
            .map_err(|error| internal(&error))?;
        Ok(Self { lines, killer, thread: Some(thread) })
    }

    /// Waits until `done` says so, and hands what the service says to `tell` meanwhile. `done` is asked
    /// after each line.
    ///
    /// # Errors
    /// `Timeout` after `limit`, `Cancelled`, `Internal` when the service ends by itself.
    pub(super) fn wait<T>(
        &self,
        limit: Duration,
        cancel: &Cancel,
        tell: &mut dyn FnMut(&str),
        mut done: impl FnMut() -> Outcome<Option<T>>,
    ) -> Outcome<T> {
        const LOOK: Duration = Duration::from_millis(200);
        let until = Instant::now() + limit;
        loop {
            if let Some(found) = done()? {
                return Ok(found);
            }
            if cancel.requested() {
                return Err(Failure::new(Class::Cancelled, "the demo was stopped"));
            }
            if Instant::now() > until {
                return Err(Failure::new(
                    Class::Timeout,
                    format!("nothing came of it within {} s", limit.as_secs()),
                ));
            }
            match self.lines.recv_timeout(LOOK) {
                Ok(line) => tell(&line),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => {
                    return Err(Failure::new(Class::Internal, "the demo's updater ended by itself"));
                }
            }
        }
    }
}

impl Updater {
    /// Lets some time pass, for people to read.
    ///
    /// # Errors
    /// As [`wait`](Self::wait), without `Timeout`.
    pub(super) fn let_pass(&self, time: Duration, cancel: &Cancel) -> Outcome<()> {
        let until = Instant::now() + time;
        let over = || Ok((Instant::now() >= until).then_some(()));
        self.wait(time + SLACK, cancel, &mut |_| {}, over)
    }

    /// Hands over what the service has said and nobody has heard yet.
    pub(super) fn rest(&self, tell: &mut dyn FnMut(&str)) {
        const SOON: Duration = Duration::from_millis(200);
        while let Ok(line) = self.lines.recv_timeout(SOON) {
            tell(&line);
        }
    }
}

impl Drop for Updater {
    fn drop(&mut self) {
        self.killer.cancel();
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}
