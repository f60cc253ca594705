//! Starting a service's program, and what it is given.

use std::path::PathBuf;
use std::time::Instant;

use super::{Thread, answer, now};
use crate::host::process::Supervised;
use crate::host::{Command, Guard};
use crate::model::event::Level;
use crate::model::{Class, Failure, Outcome};
use crate::service::process::definition::Definition;
use crate::service::process::user;

/// Where a service finds programs, as with systemd.
const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

impl Thread {
    /// Starts the guard of a unit that does not run.
    pub(super) fn launch(&mut self, service: &str, again: bool) {
        let Some(unit) = self.units.get_mut(service) else { return };
        unit.due = None;
        unit.ended = None;
        unit.story.starting(again, now());
        match command(&unit.words, &self.guard).and_then(|command| Supervised::start(&command)) {
            Ok(running) => {
                unit.running = Some(running);
                self.tell(service);
            }
            Err(failure) => self.not_started(service, &failure),
        }
    }

    pub(super) fn not_started(&mut self, service: &str, failure: &Failure) {
        let Some(unit) = self.units.get_mut(service) else { return };
        let wait = unit.story.failed("exec", format!("could not be started: {}", failure.line()), now());
        unit.due = Some(Instant::now() + wait);
        (self.note)(Level::Error, &format!("{service} cannot be started: {failure}; again in {wait:?}"));
        let reply = unit.starting.take();
        self.tell(service);
        if let Some(reply) = reply {
            let failure = Failure { class: Class::Service, ..failure.clone() };
            answer(&reply, Err(failure.context(format!("cannot start `{service}`"))));
        }
    }
}

/// What starts a service: exactly its own environment, and the few variables that every program expects.
fn command(words: &Definition, guard: &Guard) -> Outcome<Command> {
    let user = words.user.as_deref().map(user::resolve).transpose()?.flatten();
    let mut guard = Guard { service: Some(Vec::new()), ..guard.clone() };
    let mut command = Command::new(&words.binary).args(&words.args).env("PATH", PATH);
    match user {
        Some(user) => {
            guard.user = Some(user.ids);
            guard.service = Some(user.groups);
            command = command.env("HOME", user.home).env("USER", &user.name).env("LOGNAME", user.name);
        }
        None => {
            if let Some(home) = user::own_home() {
                command = command.env("HOME", home);
            }
        }
    }
    for (name, value) in &words.env {
        command = command.env(name, value);
    }
    // It may not be there before the agent's first start.
    let directory = if words.directory.is_dir() { words.directory.clone() } else { PathBuf::from("/") };
    Ok(command.cwd(directory).guarded(guard))
}
