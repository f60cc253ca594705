//! Text that is drawn anew in its place on a terminal, without taking the screen over: what was said before
//! stays above it.
//!
//! Only three sequences are written: back to the first column, up, and clear to the end.

use std::borrow::Cow;

use crate::tui::view::fitting;

/// Where the text is, by the number of its rows.
#[derive(Debug, Default)]
pub(super) struct Place {
    rows: usize,
}

impl Place {
    /// What is to be written so that `text` stands where the text before stood, on a terminal of `size`. Lines
    /// that are too long are cut, rows that do not fit are left out: nothing wraps, so the rows are counted
    /// right.
    pub(super) fn draw(&mut self, text: &str, size: (u16, u16)) -> String {
        let mut out = self.wipe();
        let rows = usize::from(size.1).saturating_sub(1).max(1);
        // The last column stays free: some terminals go to the next row when it is written to.
        let columns = size.0.saturating_sub(1).max(1);
        for line in text.lines().take(rows) {
            out.push_str(&cut(line, columns));
            out.push('\n');
            self.rows += 1;
        }
        out
    }

    /// What is to be written so that nothing stands there.
    pub(super) fn wipe(&mut self) -> String {
        match std::mem::take(&mut self.rows) {
            0 => String::new(),
            rows => format!("\r\u{1b}[{rows}A\u{1b}[J"),
        }
    }
}

/// As much of a line as fits into so many columns.
fn cut(line: &str, columns: u16) -> Cow<'_, str> {
    match fitting(line, columns) {
        end if end == line.len() => Cow::Borrowed(line),
        _ => Cow::Owned(format!("{}…", &line[..fitting(line, columns.saturating_sub(1))])),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_drawn_stands_in_the_place_of_what_was_drawn_before() {
        let side = |length| std::num::NonZero::new(length).expect("a side");
        let mut terminal = vt100::Parser::new(side(6), side(20), 0);
        let mut place = Place::default();
        let mut show = |text: &str| {
            let raw = text.replace('\n', "\r\n");
            terminal.process(raw.as_bytes());
            terminal.screen().contents()
        };
        assert_eq!(show("before\n"), "before");
        assert_eq!(show(&place.draw("one\ntwo\nthree\n", (20, 6))), "before\none\ntwo\nthree");
        assert_eq!(show(&place.draw("four\n", (20, 6))), "before\nfour");
        assert_eq!(show(&place.draw(&"漢".repeat(40), (20, 6))), format!("before\n{}…", "漢".repeat(9)));
        assert_eq!(show(&place.wipe()), "before");
        assert_eq!(show("after\n"), "before\nafter");
    }

    #[test]
    fn what_does_not_fit_is_left_out() {
        let mut place = Place::default();
        assert_eq!(place.draw("a\nb\nc\nd\n", (80, 3)), "a\nb\n");
        assert_eq!(place.draw("abcdef", (5, 3)), "\r\u{1b}[2A\u{1b}[Jabc…\n");
        // A letter keeps its mark, or goes with it.
        assert_eq!(place.draw("abe\u{301}def", (5, 3)), "\r\u{1b}[1A\u{1b}[Jabe\u{301}…\n");
    }
}
