//! The output of a build as far as it is kept: its last lines, and how many there were.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

/// How many lines a transcript keeps unless it is told otherwise.
const LINES: usize = 1_000;

/// The last lines of a build's output.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transcript {
    lines: VecDeque<String>,
    /// Lines that came before those that are kept, and lines that never came.
    before: u64,
    #[serde(skip, default = "usual")]
    most: usize,
}

fn usual() -> usize {
    LINES
}

impl Default for Transcript {
    fn default() -> Self {
        Self::of(LINES)
    }
}

impl Transcript {
    /// An empty one that keeps `most` lines.
    pub fn of(most: usize) -> Self {
        Self { lines: VecDeque::new(), before: 0, most }
    }

    /// Adds a line; the oldest one goes when there are too many.
    pub fn push(&mut self, line: String) {
        if self.lines.len() >= self.most {
            self.lines.pop_front();
            self.before += 1;
        }
        self.lines.push_back(line);
    }

    /// Forgets everything: another build begins.
    pub fn clear(&mut self) {
        self.lines.clear();
        self.before = 0;
    }

    /// The lines that are kept, oldest first.
    pub fn lines(&self) -> impl ExactSizeIterator<Item = &str> + DoubleEndedIterator {
        self.lines.iter().map(String::as_str)
    }

    /// How many lines came before those that are kept.
    pub fn before(&self) -> u64 {
        self.before
    }

    /// How many lines there were in all.
    pub fn total(&self) -> u64 {
        self.before + self.lines.len() as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_lines_go_first_and_are_counted() {
        let mut transcript = Transcript::of(2);
        for line in ["a", "b", "c"] {
            transcript.push(line.into());
        }
        assert_eq!(transcript.lines().collect::<Vec<_>>(), ["b", "c"]);
        assert_eq!((transcript.before(), transcript.total()), (1, 3));
        let json = serde_json::to_string(&transcript).expect("JSON");
        assert_eq!(json, r#"{"lines":["b","c"],"before":1}"#);
        transcript.clear();
        assert_eq!(transcript.total(), 0);
    }
}
