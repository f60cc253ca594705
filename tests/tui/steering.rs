//! What an administrator does: look, press, click.

use sentinel_updater::control::Request;
use sentinel_updater::control::protocol::Log;
use sentinel_updater::model::EventKind;

use super::fake::Fake;
use super::kit::trials::{Test, tests};
use super::kit::waiting::until;
use super::place::Place;
use super::pty::{Tty, code};

/// Every test here.
pub(crate) fn tests() -> Vec<Test> {
    tests![
        an_update_is_asked_for_confirmed_and_seen_to_its_end,
        an_answer_of_no_does_nothing,
        updates_are_paused_and_resumed,
        a_rollback_goes_to_a_kept_version,
        every_button_can_be_clicked,
        one_who_only_looks_has_no_buttons,
        the_screen_follows_its_size,
        the_logs_are_followed,
        a_log_goes_to_the_pager_the_clipboard_and_a_file,
        hostile_text_reaches_no_terminal_as_a_sequence,
        no_color_means_no_color,
    ]
}

/// Waits until the service was asked for something of this kind.
fn asked(service: &Fake, method: &str) -> Request {
    let found = || service.asked().into_iter().find(|request| request.method() == method);
    until(&format!("the service is asked for `{method}`"), || found().is_some());
    found().expect("asked")
}

/// Answers the question on the screen with its second answer: the first is always `Cancel`.
fn confirm(tty: &mut Tty) {
    tty.wait_for("Cancel");
    tty.type_in("\x1b[C\r");
}

fn an_update_is_asked_for_confirmed_and_seen_to_its_end() {
    let place = Place::new();
    let service = place.serve();
    let mut tty = place.attached(&[]);
    tty.wait_for("v1.5.0");
    tty.type_in("u");
    confirm(&mut tty);
    asked(&service, "update");
    tty.wait_without("Cancel");
    service.update_ends();
    tty.wait_for("running  v1.5.0");
    tty.type_in("q");
    assert_eq!(code(tty.end_restored()), 0);
}

fn an_answer_of_no_does_nothing() {
    let place = Place::new();
    let service = place.serve();
    let mut tty = place.attached(&[]);
    for keys in ["\r", "\x1b"] {
        tty.type_in("u");
        tty.wait_for("Cancel");
        tty.type_in(keys);
        tty.wait_without("Cancel");
    }
    assert_eq!(service.asked(), []);
}

fn updates_are_paused_and_resumed() {
    let place = Place::new();
    let service = place.serve();
    let mut tty = place.attached(&[]);
    tty.type_in("p");
    tty.wait_for("Pause until resumed");
    tty.type_in("\x1b[C\x1b[C\r");
    let Request::Pause(pause) = asked(&service, "pause") else { panic!("a pause") };
    assert_eq!(pause.for_ms, None);
    tty.wait_for("Resume");
    tty.type_in("p");
    asked(&service, "resume");
    tty.wait_for("Pause");
}

fn a_rollback_goes_to_a_kept_version() {
    let place = Place::new();
    let service = place.serve();
    let mut tty = place.attached(&[]);
    tty.type_in("r");
    confirm(&mut tty);
    let Request::Rollback(rollback) = asked(&service, "rollback") else { panic!("a rollback") };
    assert!(rollback.version.is_none_or(|version| version == "v1.4.1"));
}

fn every_button_can_be_clicked() {
    let place = Place::new();
    let service = place.serve();
    let mut tty = place.attached(&[]);
    assert_eq!(tty.screen().mouse_protocol_mode(), vt100::MouseProtocolMode::None, "off by default");
    tty.type_in("M");
    tty.wait("the mouse is on", |tty| {
        tty.screen().mouse_protocol_mode() == vt100::MouseProtocolMode::PressRelease
    });
    assert!(!String::from_utf8_lossy(&tty.raw).contains("?1003h"), "never every motion");
    // What is said of it lies over the buttons for a while.
    tty.wait_for("the mouse works here");
    tty.wait_without("the mouse works here");
    let click = |tty: &mut Tty, label: &str| {
        tty.wait_for(label);
        let (column, row) = tty.find(label).expect("on the screen");
        tty.click(column, row);
    };
    click(&mut tty, "Pause");
    click(&mut tty, "Pause for 1 h");
    let Request::Pause(pause) = asked(&service, "pause") else { panic!("a pause") };
    assert_eq!(pause.for_ms, Some(3_600_000));
    click(&mut tty, "Resume");
    asked(&service, "resume");
    click(&mut tty, "Roll back");
    tty.wait_for("Cancel");
    click(&mut tty, "Cancel");
    tty.wait_without("Cancel");
    click(&mut tty, "Update");
    tty.wait_for("Cancel");
    tty.type_in("\x1b[C\r");
    asked(&service, "update");
    tty.type_in("M");
    tty.wait("the mouse is off", |tty| tty.screen().mouse_protocol_mode() == vt100::MouseProtocolMode::None);
}

fn one_who_only_looks_has_no_buttons() {
    let place = Place::new();
    let service = place.serve();
    let mut tty = place.attached(&["--read-only"]);
    assert!(!tty.text().contains("Pause") && !tty.text().contains("Roll back"), "{}", tty.text());
    tty.type_in("upr");
    tty.type_in("?");
    tty.wait_for("┌ Keys");
    // Escape and a key at once would be one with Alt.
    tty.type_in("\x1b");
    tty.wait_without("┌ Keys");
    tty.type_in("q");
    assert_eq!(code(tty.end_restored()), 0);
    assert_eq!(service.asked(), []);
}

fn the_screen_follows_its_size() {
    let place = Place::new();
    let _service = place.serve();
    let mut tty = place.attached(&[]);
    for size in [(80, 24), (200, 60), (40, 12), (18, 3), (120, 40)] {
        tty.resize(size);
        let mark = tty.raw.len();
        tty.wait("another frame", |tty| tty.raw.len() > mark);
        if size.1 > 10 {
            tty.wait_for("v1.4.2");
        }
    }
    tty.type_in("q");
    assert_eq!(code(tty.end_restored()), 0);
}

fn the_logs_are_followed() {
    let place = Place::new();
    let service = place.serve();
    let mut tty = place.attached(&[]);
    tty.type_in("3");
    tty.wait_for("the tail of Updater");
    service.log(Log::Updater, &["2026-11-24T10:00:01Z WARN updater::check: a line that came later"]);
    tty.wait_for("a line that came later");
}

fn a_log_goes_to_the_pager_the_clipboard_and_a_file() {
    let place = Place::new();
    let _service = place.serve();
    let mut command = place.command(&[]);
    // It reads a line: every key is its own meanwhile.
    command.env("PAGER", "cat; echo IN THE PAGER; read line </dev/tty; echo \"GOT $line\" >got");
    let mut tty = Tty::start(&command, super::place::SIZE);
    tty.wait_for("v1.4.2");
    tty.type_in("3");
    tty.wait_for("the tail of Updater");
    tty.type_in("o");
    tty.wait_for("IN THE PAGER");
    assert!(!tty.screen().alternate_screen() && tty.text().contains("the tail of Updater"), "{}", tty.text());
    tty.type_in("qqq\n");
    tty.wait("the dashboard again", |tty| tty.screen().alternate_screen());
    tty.wait_for("host-01");
    assert_eq!(std::fs::read_to_string(place.path("got")).expect("written"), "GOT qqq\n");

    tty.type_in("y");
    tty.wait("a sequence for the clipboard", |tty| {
        String::from_utf8_lossy(&tty.raw).contains("\u{1b}]52;c;")
    });
    tty.type_in("s");
    tty.wait_for("saved");
    let saved = std::fs::read_dir(place.path(".")).expect("listed").flatten().any(|entry| {
        entry.file_name() != "got"
            && std::fs::read_to_string(entry.path()).is_ok_and(|text| text.contains("the tail of Updater"))
    });
    assert!(saved, "a file with the log is in the working directory");
    tty.type_in("q");
    assert_eq!(code(tty.end_restored()), 0);
}

fn hostile_text_reaches_no_terminal_as_a_sequence() {
    const HOSTILE: &str =
        "\u{1b}[2J\u{1b}]0;title\u{7}\u{1b}[31mred\u{9b}5n\u{85}\u{202e}rev\u{200b}\r\n\u{8}x\u{1b}c";
    let place = Place::new();
    let service = place.serve();
    let mut tty = place.attached(&[]);
    service.update_begins();
    for _ in 0..50 {
        service.emit(EventKind::Output { line: format!("build {HOSTILE}") });
    }
    service.emit(EventKind::AlertRaised {
        alert: sentinel_updater::model::status::Alert {
            id: "x".into(),
            text: format!("alert {HOSTILE}"),
            since: sentinel_updater::model::Timestamp::now(),
        },
    });
    service.log(Log::Updater, &[HOSTILE, "2026-11-24T10:00:01Z WARN x: after the worst"]);
    service.log(Log::Agent, &[HOSTILE]);
    service.emit(EventKind::Output { line: "after the worst".into() });
    for page in ["1", "2", "3", "4", "5", "2"] {
        tty.type_in(page);
        let mark = tty.raw.len();
        tty.wait("another page", |tty| tty.raw.len() > mark);
    }
    tty.wait_for("after the worst");
    tty.type_in("q");
    tty.end_restored();
    super::bytes::only_ours(&tty.raw);
}

fn no_color_means_no_color() {
    let place = Place::new();
    let _service = place.serve();
    let mut command = place.command(&[]);
    command.env("NO_COLOR", "1");
    let mut tty = Tty::start(&command, super::place::SIZE);
    tty.wait_for("v1.4.2");
    tty.type_in("4");
    tty.wait_for("v1.4.1");
    tty.type_in("q");
    tty.end_restored();
    let colors = super::bytes::colors(&tty.raw);
    assert!(colors.is_empty(), "{colors:?}");
    assert!(super::bytes::has_attribute(&tty.raw), "bold or reversed text tells what colours do elsewhere");
}
