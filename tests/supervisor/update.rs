//! A whole life under the real `run`, with the real go: installed, killed while it is watched, updated,
//! rolled back.

use std::fs;
use std::process::Command;

use rustix::process::Signal;
use sentinel_updater::cli::demo::{Release, Tree, Variant};
use serde_json::Value;

use super::kit::child::{self, Child};
use super::kit::go::Go;
use super::kit::network;
use super::kit::proxy::{self, Workshop};
use super::place::{LONG, PROGRAM, Place, until_within};
use super::run::end;

struct Host {
    place: Place,
    tree: Tree,
    _shop: Workshop,
}

impl Host {
    fn new() -> Self {
        let shop = Workshop::enter().expect("a workshop");
        let place = Place::new();
        let tree = Tree::new(place.path("proxy")).expect("a tree");
        tree.publish(&Release::new("v1.0.0")).expect("published");
        let goproxy = proxy::goproxy(&tree).expect("the dependencies");
        let warm = shop.go(&goproxy);
        let warm = warm.get_envs().find(|(name, _)| *name == "GOCACHE").and_then(|(_, value)| value);
        fs::create_dir_all(place.path("cache/go")).expect("a directory");
        let mut copy = Command::new("cp");
        copy.arg("-a").arg(warm.expect("a cache")).arg(place.path("cache/go/build"));
        child::run(copy, LONG).expect("copied").ok();
        for folder in ["data", "bin"] {
            fs::create_dir_all(place.path(folder)).expect("a directory");
        }
        let at = |name: &str| place.path(name).display().to_string();
        let port = network::free_port().expect("a port");
        let text = format!(
            "[updater]\nservice_name = \"sup-test\"\ncheck_interval = \"1s\"\n[service]\nmanager = \"process\"\n\
             [agent]\nservice_name = \"agent\"\nbinary = \"{}\"\ndatabase = \"{}\"\n\
             args = [\"-health\", \"127.0.0.1:{port}\"]\nenv = {{ SENTINEL_DB = \"{}\" }}\n\
             [build]\ngo = \"{}\"\ngoproxy = \"{goproxy}\"\ngosumdb = \"off\"\n[verify]\nwindow = \"4s\"\n\
             [paths]\ndata = \"{}\"\nstate = \"{}\"\ncache = \"{}\"\n",
            at("bin/sentinel"),
            at("data/sentinel.db"),
            at("data/sentinel.db"),
            Go::find().expect("go").binary().display(),
            at("data"),
            at("state"),
            at("cache"),
        );
        fs::write(place.path("updater.toml"), text).expect("written");
        Self { place, tree, _shop: shop }
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
}

#[test]
fn it_installs_updates_and_rolls_back_also_when_it_is_killed_meanwhile() {
    let host = Host::new();
    let mut run = Child::spawn(host.command(&["run"])).expect("started");
    host.wait("the first version is watched", |status| status["updater"]["state"] == "verifying");
    end(&run, Signal::KILL);
    run.exit_within(LONG).expect("killed");
    let mut run = Child::spawn(host.command(&["run"])).expect("started");
    let status = host.wait("it is installed", |status| status["last_run"]["verdict"] == "updated");
    assert_eq!(
        (&status["agent"]["version"], &status["agent"]["state"]),
        (&"v1.0.0".into(), &"running".into())
    );

    host.tree.publish(&Release::new("v1.1.0")).expect("published");
    let status =
        host.wait("it is updated", |status| status["last_run"]["to"] == "v1.1.0" && status["run"].is_null());
    assert_eq!(status["last_run"]["verdict"], "updated", "{status:#}");
    assert_eq!(status["agent"]["version"], "v1.1.0");
    println!(
        "downtime {} ms, snapshot {} ms",
        status["last_run"]["downtime_ms"], status["last_run"]["snapshot_ms"]
    );

    host.tree.publish(&Release::new("v1.2.0").variant(Variant::CrashLoop)).expect("published");
    let status = host
        .wait("it is rolled back", |status| status["last_run"]["to"] == "v1.2.0" && status["run"].is_null());
    assert_eq!(status["last_run"]["verdict"], "rolled_back", "{status:#}");
    assert_eq!(
        (&status["agent"]["version"], &status["agent"]["state"]),
        (&"v1.1.0".into(), &"running".into())
    );
    assert_eq!(status["held"][0]["version"], "v1.2.0");

    end(&run, Signal::TERM);
    assert_eq!(run.exit_within(LONG).expect("ended").code(), Some(0));
    let pid = status["agent"]["pid"].to_string();
    assert!(!super::place::lives(&pid));
}
