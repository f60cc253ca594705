//! One table of keys: it drives the keyboard, the footer, the help, the palette and the tests.

use crossterm::event::{KeyCode, KeyModifiers};

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
    /// The keys as they are written: `u`, `PgUp`, `^D`.
    pub shown: &'static str,
    /// One or two words for footer and buttons.
    pub label: &'static str,
    /// A sentence without a full stop for help and palette.
    pub help: &'static str,
    /// Whether the service is steered by it: hidden from viewers.
    pub steers: bool,
}
