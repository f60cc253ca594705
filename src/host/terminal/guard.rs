//! Entering and leaving the terminal. What was entered is left on every way out: by `Drop`, by a panic, and
//! by whoever calls [`Guard::leave`] before it hands the terminal on.

use std::io;
use std::sync::{Mutex, Once, PoisonError};

use crossterm::terminal::{disable_raw_mode, enable_raw_mode};

use super::write;
use crate::model::{Class, Failure, Outcome};

/// Alternate screen, no cursor, pasted text in brackets.
const ENTER: &[u8] = b"\x1b[?1049h\x1b[2J\x1b[?25l\x1b[?2004h";
/// The same back, and whatever attributes were set.
const LEAVE: &[u8] = b"\x1b[?2026l\x1b[?2004l\x1b[0m\x1b[?25h\x1b[?1049l";
/// Buttons and the wheel, in the encoding without limits. Never every motion (1003): each one would be a
/// message.
const MOUSE: &[u8] = b"\x1b[?1000h\x1b[?1006h";
const NO_MOUSE: &[u8] = b"\x1b[?1006l\x1b[?1000l";

/// What this process did to the terminal: one for the whole process, since a panic anywhere undoes it.
struct State {
    entered: bool,
    mouse: bool,
}

static STATE: Mutex<State> = Mutex::new(State { entered: false, mouse: false });
static HOOK: Once = Once::new();

/// The terminal is ours while this lives.
#[derive(Debug)]
pub struct Guard(());

impl Guard {
    /// Takes the terminal: raw mode, alternate screen, no cursor. The mouse is left alone.
    ///
    /// # Errors
    /// `Internal`: standard input or output is no terminal, or it is gone. Nothing is changed then.
    pub fn enter() -> Outcome<Self> {
        HOOK.call_once(|| {
            let before = std::panic::take_hook();
            std::panic::set_hook(Box::new(move |panic| {
                // First the terminal: the message is to be read.
                leave();
                before(panic);
            }));
        });
        enter(false).map_err(|error| failure(&error))?;
        Ok(Self(()))
    }

    /// Gives the terminal back for a while.
    pub fn leave(&mut self) {
        leave();
    }

    /// Takes it again, as it was before [`leave`](Self::leave), or after the shell has had it. The screen is
    /// empty then.
    ///
    /// # Errors
    /// `Internal`: it is gone.
    pub fn enter_again(&mut self) -> Outcome<()> {
        let mouse = lock(|state| state.mouse);
        enter(mouse).map_err(|error| failure(&error))
    }

    /// Lets the terminal report the mouse, or leaves it to the terminal, which can then select text.
    ///
    /// # Errors
    /// `Internal`: the terminal is gone.
    pub fn mouse(&mut self, on: bool) -> Outcome<()> {
        lock(|state| state.mouse = on);
        write(if on { MOUSE } else { NO_MOUSE }).map_err(|error| failure(&error))
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        leave();
        lock(|state| state.mouse = false);
    }
}

/// A terminal that cannot be used, or not any more.
pub(super) fn failure(error: &io::Error) -> Failure {
    Failure::new(Class::Internal, "cannot use the terminal")
        .because(error)
        .hint("see the same without a screen: `sentinel-updater status`")
}

fn enter(mouse: bool) -> io::Result<()> {
    lock(|state| {
        escapes_are_read();
        // Raw mode may be thought to be on although the shell has changed it.
        disable_raw_mode()?;
        enable_raw_mode()?;
        state.entered = true;
        state.mouse = mouse;
        write(ENTER)?;
        if mouse { write(MOUSE) } else { Ok(()) }
    })
}

/// Also within a panic, where nothing may fail.
fn leave() {
    lock(|state| {
        if !state.entered {
            return;
        }
        state.entered = false;
        // A terminal that is gone needs nothing any more.
        if state.mouse {
            drop(write(NO_MOUSE));
        }
        drop(write(LEAVE));
        drop(disable_raw_mode());
    });
}

fn lock<T>(act: impl FnOnce(&mut State) -> T) -> T {
    act(&mut STATE.lock().unwrap_or_else(PoisonError::into_inner))
}

#[cfg(windows)]
fn escapes_are_read() {
    crossterm::ansi_support::supports_ansi();
}

#[cfg(not(windows))]
fn escapes_are_read() {}
