//! Search and filter.

use std::collections::VecDeque;

use super::Pane;
use super::needle::Needle;
use crate::model::event::Level;

/// Where one was, and what was looked for, before something was typed.
#[derive(Debug, Clone, Default)]
pub(super) struct Before {
    bottom: Option<u64>,
    needle: String,
    filter: String,
    current: Option<u64>,
}

impl Before {
    /// The rows that one looked at are gone.
    pub(super) fn forget_place(&mut self) {
        self.bottom = None;
        self.current = None;
    }
}

impl Pane {
    /// A search or a filter is going to be typed.
    pub fn begin(&mut self) {
        self.before = Some(Before {
            bottom: self.bottom,
            needle: self.needle.text().to_owned(),
            filter: self.sieve.text().to_owned(),
            current: self.current,
        });
    }

    /// What was typed is given up: everything is as before it.
    pub fn give_up(&mut self) {
        let Some(before) = self.before.take() else { return };
        if before.filter != self.sieve.text() {
            self.filter(&before.filter);
        }
        if before.needle != self.needle.text() {
            self.needle = Needle::new(&before.needle);
            self.match_again();
        }
        self.bottom = before.bottom;
        self.current = before.current.filter(|current| self.matches.binary_search(current).is_ok());
    }

    /// What was typed stands.
    pub fn settle(&mut self) {
        self.before = None;
    }

    /// Searches for `text` and goes to the first match: on the screen or below it, else the last one above.
    /// While something is typed, the search begins where one was when it was begun.
    pub fn search(&mut self, text: &str) {
        if let Some(before) = &self.before {
            self.bottom = before.bottom;
        }
        self.needle = Needle::new(text);
        self.match_again();
        let from = self.highest().and_then(|highest| self.number(highest)).unwrap_or(0);
        let next = self.matches.partition_point(|number| *number < from);
        self.current = self.matches.get(next).or_else(|| self.matches.back()).copied();
        if let Some(current) = self.current {
            self.show(current);
        }
    }

    /// The next match, or the one before; after the last comes the first. False: there is none.
    pub fn next_match(&mut self, forward: bool) -> bool {
        let Some(last) = self.matches.len().checked_sub(1) else { return false };
        let from = self.current.or_else(|| self.number(self.lowest()?)).unwrap_or(0);
        let index = self.matches.partition_point(|number| *number < from);
        let is_on = self.matches.get(index) == Some(&from) && self.current.is_some();
        let next = match (forward, is_on) {
            (true, true) if index == last => 0,
            (true, true) => index + 1,
            (true, false) if index > last => 0,
            (true, false) => index,
            (false, _) => index.checked_sub(1).unwrap_or(last),
        };
        self.current = self.matches.get(next).copied();
        if let Some(current) = self.current {
            self.show(current);
        }
        true
    }

    /// Shows only lines with `text`, or with `!` before it only lines without; empty: all.
    pub fn filter(&mut self, text: &str) {
        self.sieve.filter(text);
        self.sift();
    }

    /// Shows only lines that matter at least as much; `None`: all.
    pub fn at_least(&mut self, level: Option<Level>) {
        self.sieve.level = level;
        self.sift();
    }

    /// The match the cursor is on, from 1 (0: on none), and how many there are.
    pub(super) fn found(&self) -> Option<(usize, usize)> {
        if self.needle.is_empty() {
            return None;
        }
        let on =
            self.current.map_or(0, |current| self.matches.partition_point(|number| *number < current) + 1);
        Some((on, self.matches.len()))
    }

    fn sift(&mut self) {
        self.passing = (!self.sieve.lets_all()).then(|| {
            (self.first..)
                .zip(&self.rows)
                .filter(|(_, row)| self.sieve.lets(row))
                .map(|(number, _)| number)
                .collect()
        });
        self.end_selection();
        self.match_again();
    }

    fn match_again(&mut self) {
        let matches =
            |number: &u64| self.row(*number).is_some_and(|row| self.needle.find(&row.text).is_some());
        self.matches = match self.needle.is_empty() {
            true => VecDeque::new(),
            false => (0..self.len()).filter_map(|index| self.number(index)).filter(matches).collect(),
        };
        self.current = self.current.filter(|current| self.matches.binary_search(current).is_ok());
    }
}
