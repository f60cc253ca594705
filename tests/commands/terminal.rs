//! What is drawn on a terminal, in its place and without taking it over.

use std::process::Command;

use rustix::process::Signal;
use sentinel_updater::cli::demo::Variant;

use super::host::Host;
use super::kit::instance::PROGRAM;
use super::kit::trials::{Test, tests};
use super::pty::{Tty, code};

pub(crate) fn tests() -> Vec<Test> {
    tests![
        an_update_has_a_line_of_progress_that_goes_away,
        the_status_stands_in_its_place_and_tells_its_age,
        a_terminal_that_only_shows_lines_gets_no_sequence,
    ]
}

const SIZE: (u16, u16) = (100, 40);

/// How often a text is on the screen.
fn times(tty: &Tty, text: &str) -> usize {
    tty.text().matches(text).count()
}

/// Nothing but a return, up and clear.
#[track_caller]
fn only_ours(tty: &Tty) {
    let raw = String::from_utf8_lossy(&tty.raw).into_owned();
    for after in raw.split('\u{1b}').skip(1) {
        let end = after.find(|symbol: char| symbol.is_ascii_alphabetic()).expect("an end");
        let parameters = &after[1..end];
        assert!(
            after.starts_with('[')
                && parameters.bytes().all(|byte| byte.is_ascii_digit())
                && matches!(&after[end..=end], "A" | "J"),
            "{after:?}"
        );
    }
}

fn an_update_has_a_line_of_progress_that_goes_away() {
    let host = Host::running();
    host.publish("v1.1.0", Variant::Good);
    host.close_gate();
    let mut tty = Tty::start(&host.command(&["update"]), SIZE);
    // The line that is said, and the one that is drawn below it again and again.
    tty.wait("progress is drawn", |tty| times(tty, "  > Download & compile") == 2);
    tty.wait("its time goes on", |tty| tty.text().trim_end().ends_with(" s"));
    assert!(
        tty.text().trim_end().lines().last().is_some_and(|line| line.starts_with("  > ")),
        "{}",
        tty.text()
    );
    host.open_gate();
    host.wait("it is done", |status| status["last_run"]["to"] == "v1.1.0");
    assert_eq!(code(tty.end_restored()), 0, "{}", tty.text());
    assert_eq!(times(&tty, "  > Download & compile"), 1, "{}", tty.text());
    let text = tty.text();
    let last = text.trim_end().lines().last().unwrap_or_default();
    assert!(last.starts_with("update v1.0.0 -> v1.1.0: done in "), "{text}");
    only_ours(&tty);
}

fn the_status_stands_in_its_place_and_tells_its_age() {
    let mut host = Host::running();
    let mut tty = Tty::start(&host.command(&["status", "--watch"]), SIZE);
    tty.wait_for("waiting for the next check");
    host.end(Signal::TERM);
    tty.wait_for("what is shown is as it was ");
    tty.wait_for("next: start `sentinel-updater run`");
    assert_eq!(times(&tty, "agent "), times(&tty, "\nagent "), "it stands there once: {}", tty.text());
    host.start();
    tty.wait_without("what is shown is as it was ");
    assert_eq!(host.ask("pause --reason so").code, Some(0));
    tty.wait_for("automatic updates are paused");
    // The check after the start may still be under way.
    tty.wait_for("newest ");
    tty.type_in("\u{3}");
    assert_eq!(code(tty.end_restored()), 0);
    assert_eq!(times(&tty, "newest "), 1, "{}", tty.text());
    only_ours(&tty);
}

fn a_terminal_that_only_shows_lines_gets_no_sequence() {
    let mut command = Command::new(PROGRAM);
    command.args(["demo", "--headless"]).env("TERM", "dumb");
    let mut tty = Tty::start(&command, SIZE);
    tty.wait_for("everything lies in `");
    tty.type_in("\u{3}");
    tty.end_restored();
    assert!(!tty.raw.contains(&0x1b), "{}", tty.text());
}
