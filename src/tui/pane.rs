//! A log on the screen: its last lines, where one looks, what is searched for.

use std::collections::VecDeque;

use crate::model::Timestamp;
use crate::model::event::Level;

/// How many lines a pane keeps.
pub const LINES: usize = 20_000;

/// A line of a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// When it was written, where that is known.
    pub at: Option<Timestamp>,
    /// How much it matters, where that is known.
    pub level: Option<Level>,
    /// The text without time and level, sanitised.
    pub text: String,
}

/// A log on the screen. Rows are numbered from the first one that ever was, so that a number stays right
/// when old rows go.
#[derive(Debug, Clone, Default)]
pub struct Pane {
    rows: VecDeque<Row>,
    first: u64,
    /// The number of the lowest row shown; `None`: the end is followed.
    bottom: Option<u64>,
}

/// A row as it is to be drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shown<'a> {
    /// Its number.
    pub number: u64,
    /// The row.
    pub row: &'a Row,
    /// Bytes of the text where the search matches, and whether that is the match the cursor is on.
    pub found: Option<(usize, usize, bool)>,
    /// It was marked.
    pub marked: bool,
    /// It is among the selected ones.
    pub selected: bool,
}

/// Where one looks, for the frame of the pane.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Place {
    /// The end is followed.
    pub follows: bool,
    /// How far down, in hundredths.
    pub percent: u8,
    /// Rows in all, as far as they are kept and fit the filter.
    pub rows: usize,
    /// The match the cursor is on, from 1, and how many there are; `None`: nothing is searched for.
    pub found: Option<(usize, usize)>,
}

impl Pane {
    /// Adds a line.
    pub fn push(&mut self, row: Row) {
        if self.rows.len() >= LINES {
            self.rows.pop_front();
            self.first += 1;
        }
        self.rows.push_back(row);
    }

    /// The rows that are shown, lowest first, until the caller has enough: how many fit depends on
    /// wrapping, which is the view's.
    pub fn upwards(&self) -> impl Iterator<Item = Shown<'_>> {
        let skip = self.bottom.map_or(0, |bottom| {
            let last = self.first + self.rows.len() as u64;
            usize::try_from(last.saturating_sub(bottom + 1)).unwrap_or(usize::MAX)
        });
        let last = self.first + self.rows.len() as u64;
        self.rows.iter().rev().enumerate().skip(skip).map(move |(back, row)| Shown {
            number: last - 1 - back as u64,
            row,
            found: None,
            marked: false,
            selected: false,
        })
    }

    /// Where one looks.
    pub fn place(&self) -> Place {
        Place { follows: self.bottom.is_none(), percent: 100, rows: self.rows.len(), found: None }
    }

    /// What is searched for, and what must be in a line; empty: nothing.
    pub fn wanted(&self) -> (&str, &str) {
        ("", "")
    }
}
