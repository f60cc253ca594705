//! The terminal of a full-screen program: entered and left, whatever ends the program, and what comes in
//! from it: keys, signals, its end.
//!
//! ```text
//!  guard     raw mode, the alternate screen, the mouse; restored on every way out, panics included
//!  input     a thread that reads keys, and stops reading while another program has the terminal
//!  signals   what the system and the shell ask
//!  hangup    a thread that waits for the terminal's end
//!  pager     another program on the same terminal
//! ```
//!
//! Escape sequences are written as they are: terminals that do not know one ignore it, and Windows' console
//! is told to read them.

mod guard;
mod hangup;
mod input;
mod pager;
mod signals;
mod write;

pub use guard::Guard;
pub use hangup::{is_gone, when_gone};
pub use input::Input;
pub use pager::{Pager, show};
pub use signals::{Signal, Signals, stop_ourselves};
pub use write::write;

use std::io::IsTerminal;

/// Whether standard input and standard output are both a terminal.
pub fn is_there() -> bool {
    std::io::stdin().is_terminal() && std::io::stdout().is_terminal()
}

/// The terminal's columns and rows; 80x24 where it does not say.
pub fn size() -> (u16, u16) {
    match crossterm::terminal::size() {
        Ok((columns, rows)) if columns > 0 && rows > 0 => (columns, rows),
        _ => (80, 24),
    }
}

/// Colours are written whatever the environment says: a theme without colours uses none, and asking the
/// library to leave them out (`NO_COLOR`) loses the reversed and bold text as well.
pub fn write_colors_as_drawn() {
    crossterm::style::force_color_output(true);
}
