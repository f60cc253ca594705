//! A service with its agent, and the commands beside it.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use sentinel_updater::cli::demo::{Release, Tree, Variant};
use serde_json::Value;

use super::kit::child::{self, Child, Output};
use super::kit::go::Go;
use super::kit::waiting::until_within;
use super::kit::{cache, network, proxy};

pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_sentinel-updater");
/// Longer than any command takes that does not build.
pub(crate) const LONG: Duration = Duration::from_secs(120);
/// Longer than any build takes.
pub(crate) const BUILD: Duration = proxy::BUILD;

/// Everything of one service lies in one folder.
pub(crate) struct Host {
    folder: tempfile::TempDir,
    tree: Tree,
    service: Option<Child>,
}

impl Host {
    /// A configuration and nothing that runs.
    pub(crate) fn quiet() -> Self {
        let folder = tempfile::tempdir().expect("a directory");
        let tree = Tree::new(folder.path().join("proxy")).expect("a tree");
        let host = Self { folder, tree, service: None };
        for folder in ["data", "bin", "cache/go"] {
            fs::create_dir_all(host.path(folder)).expect("a directory");
        }
        let warm = cache::folder().expect("a cache").join("gocache");
        fs::create_dir_all(&warm).expect("a directory");
        symlink(warm, host.path("cache/go/build")).expect("linked");
        host.gate();
        let at = |name: &str| host.path(name).display().to_string();
        let port = network::free_port().expect("a port");
        let text = format!(
            "[updater]\nservice_name = \"commands-test\"\ncheck_interval = \"1h\"\n\
             [service]\nmanager = \"process\"\n[control]\ngroup = \"\"\n\
             [agent]\nservice_name = \"agent\"\nbinary = \"{}\"\n\
             args = [\"-health\", \"127.0.0.1:{port}\"]\nenv = {{ SENTINEL_DB = \"{}\" }}\n\
             [build]\ncgo = false\ngo = \"{}\"\ngoproxy = \"{}\"\ngosumdb = \"off\"\n[verify]\nwindow = \"4s\"\n\
             [paths]\ndata = \"{}\"\nstate = \"{}\"\ncache = \"{}\"\nsocket = \"{}\"\n",
            at("bin/sentinel"),
            at("data/beats"),
            at("tools/go"),
            host.tree.url(),
            at("data"),
            at("state"),
            at("cache"),
            at("run/control.sock"),
        );
        fs::write(host.path("updater.toml"), text).expect("written");
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

    /// The go command that is configured: the real one, after a gate that a test may close.
    fn gate(&self) {
        fs::create_dir_all(self.path("tools")).expect("a directory");
        let script = format!(
            "#!/bin/sh\ncase \"$1\" in install) while [ -e '{}' ]; do sleep 0.02; done ;; esac\nexec '{}' \"$@\"\n",
            self.path("closed").display(),
            Go::find().expect("go").binary().display()
        );
        let go = self.path("tools/go");
        fs::write(&go, script).expect("written");
        fs::set_permissions(&go, fs::Permissions::from_mode(0o755)).expect("executable");
    }

    /// From now on builds do not get ahead.
    pub(crate) fn close_gate(&self) {
        fs::write(self.path("closed"), "").expect("written");
    }

    pub(crate) fn open_gate(&self) {
        fs::remove_file(self.path("closed")).expect("removed");
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn socket(&self) -> PathBuf {
        self.path("run/control.sock")
    }

    pub(crate) fn publish(&self, version: &str, variant: Variant) {
        self.tree.publish(&Release::new(version).variant(variant).plain(true)).expect("published");
    }

    /// Starts the service; it listens when this returns.
    pub(crate) fn start(&mut self) {
        self.service = Some(Child::spawn(self.command(&["run"])).expect("started"));
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
        let pid = Pid::from_raw(service.pid().cast_signed()).expect("a number");
        kill_process(pid, signal).expect("signalled");
        service.exit_within(LONG).expect("ended");
    }

    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(PROGRAM);
        command.arg("--config").arg(self.path("updater.toml")).args(args);
        command
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

    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.path("data/updater.log")).unwrap_or_default()
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        if self.service.is_some() {
            self.end(Signal::TERM);
        }
    }
}

/// Sends a signal to a command alone.
pub(crate) fn signal(child: &Child, signal: Signal) {
    let pid = Pid::from_raw(child.pid().cast_signed()).expect("a number");
    kill_process(pid, signal).expect("signalled");
}
