//! `logs`.

use std::io::ErrorKind;
use std::path::Path;
use std::time::Duration;

use super::args::{Log, Logs};
use super::console::{Console, Stop};
use super::exit::Exit;
use super::service::{Reached, reach};
use super::{Call, Ended, gate, tail};
use crate::daemon::{self, LogPlace};
use crate::host::follow::Follow;
use crate::host::process::{self, Stream};
use crate::host::{Cancel, files};
use crate::model::Class;

/// How often a file is looked at.
const PAUSE: Duration = Duration::from_millis(250);

/// Prints the end of a log, and goes on with it if asked to.
pub(super) fn run(call: &Call<'_>, request: &Logs) -> Ended {
    let settings = call.settings()?;
    let absent = match reach(&settings) {
        Reached::Service(service) => return tail::run(call, *service, request),
        Reached::Absent(failure) => failure,
    };
    if request.log == Log::Build {
        gate::readable(&settings, "logs build", &absent)?;
    }
    match daemon::log_place(&settings, request.log.into())? {
        Some(LogPlace::File(path)) => file(call.console, &path, request),
        Some(LogPlace::Service(service)) => journal(call.console, &service, request),
        None => {
            call.console.talk(tail::nothing_yet(request.log));
            Ok(Exit::Done)
        }
    }
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
        console.lines(&files::tail(path, request.lines)?)?;
    }
    let Some(follow) = &mut follow else { return Ok(Exit::Done) };
    loop {
        let mut lines = Vec::new();
        follow.poll(&mut |line| lines.push(line.to_owned()))?;
        console.lines(&lines)?;
        std::thread::sleep(PAUSE);
    }
}

/// The agent writes no file: what it prints is in the service manager's log.
fn journal(console: &Console, service: &str, request: &Logs) -> Ended {
    let command = daemon::journal(service, request.lines, request.follow)?;
    let cancel = Cancel::new();
    let mut stop: Option<Stop> = None;
    let limit = if request.follow { daemon::FOR_EVER } else { daemon::QUICKLY };
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
