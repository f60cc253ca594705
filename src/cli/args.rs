//! The clap tree. Only the shape of a command line is checked here, never the system.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Parser, Subcommand, ValueEnum};

use crate::config::{assignment, duration};
use crate::control::protocol;
use crate::model::{DatabaseRequest, RollbackRequest, Timestamp, UpdateRequest, Version};

/// Keeps a Go agent daemon current: builds new versions and switches over, with automatic rollback.
#[derive(Debug, Parser)]
#[command(
    name = "sentinel-updater",
    bin_name = "sentinel-updater",
    version = super::VERSION,
    color = clap::ColorChoice::Never,
    max_term_width = 100,
    arg_required_else_help = true,
    disable_help_subcommand = true,
    after_help = "Exit codes: 0 done or already current; 1 failed or aborted, the agent is untouched; 2 wrong usage or \
                  bad configuration; 3 the update failed and was rolled back; 4 the service cannot be reached; 5 not \
                  permitted; 6 refused (held, a downgrade, outside the policy, busy); 7 stuck: neither version runs; \
                  10 there is something to do (`check --exit-code`). A command that follows a run ends with the run's \
                  verdict; one that stops following ends with 1, and the run goes on."
)]
pub(super) struct Args {
    /// Another configuration file
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Another value for a setting, such as `updater.check_interval=5m`; may be repeated
    #[arg(long, global = true, value_name = "KEY=VALUE", value_parser = assignment)]
    pub set: Vec<(String, String)>,
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Be the service: check, update, watch, until told to stop
    Run {
        /// One check, the update if one is due, then the end
        #[arg(long)]
        once: bool,
    },
    /// Show the updater, the agent and the newest version on one screen
    Status {
        /// As JSON
        #[arg(long)]
        json: bool,
        /// In Prometheus' text format, for node_exporter's textfile collector
        #[arg(long, conflicts_with = "json")]
        metrics: bool,
        /// Go on with what changes, until Ctrl-C
        #[arg(long, conflicts_with = "metrics")]
        watch: bool,
    },
    /// Ask the module system for new versions now
    Check {
        /// Exit with 10 when an update is available
        #[arg(long)]
        exit_code: bool,
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// Update the agent and follow it
    Update(Update),
    /// Go back to the previous version, or to any kept one
    Rollback(Rollback),
    /// Abort the run; where the new version runs already, go back now
    Cancel,
    /// Never take a version automatically
    Hold {
        /// The version, such as v1.4.2
        #[arg(value_parser = version)]
        version: Version,
        /// Why, for those who wonder later
        #[arg(long, value_name = "TEXT")]
        reason: Option<String>,
    },
    /// Allow a held version again
    Unhold {
        /// The version, such as v1.4.2
        #[arg(value_parser = version)]
        version: Version,
    },
    /// Stop automatic updates; `update` and `rollback` go on working
    Pause {
        /// For how long, such as 2h; until `resume` if not given
        #[arg(long = "for", value_name = "DURATION", value_parser = time)]
        time: Option<Duration>,
        /// Why, for those who wonder later
        #[arg(long, value_name = "TEXT")]
        reason: Option<String>,
    },
    /// Let automatic updates go on
    Resume,
    /// List the runs that ended, or show one with its steps
    History {
        /// The run to show
        id: Option<String>,
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// List installed, kept, held and available versions
    Versions {
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// Show the end of a log
    Logs(Logs),
    /// Show or check the configuration
    Config {
        #[command(subcommand)]
        what: Config,
    },
    /// See an update, a failing release and its rollback, without root
    Demo {
        /// Print what happens and end with its verdict; so it does where there is no terminal
        #[arg(long)]
        headless: bool,
        /// Leave the directory there afterwards
        #[arg(long)]
        keep: bool,
    },
    /// Show the dashboard: watch the running service and steer it
    Tui(Tui),
    /// Carry a client at standard input and output to the service's socket
    #[command(hide = true)]
    Attach {
        /// The only way there is
        #[arg(long, required = true)]
        stdio: bool,
    },
    /// Get the agent up again after the updater ended in the middle of a switch
    #[command(hide = true)]
    Rescue,
}

#[derive(Debug, clap::Args)]
pub(super) struct Update {
    /// The version, such as v1.4.2; the newest that the policy allows if not given
    #[arg(value_parser = version)]
    pub version: Option<Version>,
    /// Take it although it is held, lower, retracted or outside the policy
    #[arg(long)]
    pub force: bool,
    /// Build and prove now, switch later: by the next `update`, or by itself when it is due
    #[arg(long)]
    pub stage_only: bool,
    /// Print what would be done and change nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Begin it, print the id of its run, and leave it to the service
    #[arg(long, conflicts_with = "dry_run")]
    pub detach: bool,
    /// One JSON object for each event
    #[arg(long)]
    pub json: bool,
}

impl From<&Update> for UpdateRequest {
    fn from(update: &Update) -> Self {
        Self { version: update.version.clone(), force: update.force, stage_only: update.stage_only }
    }
}

#[derive(Debug, clap::Args)]
pub(super) struct Rollback {
    /// A kept version (see `versions`); the previous one if not given
    pub version: Option<String>,
    /// Put the database back as it was when that version was left; today's is set aside
    #[arg(long, conflicts_with = "keep_database")]
    pub restore_database: bool,
    /// Leave the database as it is
    #[arg(long)]
    pub keep_database: bool,
    /// One JSON object for each event
    #[arg(long)]
    pub json: bool,
}

impl From<&Rollback> for RollbackRequest {
    fn from(rollback: &Rollback) -> Self {
        let database = match (rollback.restore_database, rollback.keep_database) {
            (true, _) => DatabaseRequest::Restore,
            (_, true) => DatabaseRequest::Keep,
            _ => DatabaseRequest::Ask,
        };
        Self { version: rollback.version.clone(), database }
    }
}

#[derive(Debug, clap::Args)]
pub(super) struct Logs {
    /// Which log
    #[arg(value_enum, default_value_t = Log::Updater)]
    pub log: Log,
    /// How many lines of its end
    #[arg(short = 'n', value_name = "N", default_value_t = 50)]
    pub lines: usize,
    /// Go on with what is written from now on
    #[arg(short, long)]
    pub follow: bool,
}

#[derive(Debug, clap::Args)]
pub(super) struct Tui {
    /// Only look
    #[arg(long)]
    pub read_only: bool,
    /// These colours instead of those that suit the terminal
    #[arg(long, value_enum)]
    pub theme: Option<Theme>,
    /// Draw with ASCII only
    #[arg(long)]
    pub ascii: bool,
    /// Take clicks and the wheel from the start; `M` changes it
    #[arg(long)]
    pub mouse: bool,
    /// Draw at most so often a second
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=60))]
    pub fps: Option<u32>,
    /// The service of another machine, over ssh; --config then names a file there
    #[arg(long, value_name = "USER@HOST", conflicts_with = "replay")]
    pub host: Option<String>,
    /// Show what was recorded (`update --json`) instead of a service
    #[arg(long, value_name = "FILE")]
    pub replay: Option<PathBuf>,
    /// Print the screen as text and end
    #[arg(long, requires = "replay")]
    pub once: bool,
    /// The screen as it was then: an RFC 3339 time
    #[arg(long, value_name = "TIME", requires = "replay", value_parser = timestamp)]
    pub at: Option<Timestamp>,
    /// Columns and rows of the screen that is printed
    #[arg(long, value_name = "WxH", requires = "once", value_parser = size)]
    pub size: Option<(u16, u16)>,
    /// Keys that are pressed before it is printed, such as `4` or `?`
    #[arg(long, requires = "once")]
    pub keys: Option<String>,
    /// Write a picture instead of text
    #[arg(long, value_name = "FILE", requires = "once")]
    pub svg: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Theme {
    /// For a dark background
    Dark,
    /// For a light background
    Light,
    /// Without colours
    Mono,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Log {
    /// What the updater did
    Updater,
    /// What the agent wrote
    Agent,
    /// The output of the last build
    Build,
}

impl From<Log> for protocol::Log {
    fn from(log: Log) -> Self {
        match log {
            Log::Updater => Self::Updater,
            Log::Agent => Self::Agent,
            Log::Build => Self::Build,
        }
    }
}

#[derive(Debug, Subcommand)]
pub(super) enum Config {
    /// Print the effective settings: the running service's, or those of the files
    Show {
        /// Those of the files, whatever the service has
        #[arg(long)]
        local: bool,
        /// With the place that each value comes from
        #[arg(long)]
        origin: bool,
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// Say whether the configuration can be used, and everything that is wrong with it
    Check,
}

/// How long a pause lasts: not for nothing.
fn time(text: &str) -> Result<Duration, String> {
    match duration::parse(text) {
        Ok(Duration::ZERO) => Err("it is zero".into()),
        Ok(time) => Ok(time),
        Err(why) => Err(format!("{why}; accepted is {}", duration::ACCEPTS)),
    }
}

fn timestamp(text: &str) -> Result<Timestamp, String> {
    text.parse().map_err(|error| format!("{error}; accepted is a time such as 2026-11-24T10:00:00Z"))
}

/// Columns and rows.
fn size(text: &str) -> Result<(u16, u16), String> {
    let sides =
        text.split_once('x').and_then(|(columns, rows)| Some((columns.parse().ok()?, rows.parse().ok()?)));
    match sides {
        Some((columns @ 1..=1000, rows @ 1..=1000)) => Ok((columns, rows)),
        _ => Err("accepted are columns and rows up to 1000, such as 80x24".into()),
    }
}

fn version(text: &str) -> Result<Version, String> {
    Version::parse(text).map_err(|failure| failure.to_string())
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    #[test]
    fn the_tree_is_sound() {
        super::Args::command().debug_assert();
    }
}
