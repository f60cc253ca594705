//! However the dashboard ends, the terminal is as it was.

use std::process::Command;

use rustix::process::Signal;

use super::kit::trials::{Test, tests};
use super::place::{PROGRAM, Place, SIZE};
use super::pty::{Tty, code};

/// Every test here.
pub(crate) fn tests() -> Vec<Test> {
    tests![
        q_and_ctrl_c_detach,
        a_signal_ends_it_and_the_terminal_is_restored,
        a_panic_restores_the_terminal_before_it_speaks,
        a_terminal_that_is_gone_ends_it,
        it_is_suspended_and_continued,
        without_a_shell_it_is_not_suspended,
        a_terminal_that_only_shows_lines_is_refused,
        what_is_no_terminal_is_refused,
    ]
}

fn q_and_ctrl_c_detach() {
    let place = Place::new();
    let service = place.serve();
    for key in ["q", "\x03"] {
        let mut tty = place.attached(&[]);
        assert!(tty.screen().alternate_screen() && tty.screen().hide_cursor());
        tty.type_in(key);
        assert_eq!(code(tty.end_restored()), 0);
        assert!(tty.text().contains("the service goes on"), "{}", tty.text());
    }
    assert_eq!(service.asked(), []);
    // The service is still there.
    place.attached(&[]);
}

fn a_signal_ends_it_and_the_terminal_is_restored() {
    let place = Place::new();
    let _service = place.serve();
    for (signal, wanted) in [(Signal::TERM, 143), (Signal::HUP, 129), (Signal::INT, 130)] {
        let mut tty = place.attached(&["--mouse"]);
        assert_ne!(tty.screen().mouse_protocol_mode(), vt100::MouseProtocolMode::None);
        tty.signal(signal);
        assert_eq!(code(tty.end_restored()), wanted, "{signal:?}");
    }
}

fn a_panic_restores_the_terminal_before_it_speaks() {
    let place = Place::new();
    let _service = place.serve();
    let mut command = place.command(&["--mouse"]);
    command.env("SENTINEL_TUI_PANIC", "1");
    let mut tty = Tty::start(&command, SIZE);
    tty.wait_for("host-01");
    tty.type_in("\x1b[24~");
    assert_eq!(code(tty.end_restored()), 101);
    assert!(tty.text().contains("on purpose"), "the message is on the screen that is left:\n{}", tty.text());
}

fn a_terminal_that_is_gone_ends_it() {
    let place = Place::new();
    let _service = place.serve();
    let mut tty = place.attached(&[]);
    tty.hang_up();
    assert_eq!(code(tty.end()), 129);

    // Also where nobody sends the signal that says so.
    let mut command = Command::new("/bin/sh");
    command.args(["-c", "trap '' HUP; exec \"$@\"", "sh"]);
    let tui = place.command(&[]);
    command.arg(tui.get_program()).args(tui.get_args());
    let mut tty = Tty::start(&command, SIZE);
    tty.wait_for("host-01");
    tty.hang_up();
    assert_eq!(code(tty.end()), 129);
}

/// A shell with job control that runs the dashboard, and takes it up again after a line of input.
fn in_a_shell(place: &Place) -> Tty {
    let tui = place.command(&["--mouse"]);
    let mut command = Command::new("/bin/sh");
    command.args(["-c", "set -m; \"$@\"; echo STOPPED; read line; fg >/dev/null; echo ENDED $?", "sh"]);
    command.arg(tui.get_program()).args(tui.get_args());
    let mut tty = Tty::start(&command, SIZE);
    tty.wait_for("host-01");
    tty.wait_for("v1.4.2");
    tty
}

fn it_is_suspended_and_continued() {
    let place = Place::new();
    let service = place.serve();
    let mut tty = in_a_shell(&place);
    tty.type_in("\x1a");
    tty.wait_for("STOPPED");
    tty.is_restored();
    // What happens meanwhile is shown afterwards.
    service.update_begins();
    service.update_ends();
    tty.type_in("\n");
    tty.wait("the dashboard again", |tty| tty.screen().alternate_screen());
    tty.wait_for("v1.5.0");
    assert!(tty.screen().hide_cursor());
    assert_ne!(tty.screen().mouse_protocol_mode(), vt100::MouseProtocolMode::None);
    tty.type_in("q");
    assert_eq!(code(tty.end_restored()), 0);
    assert!(tty.text().contains("ENDED 0"), "{}", tty.text());
}

fn without_a_shell_it_is_not_suspended() {
    let place = Place::new();
    let _service = place.serve();
    let mut tty = place.attached(&[]);
    tty.signal(Signal::TSTP);
    tty.wait_for("no shell to go back to");
    tty.type_in("q");
    assert_eq!(code(tty.end_restored()), 0);
}

fn a_terminal_that_only_shows_lines_is_refused() {
    let place = Place::new();
    let _service = place.serve();
    let mut command = place.command(&[]);
    command.env("TERM", "dumb");
    let mut tty = Tty::start(&command, SIZE);
    assert_eq!(code(tty.end_restored()), 2);
    assert!(tty.text().contains("status --watch"), "{}", tty.text());
    assert!(!tty.raw.contains(&0x1b), "no sequence is written: {}", tty.text());
}

fn what_is_no_terminal_is_refused() {
    let place = Place::new();
    let mut command = place.command(&[]);
    command.env("TERM", "xterm");
    let output = super::kit::child::run(command, super::pty::LONG).expect("ran");
    assert_eq!(output.code, Some(2), "{output}");
    assert!(output.stderr.contains("status --watch") && output.stdout.is_empty(), "{output}");
    let _ = PROGRAM;
}
