//! A service with its agent, and the commands beside it.

use std::fs;
use std::ops::Deref;
use std::time::Duration;

use rustix::process::Signal;
use sentinel_updater::cli::demo::Variant;
use serde_json::Value;

use super::kit::child::{self, Child, Output};
use super::kit::instance::Instance;
use super::kit::proxy;
use super::kit::waiting::until_within;

/// Longer than any command takes that does not build.
pub(crate) const LONG: Duration = Duration::from_secs(120);
/// Longer than any build takes.
pub(crate) const BUILD: Duration = proxy::BUILD;

/// Everything of one service lies in one folder.
pub(crate) struct Host {
    instance: Instance,
    service: Option<Child>,
}

impl Deref for Host {
    type Target = Instance;

    fn deref(&self) -> &Instance {
        &self.instance
    }
}

impl Host {
    /// A configuration and nothing that runs.
    pub(crate) fn quiet() -> Self {
        let host = Self { instance: Instance::new(), service: None };
        // The real go, after a gate that a test may close.
        host.before_go(&format!(
            "case \"$1\" in install) while [ -e '{}' ]; do sleep 0.02; done ;; esac",
            host.path("closed").display()
        ));
        host.configure("1h", "4s", "control.group = \"\"\n");
        host
    }

    /// A service whose agent is v1.0.0, and that has nothing to do.
    pub(crate) fn running() -> Self {
        let mut host = Self::quiet();
        host.publish("v1.0.0", Variant::Good);
        host.start();
        host.wait("v1.0.0 is installed", |status| {
            status["last_run"]["to"] == "v1.0.0" && status["updater"]["state"] == "idle"
        });
        host
    }

    /// From now on builds do not get ahead.
    pub(crate) fn close_gate(&self) {
        fs::write(self.path("closed"), "").expect("written");
    }

    pub(crate) fn open_gate(&self) {
        fs::remove_file(self.path("closed")).expect("removed");
    }

    /// Starts the service; it listens when this returns.
    pub(crate) fn start(&mut self) {
        self.service = Some(self.run());
        until_within(
            LONG,
            "the service answers",
            || self.ask("status --json").code == Some(0),
            || format!("{}\n{}", self.ask("status"), self.log()),
        );
    }

    /// Ends the service; it has ended when this returns.
    pub(crate) fn end(&mut self, signal: Signal) {
        let mut service = self.service.take().expect("it runs");
        service.signal_alone(signal);
        service.exit_within(LONG).expect("ended");
    }

    /// Runs a command to its end.
    pub(crate) fn ask(&self, line: &str) -> Output {
        let args: Vec<&str> = line.split_whitespace().collect();
        child::run(self.command(&args), BUILD).expect("it ends")
    }

    /// Starts a command.
    pub(crate) fn begin(&self, line: &str) -> Child {
        let args: Vec<&str> = line.split_whitespace().collect();
        Child::spawn(self.command(&args)).expect("started")
    }

    pub(crate) fn json(&self, line: &str) -> Value {
        let output = self.ask(line);
        serde_json::from_str(&output.stdout).unwrap_or_else(|error| panic!("{error}: {output}"))
    }

    /// Waits until the status is as wanted.
    pub(crate) fn wait(&self, what: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        until_within(
            BUILD,
            what,
            || wanted(&self.json("status --json")),
            || format!("{:#}\n{}", self.json("status --json"), self.log()),
        );
        self.json("status --json")
    }

    /// Waits until a command that was begun has said this, on either side.
    pub(crate) fn said(&self, child: &Child, text: &str) {
        let all = || {
            let (out, talk) = child.said();
            format!("{out}{talk}")
        };
        until_within(BUILD, text, || all().contains(text), || format!("{}\n{}", all(), self.log()));
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        if self.service.is_some() {
            self.end(Signal::TERM);
        }
    }
}
