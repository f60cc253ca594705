//! The real service, which runs the agent itself, steered from the dashboard: real updates, with real keys.

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

const RIGHT: &str = "\x1b[C";

/// Every test here.
pub(crate) fn tests() -> Vec<Test> {
    tests![a_real_update_is_steered_from_the_dashboard,]
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
             [control]\ngroup = \"\"\n\
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

fn signal(run: &Child, signal: Signal) {
    kill_process(Pid::from_raw(run.pid().cast_signed()).expect("a number"), signal).expect("sent");
}

/// Waits until this version runs and nothing is under way.
fn settled(tty: &mut Tty, version: &str) {
    let text = format!("running  {version}");
    tty.wait_within(proxy::BUILD, &text, |tty| {
        tty.text().contains(&text) && tty.text().contains("waiting for the next check")
    });
}

fn a_real_update_is_steered_from_the_dashboard() {
    let host = Host::new();
    let mut tty = Tty::start(&host.command("tui"), SIZE);
    tty.wait("the screen without a service", |tty| tty.screen().alternate_screen() && !tty.text().is_empty());
    let mut run = host.run();
    // It installs the agent by itself.
    settled(&mut tty, "v1.0.0");

    signal(&run, Signal::KILL);
    run.exit_within(LONG).expect("killed");
    tty.wait_for("lost");
    let mut run = host.run();
    tty.wait_for("connected");
    settled(&mut tty, "v1.0.0");

    host.publish("v1.1.0");
    tty.type_in("c");
    // It is available, and taken at once; a pause comes first so that the button does it.
    settled(&mut tty, "v1.1.0");

    tty.type_in("p");
    tty.wait_for("Pause for 1 h");
    tty.type_in(&format!("{RIGHT}\r"));
    tty.wait_for("paused until");
    host.publish("v1.2.0");
    tty.type_in("c");
    tty.wait_for("v1.2.0 available");
    tty.type_in("u");
    tty.wait_for("Cancel");
    tty.type_in(&format!("{RIGHT}\r"));
    tty.wait_for("Download & compile");
    // In the middle of it the window gets another size.
    tty.resize((120, 40));
    tty.type_in("2");
    tty.resize(SIZE);
    tty.wait_within(proxy::BUILD, "the new version", |tty| tty.text().contains("running  v1.2.0"));
    tty.type_in("1");
    tty.wait_within(proxy::BUILD, "the end of the run", |tty| tty.text().contains("paused until"));

    tty.type_in("r");
    tty.wait_for("Roll back to v1.1.0");
    tty.type_in(&format!("{RIGHT}\r"));
    tty.wait_within(proxy::BUILD, "the version before", |tty| tty.text().contains("running  v1.1.0"));
    tty.wait_within(proxy::BUILD, "the end of the run", |tty| tty.text().contains("paused until"));

    tty.type_in("q");
    assert_eq!(code(tty.end_restored()), 0);
    assert!(run.runs(), "the service goes on");
    signal(&run, Signal::TERM);
    run.exit_within(LONG).expect("ended");
}
