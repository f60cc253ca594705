//! Marks, and the lines that are selected.

use super::{Pane, Row};

/// Selected lines: from where the selection began to where it was moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Selection {
    anchor: u64,
    head: u64,
}

impl Pane {
    /// Begins to select at the current line.
    pub fn select(&mut self) {
        self.selection = self.current_number().map(|number| Selection { anchor: number, head: number });
        self.stay();
    }

    /// Selects nothing any more.
    pub fn end_selection(&mut self) {
        self.selection = None;
    }

    /// Whether lines are being selected.
    pub fn selecting(&self) -> bool {
        self.selection.is_some()
    }

    /// Moves the end of the selection by so many rows, up if negative.
    pub fn extend(&mut self, rows: isize) {
        let (Some(selection), Some(last)) = (self.selection, self.len().checked_sub(1)) else { return };
        let index = self.index(selection.head).saturating_add_signed(rows).min(last);
        if let Some(head) = self.number(index) {
            self.selection = Some(Selection { head, ..selection });
            self.reveal(head);
        }
    }

    /// The selected rows that are shown, oldest first.
    pub fn selected(&self) -> Vec<&Row> {
        let Some(Selection { anchor, head }) = self.selection else { return Vec::new() };
        let (from, to) = (self.index(anchor.min(head)), self.index(anchor.max(head)));
        (from..=to).filter_map(|index| self.row(self.number(index)?)).collect()
    }

    /// The current row: the end of the selection, else the match on the screen, else the lowest row shown.
    pub fn current(&self) -> Option<&Row> {
        self.row(self.current_number()?)
    }

    /// Marks the current row, or unmarks it. True: it is marked now.
    pub fn mark(&mut self) -> bool {
        let Some(number) = self.current_number() else { return false };
        let is_new = self.marks.insert(number);
        if !is_new {
            self.marks.remove(&number);
        }
        is_new
    }

    fn current_number(&self) -> Option<u64> {
        if let Some(selection) = self.selection {
            return Some(selection.head);
        }
        let (lowest, highest) = (self.lowest()?, self.highest()?);
        let is_there = |number: &u64| (highest..=lowest).contains(&self.index(*number));
        self.current.filter(is_there).or_else(|| self.number(lowest))
    }

    pub(super) fn selects(&self, number: u64) -> bool {
        self.selection
            .is_some_and(|Selection { anchor, head }| (anchor.min(head)..=anchor.max(head)).contains(&number))
    }

    /// A row went: a selection loses it, and ends with its last one.
    pub(super) fn forget_selected(&mut self, number: u64) {
        let Some(selection) = &mut self.selection else { return };
        if selection.anchor.max(selection.head) <= number {
            self.selection = None;
            return;
        }
        selection.anchor = selection.anchor.max(number + 1);
        selection.head = selection.head.max(number + 1);
    }
}
