//! The command line: one file a command, and what they share.
//!
//! What comes in: arguments and two writers. Data goes to standard output, talk to standard error, and
//! the outcome is an exit code. Where the service runs, it is asked over its socket, and it does the work.
//! Most commands work without it, too: those that look read its files, those that change something run the
//! same engine in this process under the same lock. What never lives
//! here: a decision about the agent, a setting's meaning, or the words for values (`render` has them).

pub mod demo;

mod absent;
mod args;
mod attach;
mod cancel;
mod check;
mod config;
mod console;
mod exit;
mod follow;
mod gate;
mod glance;
mod history;
mod hold;
mod interrupted;
mod logs;
mod pause;
mod preview;
mod replay;
mod rescue;
mod rollback;
mod run;
mod screen;
mod service;
mod status;
mod tail;
mod tui;
mod update;
mod versions;
mod watch;

use std::ffi::OsString;
use std::path::Path;
use std::process::ExitCode;

use clap::Parser as _;

use self::args::{Args, Command};
pub use self::console::Console;
use self::console::Stop;
use self::exit::Exit;
use crate::config::{Loaded, Settings, Sources};
use crate::model::{Class, Failure};
use crate::render::metrics::Build;

/// What a command ends with.
type Ended = Result<Exit, Stop>;

/// The program.
pub fn main() -> ExitCode {
    let mut args = std::env::args_os();
    // The guard of a child process is this same program; it has no words for people.
    if args.nth(1).is_some_and(|command| command == "guard") {
        return crate::host::process::guard_main(args);
    }
    let console = Console::of_process();
    #[cfg(debug_assertions)]
    if let Err(why) = arm() {
        console.talk(&why);
        return ExitCode::from(Exit::Usage.code());
    }
    run_with(std::env::args_os(), &console)
}

/// A program built for debugging fails where its tests say so.
#[cfg(debug_assertions)]
fn arm() -> Result<(), String> {
    let Some(script) = crate::config::env::read("SENTINEL_FAULT") else { return Ok(()) };
    let log = crate::config::env::read("SENTINEL_FAULT_LOG").map(std::path::PathBuf::from);
    crate::host::fault::arm_from(&script, log.as_deref())
}

/// Runs one command line; `args` begins with the program's name.
pub fn run_with(args: impl IntoIterator<Item = OsString>, console: &Console) -> ExitCode {
    let exit = match Args::try_parse_from(args) {
        Ok(args) => console.close(dispatch(args, console)),
        Err(error) => {
            let text = error.render().to_string();
            match error.use_stderr() {
                true => {
                    console.talk(text.trim_end());
                    Exit::Usage
                }
                false => console.close(console.print(&text).map(|()| Exit::Done)),
            }
        }
    };
    ExitCode::from(exit.code())
}

fn dispatch(args: Args, console: &Console) -> Ended {
    let call = Call { console, sources: Sources::here(args.config.clone(), args.set.clone()) };
    match args.command {
        Command::Run { once } => run::run(&call, args.config, args.set, once),
        Command::Status { watch: true, json, .. } => watch::run(&call, json),
        Command::Status { json, metrics, .. } => status::run(&call, json, metrics),
        Command::Check { exit_code, json } => check::run(&call, exit_code, json),
        Command::Update(request) => update::run(&call, &request),
        Command::Rollback(request) => rollback::run(&call, &request),
        Command::Cancel => cancel::run(&call),
        Command::Hold { version, reason } => hold::hold(&call, &version, reason.as_deref()),
        Command::Unhold { version } => hold::unhold(&call, &version),
        Command::Pause { time, reason } => pause::pause(&call, time, reason.as_deref()),
        Command::Resume => pause::resume(&call),
        Command::History { id, json } => history::run(&call, id.as_deref(), json),
        Command::Versions { json } => versions::run(&call, json),
        Command::Logs(request) => logs::run(&call, &request),
        Command::Config { what } => config::run(&call, &what),
        Command::Demo { headless, keep } => match args.config {
            Some(file) => Err(refused_file(&file).into()),
            None => demo::run(console, &args.set, keep, headless),
        },
        Command::Tui(request) => tui::run(&call, request),
        Command::Attach { stdio: _ } => attach::run(&call),
        Command::Rescue => rescue::run(console, args.config),
    }
}

fn refused_file(file: &Path) -> Failure {
    Failure::new(
        Class::Usage,
        format!("`demo` writes its own configuration and does not read `{}`", file.display()),
    )
    .hint("leave --config out; --set KEY=VALUE changes a setting of the demo")
}

/// What every command gets.
struct Call<'a> {
    console: &'a Console,
    sources: Sources<'static>,
}

impl Call<'_> {
    /// The configuration; what is odd in it is told.
    fn load(&self) -> Result<Loaded, Stop> {
        let loaded = crate::config::load(&self.sources)?;
        for warning in &loaded.warnings {
            self.console.talk(&format!("warning: {warning}"));
        }
        Ok(loaded)
    }

    /// The settings alone.
    fn settings(&self) -> Result<Settings, Stop> {
        self.load().map(|loaded| loaded.settings)
    }
}

/// What this program is.
const BUILD: Build =
    Build { version: env!("CARGO_PKG_VERSION"), commit: env!("BUILD_COMMIT"), time: env!("BUILD_TIME") };

/// The version with when and from what it was built.
const VERSION: &str = concat!(
    env!("CARGO_PKG_VERSION"),
    " (built ",
    env!("BUILD_TIME"),
    ", commit ",
    env!("BUILD_COMMIT"),
    ")"
);
