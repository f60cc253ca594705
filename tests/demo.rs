//! The demo as a stranger stops it: nothing stays, or after a kill one directory that the next demo sweeps.
#![cfg(unix)]

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use rustix::process::Signal;

mod kit;
#[path = "tui/pty.rs"]
#[allow(dead_code)]
mod pty;

use kit::child::Child;
use kit::waiting::until_within;
use pty::{Tty, code};

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
    let begun = || folder.join(&name).join("updater.toml").exists();
    until_within(LIMIT, "a demo has its directory", begun, || format!("{:?}", directories(folder)));
    (demo, name)
}

/// The variant without SQLite: no network, and quick to compile. Root lets an ordinary user play it.
#[test]
fn the_whole_story_holds_and_leaves_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let program = folder.path().join("sentinel-updater");
    std::fs::copy(env!("CARGO_BIN_EXE_sentinel-updater"), &program).expect("copied");
    let mut command = Command::new(&program);
    command.args(["demo", "--headless"]).current_dir("/").env_clear();
    command.env("TMPDIR", folder.path()).env("GOPROXY", "off");
    if let Some(path) = std::env::var_os("PATH") {
        command.env("PATH", path);
    }
    if rustix::process::geteuid().is_root() {
        use std::os::unix::process::CommandExt as _;
        const NOBODY: u32 = 65534;
        std::os::unix::fs::chown(folder.path(), Some(NOBODY), Some(NOBODY)).expect("given away");
        command.uid(NOBODY).gid(NOBODY);
    }
    let output = kit::child::run(command, Duration::from_secs(900)).expect("it ends");
    assert_eq!(output.code, Some(0), "{output}");
    for part in [
        "built with CGO off, because SQLite cannot be had",
        "publishing v1.0.0: a first version",
        "installation nothing -> v1.0.0: done in",
        "update v1.0.0 -> v1.1.0: done in",
        "Verify: failed in",
        "update v1.1.0 -> v1.2.0: rolled back in",
        "all of it held: updated to v1.1.0 with the agent down for",
    ] {
        assert!(output.stdout.contains(part), "{part}: {output}");
    }
    assert_eq!(output.stderr, "");
    assert_eq!(directories(folder.path()), ["sentinel-updater"]);
    let place = folder.path().display().to_string();
    let left = std::fs::read_dir("/proc").expect("processes").filter_map(|entry| {
        let line = std::fs::read(entry.ok()?.path().join("cmdline")).ok()?;
        let line = String::from_utf8_lossy(&line).replace('\0', " ");
        line.contains(&place).then_some(line)
    });
    assert_eq!(left.collect::<Vec<_>>(), [""; 0], "no process is left");
}

/// The demo on a terminal, with `folder` for its temporary files and no network.
fn shown(folder: &Path) -> Tty {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sentinel-updater"));
    command.arg("demo").current_dir("/").env("TMPDIR", folder).env("GOPROXY", "off");
    Tty::start(&command, (120, 40))
}

/// Waits as long as everything compiled takes.
#[track_caller]
fn comes(tty: &mut Tty, text: &str) {
    let until = Instant::now() + kit::proxy::BUILD;
    while !tty.text().contains(text) {
        assert!(Instant::now() < until && tty.ended().is_none(), "`{text}`:\n{}", tty.text());
        tty.take(Duration::from_secs(1));
    }
}

#[test]
fn on_a_terminal_the_dashboard_shows_the_story_and_the_buttons_are_the_users() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut tty = shown(folder.path());
    tty.wait("the dashboard", |tty| tty.screen().alternate_screen());
    comes(&mut tty, "installation nothing -> v1.0.0: done");
    comes(&mut tty, "update v1.0.0 -> v1.1.0: done");
    comes(&mut tty, "The story is over");
    tty.type_in("p");
    tty.wait_for("Pause for 1 h");
    tty.type_in("\t\r");
    tty.wait_for("Resume");
    tty.type_in("?");
    tty.wait_for("Pages and panes");
    tty.type_in("q");
    tty.wait_without("Pages and panes");
    tty.type_in("q");
    assert_eq!(code(tty.end_restored()), 0, "{}", tty.text());
    for said in [
        "seen: installation nothing -> v1.0.0: done",
        "seen: update v1.0.0 -> v1.1.0: done",
        "seen: update v1.1.0 -> v1.2.0: rolled back",
        "which is removed",
    ] {
        assert!(tty.text().contains(said), "{said}:\n{}", tty.text());
    }
    assert_eq!(directories(folder.path()), [""; 0]);
}

#[test]
fn who_leaves_the_dashboard_early_leaves_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut tty = shown(folder.path());
    tty.wait("the dashboard", |tty| tty.screen().alternate_screen());
    tty.wait_for("Detach");
    tty.type_in("q");
    assert_eq!(code(tty.end_within(LIMIT)), 0, "{}", tty.text());
    tty.is_restored();
    assert_eq!(directories(folder.path()), [""; 0]);
}

#[test]
fn a_configuration_file_is_refused() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sentinel-updater"));
    command.args(["--config", "/x.toml", "demo"]);
    let output = kit::child::run(command, LIMIT).expect("it ends");
    assert_eq!(output.code, Some(2), "{output}");
    assert!(output.stderr.contains("does not read `/x.toml`"), "{output}");
}

#[test]
fn asked_to_end_it_leaves_nothing() {
    for signal in [Signal::INT, Signal::TERM, Signal::HUP] {
        let folder = tempfile::tempdir().expect("a folder");
        let (mut demo, _) = begun(folder.path());
        demo.signal_alone(signal);
        let status = demo.exit_within(LIMIT).expect("it ends");
        assert_eq!(status.code(), Some(1), "{signal:?}");
        assert_eq!(directories(folder.path()), [""; 0], "{signal:?}");
    }
}

#[test]
fn what_a_killed_demo_leaves_the_next_one_sweeps() {
    let folder = tempfile::tempdir().expect("a folder");
    let (mut killed, first) = begun(folder.path());
    killed.signal_alone(Signal::KILL);
    assert!(killed.exit_within(LIMIT).is_some(), "it ends");
    assert_eq!(directories(folder.path()), [first]);
    let (mut next, second) = begun(folder.path());
    assert_eq!(directories(folder.path()), [second]);
    next.signal_alone(Signal::INT);
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
