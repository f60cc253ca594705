//! The end of a log that comes anew, joined to what is there.

use super::{Pane, Row};

impl Pane {
    /// Takes the end of the same log as it is told anew: what is there already stays, what is new is added.
    /// If the two do not meet, the old lines go, and `head` comes before the new ones.
    pub fn join(&mut self, rows: Vec<Row>, head: Option<Row>) {
        let known = self.overlap(&rows);
        if known == 0 {
            self.clear();
            head.into_iter().for_each(|row| self.push(row));
        }
        rows.into_iter().skip(known).for_each(|row| self.push(row));
    }

    /// How many of the first of `rows` are the last ones here, as many as possible.
    fn overlap(&self, rows: &[Row]) -> usize {
        let same = |known: usize| {
            let here = self.rows.iter().skip(self.rows.len() - known);
            rows.iter()
                .zip(here)
                .all(|(new, old)| new.text == old.text && (new.at == old.at || new.at.is_none()))
        };
        (1..=rows.len().min(self.rows.len())).rev().find(|known| same(*known)).unwrap_or(0)
    }
}
