//! Foreign programs in a transient unit of their own: outside our sandbox, under the manager's eye, and
//! gone with all their processes when it is over.

use std::collections::VecDeque;
use std::path::Path;
use std::time::Duration;

use super::Programs;
use super::show::{PROPERTIES, Show};
use super::systemctl::USUAL;
use crate::host::process::{self, Command};
use crate::host::text;
use crate::model::{Class, Failure, Outcome};
use crate::ports::{Cancel, Exit, Program, Runner, Stream};

/// How much longer than the program's limit we wait for the manager to have ended it.
const SLACK: Duration = Duration::from_secs(30);
/// How long a program at its limit has between SIGTERM and SIGKILL.
const GRACE: &str = "TimeoutStopSec=5s";
/// Last lines of output that explain a program that could not be started.
const LAST_LINES: usize = 5;
/// Where the manager keeps transient units as long as they exist.
const FOLDER: &str = "/run/systemd/transient";
/// Runs programs as the transient unit of one name, one at a time. What an earlier process of ours left
/// running under that name is ended first.
///
/// The unit's environment is what the program asks for, on top of what the manager gives every unit
/// (`PATH`, `LANG`, `INVOCATION_ID` and the like).
#[derive(Debug, Clone)]
pub struct TransientRunner {
    programs: Programs,
    unit: String,
    bound_to: Option<String>,
}

impl TransientRunner {
    /// A runner whose unit is `name` with the suffix for services.
    ///
    /// # Errors
    /// `Config` when `name` cannot be a unit's.
    pub fn new(programs: Programs, name: &str) -> Outcome<Self> {
        Ok(Self { programs, unit: super::name::unit_name(name)?, bound_to: None })
    }

    /// Ends the program together with `service`, however that ends: for work that nobody can use when
    /// its client is gone, such as a build. Without, a program whose client dies still ends at its limit.
    ///
    /// # Errors
    /// `Config` when `service` cannot be a unit's name.
    pub fn bound_to(mut self, service: &str) -> Outcome<Self> {
        self.bound_to = Some(super::name::unit_name(service)?);
        Ok(self)
    }

    fn command(&self, program: &Program) -> Command {
        let Program { executable, args, env, directory, stdin, limits } = program;
        let mut command = Programs::quiet(&self.programs.systemd_run)
            .args(["--wait", "--pipe", "--quiet", "--no-ask-password", "--service-type=exec"])
            .arg(format!("--unit={}", self.unit))
            .arg(format!("--working-directory={}", directory.display()))
            .args(["-p", GRACE]);
        // The manager takes whole microseconds; a part of one is not worth an error.
        let mut properties = vec![format!("RuntimeMaxSec={}us", limits.timeout.as_micros())];
        properties.extend(limits.memory_max.map(|bytes| format!("MemoryMax={bytes}")));
        if limits.offline {
            // The first fails open where the manager may not make namespaces, as in some containers; the
            // second, which leaves the sockets of this host, does not.
            properties.extend(["PrivateNetwork=yes", "RestrictAddressFamilies=AF_UNIX"].map(str::to_owned));
        }
        if let Some(service) = &self.bound_to {
            properties.extend([format!("BindsTo={service}"), format!("After={service}")]);
        }
        for property in properties {
            command = command.arg("-p").arg(property);
        }
        if let Some(bytes) = stdin {
            command = command.input(bytes.clone());
        }
        if let Some(user) = &limits.user {
            command = command.arg(format!("--uid={user}"));
        }
        for (name, value) in env {
            command = command.arg(format!("--setenv={name}={value}"));
        }
        // Arguments reach the unit as they are, except that it replaces variables in them.
        command.arg("--").arg(executable).args(args.iter().map(|arg| arg.replace('$', "$$")))
    }

    /// Ends what runs under our name and lets the manager forget it.
    fn clear(&self) {
        // Both fail when there is nothing to end or to forget.
        let _ = self.programs.act(&["stop", "--", &self.unit], USUAL);
        let _ = self.programs.act(&["reset-failed", "--", &self.unit], USUAL);
    }

    fn verdict(&self, program: &Program, last: &VecDeque<String>) -> Outcome<Exit> {
        let property = format!("--property={PROPERTIES}");
        let args = ["show", property.as_str(), "--", &self.unit];
        let captured = self.programs.ask(&args, |captured| Show::parse(&captured.text()).is_answer())?;
        let show = Show::parse(&captured.text());
        // A unit that failed is kept until it is told to be forgotten: its result is the whole truth.
        let _ = self.programs.act(&["reset-failed", "--", &self.unit], USUAL);
        let line = program.executable.display();
        // Either no unit came into being, or preparing for the program failed (its folder, its user, the
        // program itself): a unit whose program has been executed was active.
        if show.unknown() || !show.was_active() {
            let failure = Failure::new(Class::Toolchain, format!("cannot run `{line}`"));
            return Err(last.iter().fold(failure, |failure, line| failure.cause(line.clone())));
        }
        match show.result() {
            "timeout" => {
                let limit = program.limits.timeout;
                Err(Failure::new(Class::Timeout, format!("`{line}` was ended after its limit of {limit:?}")))
            }
            result => {
                let (code, signal) = show.main_exit();
                Ok(Exit { code, signal, out_of_memory: result == "oom-kill" })
            }
        }
    }
}

impl Runner for TransientRunner {
    fn run(
        &mut self,
        program: &Program,
        cancel: &Cancel,
        on_line: &mut dyn FnMut(Stream, &str),
    ) -> Outcome<Exit> {
        if Path::new(FOLDER).join(&self.unit).exists() {
            self.clear();
        }
        let stop = process::Cancel::new();
        let raise = stop.clone();
        cancel.on_request(move || raise.cancel());
        let mut last = VecDeque::new();
        let mut take = |stream, line: &str| {
            if last.len() == LAST_LINES {
                last.pop_front();
            }
            last.push_back(line.to_owned());
            let stream = if stream == process::Stream::Out { Stream::Out } else { Stream::Err };
            on_line(stream, line);
        };
        let command = self.command(program);
        match process::run(&command, program.limits.timeout.saturating_add(SLACK), &stop, &mut take) {
            Ok(exit) if exit.success() => Ok(Exit { code: Some(0), signal: None, out_of_memory: false }),
            // What the client ends with is the program's, or its own: the unit knows.
            Ok(_) => self.verdict(program, &last),
            Err(failure) => {
                // The client is gone; the unit is not, unless it is told.
                self.clear();
                let what = format!(
                    "`{}` was not run to its end",
                    text::clean(&program.executable.to_string_lossy())
                );
                Err(match failure.class {
                    Class::Cancelled => Failure::new(Class::Cancelled, what),
                    Class::Timeout => Failure::new(Class::Timeout, what),
                    _ => Failure { class: Class::Toolchain, ..failure }.context(what),
                })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ports::Limits;

    fn words(runner: &TransientRunner, limits: Limits) -> Vec<String> {
        let program = Program {
            executable: "/opt/a".into(),
            args: vec!["$HOME 5%".into(), "--wait".into()],
            env: vec![("A".into(), "$x %H \"q\"".into())],
            directory: "/var/lib/a b".into(),
            stdin: None,
            limits,
        };
        runner.command(&program).args.iter().map(|arg| arg.to_string_lossy().into_owned()).collect()
    }

    fn runner() -> TransientRunner {
        let programs =
            Programs { systemctl: "/usr/bin/systemctl".into(), systemd_run: "/usr/bin/systemd-run".into() };
        TransientRunner::new(programs, "sentinelgo-probe").expect("a name")
    }

    #[test]
    fn limits_become_properties_and_arguments_stay_what_they_are() {
        let limits = Limits {
            timeout: Duration::from_millis(1500),
            memory_max: Some(1 << 20),
            offline: true,
            user: Some("nobody".into()),
        };
        let words = words(&runner(), limits);
        for word in [
            "--unit=sentinelgo-probe.service",
            "--working-directory=/var/lib/a b",
            "RuntimeMaxSec=1500000us",
            "MemoryMax=1048576",
            "PrivateNetwork=yes",
            "RestrictAddressFamilies=AF_UNIX",
            "--uid=nobody",
            "--setenv=A=$x %H \"q\"",
        ] {
            assert!(words.iter().any(|found| found == word), "{word} in {words:?}");
        }
        assert_eq!(words[words.len() - 4..], ["--", "/opt/a", "$$HOME 5%", "--wait"]);
        assert!(!words.iter().any(|word| word.starts_with("BindsTo")));
    }

    #[test]
    fn only_bound_work_ends_with_its_client() {
        let limits = Limits { timeout: Duration::from_secs(1), memory_max: None, offline: false, user: None };
        let bound = runner().bound_to("sentinelgo-updater").expect("a name");
        let words = words(&bound, limits);
        assert!(words.iter().any(|word| word == "BindsTo=sentinelgo-updater.service"));
        assert!(
            !words.iter().any(|word| word.starts_with("MemoryMax") || word.starts_with("PrivateNetwork"))
        );
    }
}
