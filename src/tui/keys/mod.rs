//! One table of keys: it drives the keyboard, the footer, the help, the palette and the tests.

mod legal;
mod offer;
mod subject;
mod table;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

pub(crate) use legal::may_not_steer;
pub use legal::{is_legal, is_offered, refusal};
pub use offer::{footer, label_of, palette};
pub use subject::{cancel_effect, hold_target, rollback_target};
pub use table::BINDINGS;

use super::model::Tab;

/// Something that a key, a button or the palette asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Show a page.
    Tab(Tab),
    /// The next page, or the next pane.
    Next,
    /// The one before.
    Previous,
    /// One row up.
    Up,
    /// One row down.
    Down,
    /// Half a page up.
    HalfUp,
    /// Half a page down.
    HalfDown,
    /// A page up.
    PageUp,
    /// A page down.
    PageDown,
    /// The first row.
    Home,
    /// The last row; follows the end of a log.
    End,
    /// Show the details of what the cursor is on, or confirm.
    Enter,
    /// Close what lies on top, or give a search up.
    Back,
    /// Search.
    Search,
    /// The next match.
    NextMatch,
    /// The match before.
    PreviousMatch,
    /// Show only lines with a text.
    Filter,
    /// Show only lines that matter as much.
    Level,
    /// Follow the end, or stop following.
    Follow,
    /// Wrap long lines.
    Wrap,
    /// Another way to write times.
    Stamps,
    /// Mark a line.
    Mark,
    /// The pane alone.
    Zoom,
    /// Select lines.
    Select,
    /// Copy a line, or the selected ones.
    Copy,
    /// Copy everything shown.
    CopyAll,
    /// Show the log in a pager.
    Pager,
    /// Save the log to a file.
    Save,
    /// Update now.
    Update,
    /// Pause automatic updates, or resume them.
    Pause,
    /// Go back to a kept version.
    Rollback,
    /// Abort the run.
    Cancel,
    /// Ask the module system now.
    Check,
    /// Hold the version the cursor is on, or allow it again.
    Hold,
    /// Everything by name.
    Palette,
    /// The mouse on or off.
    Mouse,
    /// Draw everything anew.
    Repaint,
    /// The keys.
    Help,
    /// Back to the shell for a while.
    Suspend,
    /// Leave; the service goes on.
    Detach,
}

/// A row of the table.
#[derive(Debug, Clone, Copy)]
pub struct Binding {
    /// What it does.
    pub action: Action,
    /// The keys; the first one is shown.
    pub keys: &'static [(KeyCode, KeyModifiers)],
    /// The keys as they are written, the first one first, separated by blanks: `u`, `PgUp`, `q ^C`.
    pub shown: &'static str,
    /// One or two words for footer and buttons.
    pub label: &'static str,
    /// A sentence without a full stop for help and palette.
    pub help: &'static str,
    /// Whether the service is steered by it: hidden from viewers.
    pub steers: bool,
}

impl Binding {
    /// The first key as it is written, for a footer.
    pub fn key(&self) -> &'static str {
        self.shown.split(' ').next().unwrap_or(self.shown)
    }
}

/// What a key asks for, if anything.
pub fn action_of(key: &KeyEvent) -> Option<Action> {
    let modifiers = match key.code {
        // The letter itself says whether Shift was held, and not every terminal says it twice.
        KeyCode::Char(_) | KeyCode::BackTab => key.modifiers.difference(KeyModifiers::SHIFT),
        _ => key.modifiers,
    };
    let wanted = (key.code, modifiers);
    BINDINGS.iter().find(|binding| binding.keys.contains(&wanted)).map(|binding| binding.action)
}

/// The row of an action.
pub fn binding(action: Action) -> Option<&'static Binding> {
    BINDINGS.iter().find(|binding| binding.action == action)
}
