//! A host as the commands see one, and the program run on it.

use std::ffi::OsStr;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use sentinel_updater::model::{By, Run, RunKind, StepId, StepStatus, Timestamp, Verdict};
use sentinel_updater::store::{Layout, SqliteRecords};
use serde_json::Value;

pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_sentinel-updater");
pub(crate) const MODULE: &str = "example.test/agent";

/// A host as far as these commands see one: a configuration, and the folders that it names.
pub(crate) struct Place {
    pub(crate) folder: tempfile::TempDir,
}

impl Place {
    pub(crate) fn new() -> Self {
        let place = Self { folder: tempfile::tempdir().expect("a directory") };
        place.configure("");
        place
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn layout(&self) -> Layout {
        Layout::new(self.path("state"))
    }

    /// Writes the configuration, with more lines at its end.
    pub(crate) fn configure(&self, more: &str) {
        let at = |name: &str| self.path(name).display().to_string();
        let text = format!(
            "[updater]\nservice_name = \"cli-test-updater\"\n[service]\nmanager = \"process\"\n\
             [agent]\nmodule = \"{MODULE}\"\nservice_name = \"cli-test-agent\"\nbinary = \"{}\"\n\
             [paths]\ndata = \"{}\"\nstate = \"{}\"\ncache = \"{}\"\nsocket = \"{}\"\n{more}",
            at("agent"),
            at("data"),
            at("state"),
            at("cache"),
            at("control.sock"),
        );
        std::fs::write(self.path("updater.toml"), text).expect("the configuration");
    }

    pub(crate) fn records(&self) -> SqliteRecords {
        self.layout().create().expect("the state");
        SqliteRecords::new(self.layout().records())
    }

    pub(crate) fn command<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> Command {
        let mut command = bare();
        command.arg("--config").arg(self.path("updater.toml")).args(args);
        command
    }

    pub(crate) fn run(&self, line: &str) -> Answer {
        ask(&mut self.command(line.split_whitespace()))
    }
}

/// The program with an environment that sets nothing.
pub(crate) fn bare() -> Command {
    let mut command = Command::new(PROGRAM);
    command.env_clear().stdin(Stdio::null());
    command
}

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) talk: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

pub(crate) fn ask(command: &mut Command) -> Answer {
    let Output { status, stdout, stderr } = command.output().expect("the program starts");
    Answer {
        code: status.code(),
        out: String::from_utf8(stdout).expect("text"),
        talk: String::from_utf8(stderr).expect("text"),
    }
}

/// Says why a test proves nothing here.
pub(crate) fn skipped(needs: &str) {
    drop(writeln!(std::io::stderr(), "skipped: needs {needs}"));
}

pub(crate) fn keys(value: &Value) -> Vec<&str> {
    value.as_object().expect("an object").keys().map(String::as_str).collect()
}

pub(crate) fn at(text: &str) -> Timestamp {
    text.parse().expect("a time")
}

pub(crate) fn done() -> Run {
    let mut run =
        Run::new("20261124T031500Z-1a2b".into(), RunKind::Update, By::Uid(0), at("2026-11-24T03:15:00Z"));
    run.from = Some("v1.0.0".into());
    run.to = Some("v1.1.0".into());
    run.verdict = Some(Verdict::Updated);
    run.took_ms = Some(41_000);
    run.downtime_ms = Some(180);
    for step in StepId::ALL {
        run.step_ended(step, StepStatus::Done, Some(1), None);
    }
    run
}
