//! The real `run` with an agent of its own.

use std::fs;
use std::os::unix::net::UnixDatagram;
use std::process::Command;
use std::time::{Duration, Instant};

use rustix::process::Signal;
use serde_json::Value;

use super::kit::child::{self, Child};
use super::kit::trials::{Test, tests};
use super::place::{LONG, PROGRAM, Place, lives};
use crate::kit::waiting::until;

/// Every test here.
pub(crate) fn tests() -> Vec<Test> {
    tests![
        the_agent_comes_with_run_and_goes_with_it_whatever_ends_it,
        commands_that_need_the_agents_owner_are_refused,
        signals_do_not_keep_the_watchdog_from_being_fed,
    ]
}

const AGENT: &str = "setsid sh -c 'trap \"\" TERM HUP; echo $$ >daemon.new; mv daemon.new daemon; exec sleep 1000' &\n\
    echo $$ >pid.new; mv pid.new pid; echo hello; exec sleep 1000";

fn place() -> Place {
    let place = Place::new();
    fs::create_dir_all(place.path("data")).expect("a directory");
    fs::create_dir_all(place.path("state/services")).expect("a directory");
    let binary = place.script("agent", AGENT);
    let at = |name: &str| place.path(name).display().to_string();
    let text = format!(
        "[updater]\nservice_name = \"sup-test\"\ncheck_interval = \"15m\"\n[service]\nmanager = \"process\"\n\
         [agent]\nmodule = \"example.test/agent\"\nservice_name = \"agent\"\nbinary = \"{}\"\n\
         [build]\ngoproxy = \"off\"\n\
         [paths]\ndata = \"{}\"\nstate = \"{}\"\ncache = \"{}\"\nsocket = \"{}\"\n",
        binary.display(),
        at("data"),
        at("state"),
        at("cache"),
        at("run/control.sock"),
    );
    fs::write(place.path("updater.toml"), text).expect("written");
    let definition = serde_json::json!({"binary": binary, "directory": place.path("data")});
    fs::write(place.path("state/services/agent.json"), definition.to_string()).expect("written");
    place
}

fn command(place: &Place, args: &[&str]) -> Command {
    let mut command = Command::new(PROGRAM);
    command.arg("--config").arg(place.path("updater.toml")).args(args);
    command
}

fn start(place: &Place) -> (Child, Duration) {
    for name in ["pid", "daemon"] {
        let _ = fs::remove_file(place.path(name));
    }
    let began = Instant::now();
    let run = Child::spawn(command(place, &["run"])).expect("started");
    until("the agent is up", || place.path("pid").exists());
    let took = began.elapsed();
    until("its daemon is up", || place.path("daemon").exists());
    (run, took)
}

fn the_agent_comes_with_run_and_goes_with_it_whatever_ends_it() {
    let place = place();
    let (mut run, took) = start(&place);
    println!("agent up {took:?} after run");
    assert!(took < Duration::from_secs(5), "{took:?}");
    let status = |place: &Place| -> Value {
        let output = child::run(command(place, &["status", "--json"]), LONG).expect("ran");
        serde_json::from_str(&output.stdout).expect("JSON")
    };
    let seen = status(&place);
    assert_eq!(seen["updater"]["manager"], "process");
    assert_eq!(seen["agent"]["state"], "running");
    assert_eq!(seen["agent"]["pid"].to_string(), place.read("pid").trim());

    run.signal_alone(Signal::KILL);
    run.exit_within(LONG).expect("killed");
    let (mut run, took) = {
        let (agent, daemon) = (place.read("pid"), place.read("daemon"));
        let (run, took) = start(&place);
        // The successor waited for the guard of its predecessor.
        assert!(!lives(&agent) && !lives(&daemon));
        (run, took)
    };
    println!("agent up {took:?} after run that followed a SIGKILL");
    assert!(took < Duration::from_secs(5), "{took:?}");

    let pid = run.pid();
    let threads = fs::read_dir(format!("/proc/{pid}/task")).expect("threads").count();
    let proc = fs::read_to_string(format!("/proc/{pid}/status")).expect("status");
    println!(
        "{threads} threads, {}",
        proc.lines().find(|line| line.starts_with("VmRSS")).unwrap_or_default()
    );

    let (agent, daemon) = (place.read("pid"), place.read("daemon"));
    run.signal_alone(Signal::TERM);
    let code = run.exit_within(LONG).expect("ended").code();
    assert_eq!(code, Some(0), "{}", run.said().1);
    assert!(!lives(&agent) && !lives(&daemon));
    assert_eq!(status(&place)["agent"]["state"], "stopped");
    assert!(fs::read_to_string(place.path("data/agent.log")).expect("a log").starts_with("hello\n"));
}

fn commands_that_need_the_agents_owner_are_refused() {
    let place = place();
    for args in [&["run", "--once"][..], &["update"], &["rollback"]] {
        let output = child::run(command(&place, args), LONG).expect("ran");
        // Its owner is the service, and there is none.
        let root = rustix::process::geteuid().is_root();
        let wanted = if args[0] == "run" {
            6
        } else if root {
            4
        } else {
            5
        };
        assert_eq!(output.code, Some(wanted), "{output}");
        assert!(output.stderr.contains("sentinel-updater"), "a hint: {output}");
    }
}

fn signals_do_not_keep_the_watchdog_from_being_fed() {
    let place = place();
    let manager = UnixDatagram::bind(place.path("notify")).expect("a service manager's socket");
    manager.set_read_timeout(Some(LONG)).expect("a limit");
    let mut command = command(&place, &["run"]);
    // It is due every second, which is much longer than a reload takes.
    command.env("NOTIFY_SOCKET", place.path("notify")).env("WATCHDOG_USEC", "2000000");
    let run = Child::spawn(command).expect("started");
    let (began, mut reloads) = (Instant::now(), 0);
    loop {
        let mut message = [0; 4096];
        let length = manager.recv(&mut message).expect("a message");
        let message = String::from_utf8_lossy(&message[..length]);
        match message.trim_end() {
            "WATCHDOG=1" => break,
            // After one reload comes the next.
            "READY=1" => {
                run.signal_alone(Signal::HUP);
                reloads += 1;
            }
            _ => {}
        }
        assert!(began.elapsed() < Duration::from_secs(10), "{reloads} reloads, and it was never fed");
    }
    assert!(reloads > 1, "{reloads}");
}
