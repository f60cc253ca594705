//! A whole life under the real `run`, with the real go: installed and updated, killed meanwhile, and
//! rolled back.

use std::fs;
use std::os::unix::fs::symlink;
use std::process::Command;

use rustix::process::Signal;
use sentinel_updater::cli::demo::{Release, Tree, Variant};
use serde_json::Value;

use super::kit::child::{self, Child};
use super::kit::go::Go;
use super::kit::trials::{Test, tests};
use super::kit::{cache, network, proxy};
use super::place::{LONG, PROGRAM, Place};
use super::run::end;
use crate::kit::waiting::until_within;

/// Every test here.
pub(crate) fn tests() -> Vec<Test> {
    tests![it_installs_updates_and_rolls_back_also_when_it_is_killed_meanwhile,]
}

/// The updater's whole surroundings. The agent is the one without SQLite, and the standard library comes
/// compiled from the cache of tests: a build takes seconds.
struct Host {
    place: Place,
    tree: Tree,
}

impl Host {
    fn new() -> Self {
        let place = Place::new();
        let tree = Tree::new(place.path("proxy")).expect("a tree");
        for folder in ["data", "bin", "cache/go"] {
            fs::create_dir_all(place.path(folder)).expect("a directory");
        }
        let warm = cache::folder().expect("a cache").join("gocache");
        fs::create_dir_all(&warm).expect("a directory");
        symlink(warm, place.path("cache/go/build")).expect("linked");
        let at = |name: &str| place.path(name).display().to_string();
        let port = network::free_port().expect("a port");
        let text = format!(
            "[updater]\nservice_name = \"sup-test\"\ncheck_interval = \"1s\"\n[service]\nmanager = \"process\"\n\
             [agent]\nservice_name = \"agent\"\nbinary = \"{}\"\n\
             args = [\"-health\", \"127.0.0.1:{port}\"]\nenv = {{ SENTINEL_DB = \"{}\" }}\n\
             [build]\ncgo = false\ngo = \"{}\"\ngoproxy = \"{}\"\ngosumdb = \"off\"\n[verify]\nwindow = \"4s\"\n\
             [paths]\ndata = \"{}\"\nstate = \"{}\"\ncache = \"{}\"\nsocket = \"{}\"\n",
            at("bin/sentinel"),
            at("data/beats"),
            Go::find().expect("go").binary().display(),
            tree.url(),
            at("data"),
            at("state"),
            at("cache"),
            at("run/control.sock"),
        );
        fs::write(place.path("updater.toml"), text).expect("written");
        let host = Self { place, tree };
        host.publish("v1.0.0", Variant::Good);
        host
    }

    fn publish(&self, version: &str, variant: Variant) {
        self.tree.publish(&Release::new(version).variant(variant).plain(true)).expect("published");
    }

    fn run(&self) -> Child {
        Child::spawn(self.command(&["run"])).expect("started")
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(PROGRAM);
        command.arg("--config").arg(self.place.path("updater.toml")).args(args);
        command
    }

    fn status(&self) -> Value {
        let output = child::run(self.command(&["status", "--json"]), LONG).expect("ran");
        serde_json::from_str(&output.stdout).unwrap_or_default()
    }

    fn wait(&self, what: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        until_within(
            proxy::BUILD,
            what,
            || wanted(&self.status()),
            || format!("{:#}\n{}", self.status(), self.place.read("data/updater.log")),
        );
        self.status()
    }

    /// Waits for the end of the run to `version`.
    fn over(&self, version: &str) -> Value {
        self.wait(&format!("the end of the run to {version}"), |status| {
            status["last_run"]["to"] == version && status["run"].is_null()
        })
    }
}

fn it_installs_updates_and_rolls_back_also_when_it_is_killed_meanwhile() {
    let host = Host::new();
    let mut run = host.run();
    for version in ["v1.0.0", "v1.1.0"] {
        host.publish(version, Variant::Good);
        let status = host.wait("the version is watched", |status| {
            status["run"]["to"] == version && status["updater"]["state"] == "verifying"
        });
        assert_eq!(status["agent"]["version"], version, "{status:#}");
        end(&run, Signal::KILL);
        run.exit_within(LONG).expect("killed");
        run = host.run();
        let status = host.over(version);
        assert_eq!(status["last_run"]["verdict"], "updated", "{status:#}");
        assert_eq!(running(&status), version, "{status:#}");
    }

    host.publish("v1.2.0", Variant::Good);
    let status = host.over("v1.2.0");
    assert_eq!(status["last_run"]["verdict"], "updated", "{status:#}");
    assert_eq!(running(&status), "v1.2.0", "{status:#}");
    println!("downtime {} ms", status["last_run"]["downtime_ms"]);

    host.publish("v1.3.0", Variant::CrashLoop);
    let status = host.over("v1.3.0");
    assert_eq!(status["last_run"]["verdict"], "rolled_back", "{status:#}");
    assert_eq!(running(&status), "v1.2.0", "{status:#}");
    assert_eq!(status["held"][0]["version"], "v1.3.0");
    let said = status["last_run"]["error"].to_string();
    assert!(said.contains("did not keep running"), "{status:#}");

    end(&run, Signal::TERM);
    assert_eq!(run.exit_within(LONG).expect("ended").code(), Some(0));
    let pid = status["agent"]["pid"].to_string();
    assert!(!super::place::lives(&pid));
}

/// The version that runs; null: none does.
fn running(status: &Value) -> Value {
    match status["agent"]["state"] == "running" {
        true => status["agent"]["version"].clone(),
        false => Value::Null,
    }
}
