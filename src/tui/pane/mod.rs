//! A log on the screen: its last lines, where one looks, what is searched for.

mod find;
mod join;
mod needle;
pub mod parse;
mod row;
mod scroll;
mod select;

use std::collections::{BTreeSet, VecDeque};

use needle::{Needle, Sieve};
pub use row::{Row, word};

use crate::model::event::Level;

/// How many lines a pane keeps. What came before them is in the log's file.
pub const LINES: usize = 10_000;
/// How many bytes a pane keeps: with all three of them full the dashboard stays small.
pub const BYTES: usize = 1 << 20;

/// A log on the screen. Rows are numbered from the first one that ever was, so that a number stays right
/// when old rows go.
#[derive(Debug, Clone, Default)]
pub struct Pane {
    /// Rows of text inside its frame; 0: it is not on the screen. The view's layout decides it.
    pub height: u16,
    /// A line may take more than one row of the screen.
    pub wraps: bool,
    rows: VecDeque<Row>,
    first: u64,
    bytes: usize,
    /// The number of the lowest row shown; `None`: the end is followed.
    bottom: Option<u64>,
    sieve: Sieve,
    /// Numbers of the rows that pass the sieve; `None`: all do.
    passing: Option<VecDeque<u64>>,
    needle: Needle,
    /// Numbers of the passing rows that match.
    matches: VecDeque<u64>,
    /// The match the cursor is on.
    current: Option<u64>,
    /// Where one was before a search or a filter that is being typed.
    before: Option<find::Before>,
    marks: BTreeSet<u64>,
    selection: Option<select::Selection>,
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
    /// How far down, in hundredths.
    pub percent: u8,
    /// Rows in all, as far as they are kept and fit the filter.
    pub rows: usize,
    /// The match the cursor is on, from 1, and how many there are; `None`: nothing is searched for.
    pub found: Option<(usize, usize)>,
}

impl Pane {
    /// Adds a line. The oldest ones go when there are too many.
    pub fn push(&mut self, mut row: Row) {
        row.text.shrink_to_fit();
        if self.rows.capacity() == 0 {
            // Grown step by step it would be copied again and again; what is not used costs nothing.
            self.rows.reserve_exact(LINES + 1);
        }
        let number = self.first + self.rows.len() as u64;
        self.bytes += row.weight();
        if self.sieve.lets(&row) {
            if let Some(passing) = &mut self.passing {
                passing.push_back(number);
            }
            if self.needle.find(&row.text).is_some() {
                self.matches.push_back(number);
            }
        }
        self.rows.push_back(row);
        while self.rows.len() > LINES || (self.bytes > BYTES && self.rows.len() > 1) {
            self.forget();
        }
    }

    /// Forgets every line. Search, filter and level stay; the end is followed again.
    pub fn clear(&mut self) {
        self.first += self.rows.len() as u64;
        self.rows.clear();
        self.bytes = 0;
        self.bottom = None;
        self.passing.iter_mut().for_each(VecDeque::clear);
        self.matches.clear();
        self.current = None;
        self.marks.clear();
        self.selection = None;
        if let Some(before) = &mut self.before {
            before.forget_place();
        }
    }

    /// Whether there are no lines, shown or not.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The rows that are shown, lowest first, until the caller has enough: how many fit depends on
    /// wrapping, which is the view's.
    pub fn upwards(&self) -> impl Iterator<Item = Shown<'_>> {
        let up_to = self.lowest().map_or(0, |lowest| lowest + 1);
        (0..up_to).rev().filter_map(|index| self.shown(index))
    }

    /// The rows below the lowest one shown, downwards: they fill a frame that the rows above do not.
    pub fn below(&self) -> impl Iterator<Item = Shown<'_>> {
        let from = self.lowest().map_or(0, |lowest| lowest + 1);
        (from..self.len()).filter_map(|index| self.shown(index))
    }

    /// Where one looks.
    pub fn place(&self) -> Place {
        let rows = self.len();
        let percent = self.lowest().map_or(100, |lowest| (lowest + 1) * 100 / rows.max(1));
        Place { percent: u8::try_from(percent).unwrap_or(100), rows, found: self.found() }
    }

    /// What is searched for, and what must be in a line; empty: nothing.
    pub fn wanted(&self) -> (&str, &str) {
        (self.needle.text(), self.sieve.text())
    }

    /// Lines that are known to matter less are not shown; `None`: all are.
    pub fn level(&self) -> Option<Level> {
        self.sieve.level
    }

    /// Every row that passes filter and level, oldest first.
    pub fn passing(&self) -> impl Iterator<Item = &Row> {
        (0..self.len()).filter_map(|index| self.row(self.number(index)?))
    }

    /// How many rows pass filter and level.
    fn len(&self) -> usize {
        self.passing.as_ref().map_or(self.rows.len(), VecDeque::len)
    }

    /// The number of the passing row at `index`.
    fn number(&self, index: usize) -> Option<u64> {
        match &self.passing {
            Some(passing) => passing.get(index).copied(),
            None => (index < self.rows.len()).then_some(self.first + index as u64),
        }
    }

    /// How many passing rows have a number below `number`.
    fn index(&self, number: u64) -> usize {
        match &self.passing {
            Some(passing) => passing.partition_point(|other| *other < number),
            None => {
                usize::try_from(number.saturating_sub(self.first)).unwrap_or(usize::MAX).min(self.rows.len())
            }
        }
    }

    fn row(&self, number: u64) -> Option<&Row> {
        self.rows.get(usize::try_from(number.checked_sub(self.first)?).ok()?)
    }

    fn shown(&self, index: usize) -> Option<Shown<'_>> {
        let number = self.number(index)?;
        let row = self.row(number)?;
        let found = self.needle.find(&row.text).map(|(from, to)| (from, to, self.current == Some(number)));
        Some(Shown {
            number,
            row,
            found,
            marked: self.marks.contains(&number),
            selected: self.selects(number),
        })
    }

    /// The oldest row goes.
    fn forget(&mut self) {
        let Some(row) = self.rows.pop_front() else { return };
        let number = self.first;
        self.first += 1;
        self.bytes -= row.weight();
        for list in self.passing.iter_mut().chain([&mut self.matches]) {
            if list.front() == Some(&number) {
                list.pop_front();
            }
        }
        self.marks.remove(&number);
        if self.current == Some(number) {
            self.current = self.matches.front().copied();
        }
        self.forget_selected(number);
    }
}

#[cfg(test)]
mod tests;
