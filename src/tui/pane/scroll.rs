//! Where one looks.

use super::Pane;

impl Pane {
    /// Follows the end from now on.
    pub fn follow(&mut self) {
        self.bottom = None;
    }

    /// Stays where it is while lines come.
    pub fn stay(&mut self) {
        self.bottom = self.lowest().and_then(|lowest| self.number(lowest));
    }

    /// Whether the end is followed.
    pub fn follows(&self) -> bool {
        self.bottom.is_none()
    }

    /// Goes down so many rows, up if negative. Whoever reaches the end follows it again.
    pub fn scroll(&mut self, rows: isize) {
        let Some(lowest) = self.lowest() else { return };
        self.look(lowest.saturating_add_signed(rows));
    }

    /// The rows that a page has.
    pub fn page(&self) -> isize {
        isize::try_from(self.height.max(1)).unwrap_or(1)
    }

    /// Goes to the first row.
    pub fn home(&mut self) {
        self.look(0);
    }

    /// The index of the lowest row shown, among those that pass.
    pub(super) fn lowest(&self) -> Option<usize> {
        let last = self.len().checked_sub(1)?;
        Some(match self.bottom {
            None => last,
            Some(bottom) => self.bounded(self.index(bottom.saturating_add(1)).saturating_sub(1)),
        })
    }

    /// The index of the highest row shown, as far as lines are not wrapped.
    pub(super) fn highest(&self) -> Option<usize> {
        Some(self.lowest()?.saturating_sub(usize::from(self.height.saturating_sub(1))))
    }

    /// Makes the row at `index` the lowest one shown.
    fn look(&mut self, index: usize) {
        let index = self.bounded(index);
        let is_last = index + 1 >= self.len();
        self.bottom = if is_last { None } else { self.number(index) };
    }

    /// Shows the row of that number, in the middle if it has to be looked for, and stays there.
    pub(super) fn show(&mut self, number: u64) {
        let index = self.index(number);
        let is_there = !self.wraps
            && self.lowest().is_some_and(|lowest| index <= lowest)
            && self.highest().is_some_and(|highest| index >= highest);
        let lowest = match self.wraps {
            // Only the lowest row is there for sure.
            true => index,
            false if is_there => self.lowest().unwrap_or(index),
            false => index.saturating_add(usize::from(self.height / 2)),
        };
        self.bottom = self.number(self.bounded(lowest));
    }

    /// Shows the row of that number and moves no more than that takes.
    pub(super) fn reveal(&mut self, number: u64) {
        let index = self.index(number);
        let (Some(lowest), Some(highest)) = (self.lowest(), self.highest()) else { return };
        if index > lowest || self.wraps {
            self.bottom = self.number(self.bounded(index));
        } else if index < highest {
            let height = usize::from(self.height.max(1));
            self.bottom = self.number(self.bounded(index + height - 1));
        } else {
            self.stay();
        }
    }

    /// The nearest index for a lowest row: a pane is never emptier than it must be.
    fn bounded(&self, index: usize) -> usize {
        let last = self.len().saturating_sub(1);
        let least = if self.wraps { 0 } else { usize::from(self.height.saturating_sub(1)) };
        index.max(least.min(last)).min(last)
    }
}
