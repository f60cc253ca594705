//! The real service, which runs the agent itself, and a real update that is begun from the dashboard.

use std::fs;
use std::os::unix::fs::symlink;
use std::process::Command;

use rustix::process::{Pid, Signal, kill_process};
use sentinel_updater::cli::demo::{Release, Tree, Variant};

use super::kit::child::Child;
use super::kit::go::Go;
use super::kit::trials::{Test, tests};
use super::kit::{cache, network, proxy};
use super::place::{PROGRAM, Place, SIZE};
use super::pty::{LONG, Tty, code};

/// Every test here.
pub(crate) fn tests() -> Vec<Test> {
    tests![an_update_is_begun_and_watched_and_a_killed_service_comes_back,]
}

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
        // The standard library comes compiled from the cache of tests.
        let warm = cache::folder().expect("a cache").join("gocache");
        fs::create_dir_all(&warm).expect("a directory");
        symlink(warm, place.path("cache/go/build")).expect("linked");
        let at = |name: &str| place.path(name).display().to_string();
        let port = network::free_port().expect("a port");
        let text = format!(
            "[updater]\nservice_name = \"tui-test\"\ncheck_interval = \"1h\"\n[service]\nmanager = \"process\"\n\
             [agent]\nservice_name = \"agent\"\nbinary = \"{}\"\n\
             args = [\"-health\", \"127.0.0.1:{port}\"]\nenv = {{ SENTINEL_DB = \"{}\" }}\n\
             [build]\ncgo = false\ngo = \"{}\"\ngoproxy = \"{}\"\ngosumdb = \"off\"\n[verify]\nwindow = \"2s\"\n\
             [paths]\ndata = \"{}\"\nstate = \"{}\"\ncache = \"{}\"\nsocket = \"{}\"\n",
            at("bin/sentinel"),
            at("data/beats"),
            Go::find().expect("go").binary().display(),
            tree.url(),
            at("data"),
            at("state"),
            at("cache"),
            at("control.sock"),
        );
        fs::write(place.path("updater.toml"), text).expect("written");
        let host = Self { place, tree };
        host.publish("v1.0.0");
        host
    }

    fn publish(&self, version: &str) {
        self.tree.publish(&Release::new(version).variant(Variant::Good).plain(true)).expect("published");
    }

    fn command(&self, command: &str) -> Command {
        let mut all = Command::new(PROGRAM);
        all.arg("--config").arg(self.place.path("updater.toml")).arg(command);
        all
    }

    fn run(&self) -> Child {
        Child::spawn(self.command("run")).expect("started")
    }
}

fn an_update_is_begun_and_watched_and_a_killed_service_comes_back() {
    let host = Host::new();
    let mut tty = Tty::start(&host.command("tui"), SIZE);
    tty.wait("the screen without a service", |tty| tty.screen().alternate_screen() && !tty.text().is_empty());
    let mut run = host.run();
    let runs = |version: &str| format!("running  {version}");
    let wait = |tty: &mut Tty, version: &str| {
        let text = runs(version);
        tty.wait_within(proxy::BUILD, &text, |tty| tty.text().contains(&text));
        tty.wait_within(proxy::BUILD, "the end of the run", |tty| {
            tty.text().contains(&format!("{version} done"))
        });
    };
    // It installs the agent by itself.
    wait(&mut tty, "v1.0.0");

    kill_process(Pid::from_raw(run.pid().cast_signed()).expect("a number"), Signal::KILL).expect("killed");
    run.exit_within(LONG).expect("killed");
    tty.wait_for("lost");
    let mut run = host.run();
    tty.wait_without("lost");

    host.publish("v1.1.0");
    tty.type_in("c");
    tty.wait_for("v1.1.0");
    tty.type_in("u");
    tty.wait_for("Cancel");
    tty.type_in("\x1b[C\r");
    wait(&mut tty, "v1.1.0");

    tty.type_in("q");
    assert_eq!(code(tty.end_restored()), 0);
    assert!(run.runs(), "the service goes on");
    kill_process(Pid::from_raw(run.pid().cast_signed()).expect("a number"), Signal::TERM).expect("ended");
    run.exit_within(LONG).expect("ended");
}
