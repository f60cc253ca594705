//! The demo as a stranger stops it: nothing stays, or after a kill one directory that the next demo sweeps.
#![cfg(unix)]

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

mod kit;

use kit::child::Child;

/// Far more than any of it takes.
const LIMIT: Duration = Duration::from_secs(60);

/// Started with `folder` for its temporary files, no home and no network.
fn demo(folder: &Path) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sentinel-updater"));
    command.arg("demo").current_dir("/").env_clear().env("TMPDIR", folder).env("GOPROXY", "off");
    Child::spawn(command).expect("the demo starts")
}

fn directories(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).expect("the folder is read");
    entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect()
}

/// A demo that holds the lock of its directory, and its name.
fn begun(folder: &Path) -> (Child, String) {
    let demo = demo(folder);
    let name = format!("sentinel-updater-demo-{}-0", demo.pid());
    let until = Instant::now() + LIMIT;
    while !folder.join(&name).join("updater.toml").exists() {
        assert!(Instant::now() < until, "no directory within {LIMIT:?}: {:?}", directories(folder));
        std::thread::sleep(Duration::from_millis(5));
    }
    (demo, name)
}

fn send(demo: &Child, signal: Signal) {
    let pid = Pid::from_raw(demo.pid().try_into().expect("a process id")).expect("not 0");
    kill_process(pid, signal).expect("the signal is sent");
}

#[test]
fn asked_to_end_it_leaves_nothing() {
    for signal in [Signal::INT, Signal::TERM, Signal::HUP] {
        let folder = tempfile::tempdir().expect("a folder");
        let (mut demo, _) = begun(folder.path());
        send(&demo, signal);
        let status = demo.exit_within(LIMIT).expect("it ends");
        assert_eq!(status.code(), Some(1), "{signal:?}");
        assert_eq!(directories(folder.path()), [""; 0], "{signal:?}");
    }
}

#[test]
fn what_a_killed_demo_leaves_the_next_one_sweeps() {
    let folder = tempfile::tempdir().expect("a folder");
    let (mut killed, first) = begun(folder.path());
    send(&killed, Signal::KILL);
    assert!(killed.exit_within(LIMIT).is_some(), "it ends");
    assert_eq!(directories(folder.path()), [first]);
    let (mut next, second) = begun(folder.path());
    assert_eq!(directories(folder.path()), [second]);
    send(&next, Signal::INT);
    assert!(next.exit_within(LIMIT).is_some(), "it ends");
    assert_eq!(directories(folder.path()), [""; 0]);
}

#[test]
fn without_a_place_it_ends_with_1_in_one_line() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sentinel-updater"));
    command.arg("demo").env("TMPDIR", "/nonexistent/folder");
    let output = kit::child::run(command, LIMIT).expect("it ends");
    assert_eq!(output.code, Some(1), "{output}");
    assert_eq!(output.stdout, "");
    assert!(output.stderr.starts_with("error: cannot create `/nonexistent/folder/"), "{output}");
    assert_eq!(output.stderr.lines().count(), 1, "{output}");
}
