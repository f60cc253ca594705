//! `logs`.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::args::{Log, Logs};
use super::console::{Console, Stop};
use super::exit::Exit;
use super::service::{Reached, reach};
use super::{Call, Ended, gate, tail};
use crate::config::Settings;
use crate::host::follow::Follow;
use crate::host::process::{self, Stream};
use crate::host::{Cancel, Command, Guard, files};
use crate::model::{Class, Failure, Outcome};
use crate::store::Layout;

/// How often a file is looked at.
const PAUSE: Duration = Duration::from_millis(250);
/// Where the reader of the service manager's log is.
const JOURNALCTL: [&str; 2] = ["/usr/bin/journalctl", "/bin/journalctl"];
/// How long the service manager's log may take to be read, and to be followed.
const QUICKLY: Duration = Duration::from_secs(60);
const FOR_EVER: Duration = Duration::from_secs(10 * 365 * 86_400);

/// Prints the end of a log, and goes on with it if asked to.
pub(super) fn run(call: &Call<'_>, request: &Logs) -> Ended {
    let settings = call.settings()?;
    let absent = match reach(&settings) {
        Reached::Service(service) => return tail::run(call, *service, request),
        Reached::Absent(failure) => failure,
    };
    match request.log {
        Log::Updater => file(call.console, &settings.log_file(), request),
        Log::Agent => match agent_file(&settings) {
            Some(path) => file(call.console, &path, request),
            None => journal(call.console, &settings, request),
        },
        Log::Build => {
            gate::readable(&settings, "logs build", &absent)?;
            match newest_build(&Layout::new(&settings.paths.state))? {
                Some(path) => file(call.console, &path, request),
                None => {
                    call.console.talk("nothing has been built yet");
                    Ok(Exit::Done)
                }
            }
        }
    }
}

/// The agent's log file, if it writes one.
fn agent_file(settings: &Settings) -> Option<PathBuf> {
    let usual = settings.paths.data.join("agent.log");
    settings.agent.log.iter().cloned().chain([usual]).find(|path| path.exists())
}

/// The log of the newest run: their names sort by time.
fn newest_build(layout: &Layout) -> Outcome<Option<PathBuf>> {
    let folder = layout.builds();
    let entries = match std::fs::read_dir(&folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(Failure::io("look into", &folder, &error)),
    };
    let logs = entries.flatten().map(|entry| entry.path());
    Ok(logs.filter(|path| path.extension().is_some_and(|extension| extension == "log")).max())
}

fn file(console: &Console, path: &Path, request: &Logs) -> Ended {
    if path.symlink_metadata().is_err_and(|error| error.kind() == ErrorKind::NotFound) {
        console.talk(&format!("there is no `{}` yet", path.display()));
        if !request.follow {
            return Ok(Exit::Done);
        }
    }
    // Before the tail: a line that comes in between is then shown twice rather than never.
    let mut follow = request.follow.then(|| Follow::from_end(path)).transpose()?;
    if path.exists() {
        for line in files::tail(path, request.lines)? {
            console.line(&line)?;
        }
    }
    let Some(follow) = &mut follow else { return Ok(Exit::Done) };
    loop {
        let mut lines = Vec::new();
        follow.poll(&mut |line| lines.push(line.to_owned()))?;
        for line in lines {
            console.line(&line)?;
        }
        std::thread::sleep(PAUSE);
    }
}

/// The agent writes no file: what it prints is in the service manager's log.
fn journal(console: &Console, settings: &Settings, request: &Logs) -> Ended {
    let service = &settings.agent.service_name;
    let program = JOURNALCTL.iter().map(Path::new).find(|path| path.exists()).ok_or_else(|| {
        Failure::new(Class::Disk, format!("the agent {service} has no log file, and no `journalctl` is here"))
            .hint("set `agent.log` to the file that the agent writes")
    })?;
    let guard = Guard::this_executable()?;
    let mut command = Command::new(program)
        .args(["--no-pager", "--output=short-iso", "--unit", service.as_str(), "--lines"])
        .arg(request.lines.to_string())
        .guarded(guard);
    if request.follow {
        command = command.arg("--follow");
    }
    let cancel = Cancel::new();
    let mut stop: Option<Stop> = None;
    let limit = if request.follow { FOR_EVER } else { QUICKLY };
    let ended = process::run(&command, limit, &cancel, &mut |stream, line| match stream {
        Stream::Err => console.talk(line),
        Stream::Out if stop.is_some() => {}
        Stream::Out => {
            if let Err(gone) = console.line(line) {
                stop = Some(gone);
                cancel.cancel();
            }
        }
    });
    match stop {
        Some(stop) => Err(stop),
        None => {
            ended?.check(&command, Class::Service)?;
            Ok(Exit::Done)
        }
    }
}
