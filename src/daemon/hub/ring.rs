//! The last events as lines, for clients that come back.

use std::collections::VecDeque;

use crate::control::queue::Line;

/// How many lines are kept at most.
const LINES: usize = 4_096;
/// How many bytes of text they may hold together.
const BYTES: usize = 1024 * 1024;

/// The newest lines. Their numbers follow each other, and the last one is `last`.
#[derive(Debug, Default)]
pub(super) struct Ring {
    lines: VecDeque<Line>,
    bytes: usize,
    last: u64,
}

impl Ring {
    /// Adds the line of the event with the number `seq`; the oldest go when there are too many.
    pub(super) fn push(&mut self, seq: u64, line: Line) {
        self.bytes += line.text.len();
        self.last = seq;
        self.lines.push_back(line);
        while self.lines.len() > LINES || self.bytes > BYTES {
            let Some(oldest) = self.lines.pop_front() else { break };
            self.bytes -= oldest.text.len();
        }
    }

    /// The lines after the event with the number `seq`; `None`: not all of them are there any more, or
    /// there never was such an event.
    pub(super) fn after(&self, seq: u64) -> Option<impl ExactSizeIterator<Item = &Line>> {
        let missed = usize::try_from(self.last.checked_sub(seq)?).ok()?;
        let first = self.lines.len().checked_sub(missed)?;
        Some(self.lines.iter().skip(first))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(text: &str) -> Line {
        Line { text: text.into(), may_be_dropped: false }
    }

    fn after(ring: &Ring, seq: u64) -> Option<Vec<String>> {
        ring.after(seq).map(|lines| lines.map(|line| line.text.to_string()).collect())
    }

    #[test]
    fn what_was_missed_is_there_or_it_is_said_that_it_is_not() {
        let mut ring = Ring::default();
        assert_eq!(after(&ring, 0), Some(vec![]));
        assert_eq!(after(&ring, 1), None, "from another epoch");
        for seq in 1..=3 {
            ring.push(seq, line(&seq.to_string()));
        }
        assert_eq!(after(&ring, 1), Some(vec!["2".into(), "3".into()]));
        assert_eq!(after(&ring, 3), Some(vec![]));
        assert_eq!(after(&ring, 4), None);
        for seq in 4..=5_000 {
            ring.push(seq, line("x"));
        }
        assert_eq!(after(&ring, 903), None);
        assert_eq!(after(&ring, 904).map(|lines| lines.len()), Some(LINES));
    }

    #[test]
    fn its_text_is_bounded() {
        let mut ring = Ring::default();
        let long = "x".repeat(100_000);
        for seq in 1..=50 {
            ring.push(seq, line(&long));
        }
        assert!(ring.bytes <= BYTES && ring.lines.len() == 10, "{}", ring.lines.len());
        assert_eq!(after(&ring, 40).map(|lines| lines.len()), Some(10));
        ring.push(51, line(&"x".repeat(2 * BYTES)));
        assert_eq!((ring.bytes, ring.lines.len(), after(&ring, 50)), (0, 0, None));
    }
}
