//! Running `systemctl`: absolute path, exact environment, a deadline for every call.

use std::path::PathBuf;
use std::time::Duration;

use crate::host::process::{self, Cancel, Captured, Command, Ended};
use crate::host::text;
use crate::model::{Class, Failure, Outcome};

/// How long a question or a change of settings may take. A busy manager needs a second; one that needs
/// this long is stuck.
pub(super) const USUAL: Duration = Duration::from_secs(30);
/// How often a question is asked before the manager counts as silent.
const ATTEMPTS: u32 = 3;
/// The pause before a question is asked again: a manager that re-executes itself is back after it.
const PAUSE: Duration = Duration::from_millis(200);

/// The programs of systemd that we run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Programs {
    /// `systemctl`.
    pub systemctl: PathBuf,
    /// `systemd-run`.
    pub systemd_run: PathBuf,
}

impl Programs {
    /// Where the distribution puts them. Nothing is looked up in a PATH.
    ///
    /// # Errors
    /// `Service` naming the one that is missing.
    pub fn find() -> Outcome<Self> {
        Ok(Self { systemctl: find("systemctl")?, systemd_run: find("systemd-run")? })
    }

    /// `systemctl` with `args`.
    pub(super) fn systemctl(&self, args: &[&str]) -> Command {
        Self::quiet(&self.systemctl).arg("--no-ask-password").args(args)
    }

    /// A program of systemd's in an environment in which its words and times can be read: English,
    /// UTC, no colours, no pager.
    pub(super) fn quiet(program: &std::path::Path) -> Command {
        let fixed = [("LC_ALL", "C.UTF-8"), ("TZ", "UTC"), ("SYSTEMD_COLORS", "0"), ("SYSTEMD_PAGER", "")];
        fixed.iter().fold(Command::new(program), |command, (name, value)| command.env(name, value))
    }

    /// Runs `systemctl` once; how it ended is the caller's to judge.
    ///
    /// # Errors
    /// `Timeout` after `limit`; `Service` when it cannot be run.
    pub(super) fn act(&self, args: &[&str], limit: Duration) -> Outcome<Captured> {
        process::capture(&self.systemctl(args), limit, &Cancel::new()).map_err(service_failure)
    }

    /// As [`Programs::act`], where anything but success is a failure of what `doing` says.
    ///
    /// # Errors
    /// `Service` with what systemctl said; `Timeout`.
    pub(super) fn must(&self, doing: &str, args: &[&str]) -> Outcome<()> {
        let captured = self.act(args, USUAL).map_err(|failure| failure.context(doing))?;
        if captured.exit.success() { Ok(()) } else { Err(refusal(Class::Service, doing, &captured)) }
    }

    /// Asks something that changes nothing, again if the manager is silent. `answered` tells an answer
    /// from the lack of one.
    ///
    /// # Errors
    /// `Service` when there is no answer, with what systemctl said.
    pub(super) fn ask(&self, args: &[&str], answered: fn(&Captured) -> bool) -> Outcome<Captured> {
        let mut attempt = 1;
        loop {
            let failure = match self.act(args, USUAL) {
                Ok(captured) if answered(&captured) => return Ok(captured),
                Ok(captured) => refusal(Class::Service, "systemd does not answer", &captured),
                Err(failure) => failure.context("systemd does not answer"),
            };
            if attempt == ATTEMPTS {
                return Err(failure.hint("see `systemctl status` and `journalctl -b _PID=1 -n 50`"));
            }
            attempt += 1;
            std::thread::sleep(PAUSE);
        }
    }
}

fn find(name: &str) -> Outcome<PathBuf> {
    let places = ["/usr/bin", "/bin"].map(|folder| PathBuf::from(folder).join(name));
    let found = places.into_iter().find(|path| path.is_file());
    found.ok_or_else(|| {
        Failure::new(Class::Service, format!("`{name}` is neither in /usr/bin nor in /bin"))
            .hint("install systemd")
    })
}

/// Not being able to run systemctl says something of the manager, not of a disk.
fn service_failure(mut failure: Failure) -> Failure {
    if failure.class != Class::Timeout {
        failure.class = Class::Service;
    }
    failure
}

/// What systemctl said to explain itself, as causes.
pub(super) fn refusal(class: Class, what: &str, captured: &Captured) -> Failure {
    let failure = Failure::new(class, what);
    // The advice at the end names commands for an eye at a terminal; the hint is ours to give.
    let advice = |line: &&String| line.starts_with("See ") || line.trim().is_empty();
    let said: Vec<&String> = captured.stderr.iter().filter(|line| !advice(line)).collect();
    if said.is_empty() {
        return failure.cause(match captured.exit.ended {
            Ended::Code(code) => format!("systemctl ended with exit code {code}"),
            Ended::Signal(signal) => format!("systemctl was killed by signal {signal}"),
        });
    }
    said.into_iter().fold(failure, |failure, line| failure.cause(text::clean(line.trim())))
}
