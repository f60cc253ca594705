//! What happens to the dashboard, and what it asks of the world.

use crossterm::event::{KeyEvent, MouseEvent};

use super::model::Ticket;
use crate::control::Request;
use crate::control::protocol::{Log, LogLines, Welcome};
use crate::model::{Event, Failure, Preview, Run, Timestamp, VersionRow, View};

/// Something that happened. Every message comes with the time in [`Msg::Tick`] before it when that matters.
#[derive(Debug, Clone)]
pub enum Msg {
    /// A key was pressed (never released or repeated by the terminal's own protocol).
    Key(KeyEvent),
    /// A button of the mouse, or its wheel.
    Mouse(MouseEvent),
    /// Text was pasted into the terminal.
    Paste(String),
    /// The terminal has another size, in cells.
    Resize(u16, u16),
    /// The time is now this. Sent before every other message of a batch, and by the clock.
    Tick(Timestamp),
    /// The service was reached.
    Connected(Box<Welcome>),
    /// The whole view, at the start and after events were missed for good.
    View(Box<View>, String),
    /// Events, in their order.
    Events(Vec<Event>),
    /// So many notices did not reach us.
    Dropped(u64),
    /// The end of a log that is followed: it replaces what was shown of it.
    Tail(Log, Vec<String>),
    /// More of it.
    Log(LogLines),
    /// The service is not reached any more, or not yet.
    Lost {
        /// Why, with what to do.
        failure: Box<Failure>,
        /// When it is tried again.
        retry_at: Timestamp,
    },
    /// The service speaks another protocol: trying again does not help.
    Incompatible(Box<Failure>),
    /// The answer to a request of ours.
    Answer(Ticket, Result<Answer, Box<Failure>>),
    /// Something that was asked of the terminal or the disk was done, or failed.
    Did(Result<String, Box<Failure>>),
}

/// An answer, by what was asked for.
#[derive(Debug, Clone)]
pub enum Answer {
    /// Runs that ended, newest first.
    History(Vec<Run>),
    /// Versions, highest first.
    Versions(Vec<VersionRow>),
    /// What an update would do.
    Plan(Box<Preview>),
    /// What the service did, in words for a toast.
    Done(String),
}

/// Something to be done outside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cmd {
    /// Send this; the answer comes with the ticket.
    Send(Ticket, Request),
    /// Put this on the clipboard of the terminal (OSC 52).
    Copy(String),
    /// Show this in `$PAGER`.
    Pager(Vec<String>),
    /// Save this to a new file of this name.
    Save(String, Vec<String>),
    /// Let the terminal report the mouse, or leave it alone.
    Mouse(bool),
    /// Draw everything anew.
    Repaint,
    /// Stop until the shell continues us.
    Suspend,
    /// Leave; the service goes on.
    Detach,
}
