//! The logs of the host: where each of them is, their ends, and what is written from now on.

mod followers;

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::config::Settings;
use crate::control::protocol::Log;
use crate::host::process::{self, Stream};
use crate::host::{Cancel, Command, Guard, files};
use crate::model::{Class, Failure, Outcome};
use crate::world;

pub(super) use self::followers::Followers;

/// Where the reader of the service manager's log is.
const JOURNALCTL: [&str; 2] = ["/usr/bin/journalctl", "/bin/journalctl"];
/// How long the service manager's log may take to be read.
pub const QUICKLY: Duration = Duration::from_secs(60);
/// How long it may be followed.
pub const FOR_EVER: Duration = Duration::from_secs(10 * 365 * 86_400);

/// Where a log is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LogPlace {
    /// A file, which need not exist yet.
    File(PathBuf),
    /// What this service prints, in the service manager's log.
    Service(String),
}

impl LogPlace {
    /// For people.
    pub fn name(&self) -> String {
        match self {
            Self::File(path) => path.display().to_string(),
            Self::Service(service) => format!("journalctl --unit {service}"),
        }
    }
}

/// Where `log` is; `None`: nothing has been built yet.
///
/// # Errors
/// `Permission`, `Disk` when the updater's folder cannot be looked into.
pub fn log_place(settings: &Settings, log: Log) -> Outcome<Option<LogPlace>> {
    Ok(match log {
        Log::Updater => Some(LogPlace::File(settings.log_file())),
        Log::Agent => Some(match agent_file(settings) {
            Some(path) => LogPlace::File(path),
            // The agent writes no file: what it prints is in the service manager's log.
            None => LogPlace::Service(settings.agent.service_name.clone()),
        }),
        Log::Build => world::newest_build_log(settings)?.map(LogPlace::File),
    })
}

/// The agent's log file, if it writes one.
fn agent_file(settings: &Settings) -> Option<PathBuf> {
    let own = world::kind(settings).is_own().then(|| settings.agent_output());
    let usual = settings.agent_output();
    settings.agent.log.iter().cloned().chain([usual]).find(|path| path.exists()).or(own)
}

/// The command that prints the last `lines` lines that `service` wrote, and goes on with what comes.
///
/// # Errors
/// `Disk` where there is no such program, `Internal`.
pub fn journal(service: &str, lines: usize, follow: bool) -> Outcome<Command> {
    let program = JOURNALCTL.iter().map(Path::new).find(|path| path.exists()).ok_or_else(|| {
        Failure::new(Class::Disk, format!("the agent {service} has no log file, and no `journalctl` is here"))
            .hint("set `agent.log` to the file that the agent writes")
    })?;
    let command = Command::new(program)
        .args(["--no-pager", "--output=short-iso", "--unit", service, "--lines"])
        .arg(lines.to_string())
        .guarded(Guard::this_executable()?);
    Ok(if follow { command.arg("--follow") } else { command })
}

/// The last `lines` lines of a log, oldest first, cleaned. A file that is not there has none.
///
/// # Errors
/// `Disk`, `Permission`; `Service` when the service manager's log cannot be read.
pub fn log_tail(place: &LogPlace, lines: usize) -> Outcome<Vec<String>> {
    match place {
        LogPlace::File(path) if !path.exists() => Ok(Vec::new()),
        LogPlace::File(path) => files::tail(path, lines),
        LogPlace::Service(service) => {
            let command = journal(service, lines, false)?;
            let mut found = Vec::new();
            let ended = process::run(&command, QUICKLY, &Cancel::new(), &mut |stream, line| {
                if stream == Stream::Out {
                    found.push(line.to_owned());
                }
            });
            ended?.check(&command, Class::Service)?;
            Ok(found)
        }
    }
}
