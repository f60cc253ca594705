//! What is looked for in lines, and which lines are shown.

use super::Row;
use crate::model::event::Level;

/// A text that is looked for. Without capitals in it, it finds either case.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Needle {
    text: String,
    /// In lower case if either case fits; empty: the text itself is looked for.
    folded: String,
}

impl Needle {
    pub(super) fn new(text: &str) -> Self {
        let has_capitals = text.chars().any(char::is_uppercase);
        let folded = if has_capitals { String::new() } else { text.to_lowercase() };
        Self { text: text.to_owned(), folded }
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    pub(super) fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// The bytes of the first place in `line` that fits; an empty text fits nowhere.
    pub(super) fn find(&self, line: &str) -> Option<(usize, usize)> {
        if self.is_empty() {
            return None;
        }
        if self.folded.is_empty() {
            return line.find(&self.text).map(|at| (at, at + self.text.len()));
        }
        if self.folded.is_ascii() {
            return find_ascii(line.as_bytes(), self.folded.as_bytes())
                .map(|at| (at, at + self.folded.len()));
        }
        line.char_indices().find_map(|(at, _)| Some((at, at + self.fits_at(&line[at..])?)))
    }

    /// How many bytes of `rest` the text covers if it begins there.
    fn fits_at(&self, rest: &str) -> Option<usize> {
        let mut wanted = self.folded.chars().peekable();
        for (at, symbol) in rest.char_indices() {
            if wanted.peek().is_none() {
                return Some(at);
            }
            for lower in symbol.to_lowercase() {
                if wanted.next() != Some(lower) {
                    return None;
                }
            }
        }
        wanted.peek().is_none().then_some(rest.len())
    }
}

/// ASCII bytes never lie inside another symbol, so what is found begins and ends between two.
fn find_ascii(line: &[u8], wanted: &[u8]) -> Option<usize> {
    let (first, rest) = wanted.split_first()?;
    let last = line.len().checked_sub(wanted.len())?;
    let upper = first.to_ascii_uppercase();
    line[..=last].iter().enumerate().position(|(at, byte)| {
        (byte == first || *byte == upper) && line[at + 1..at + wanted.len()].eq_ignore_ascii_case(rest)
    })
}

/// Which lines are shown.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Sieve {
    /// As it was typed: with `!` in front it keeps lines out.
    text: String,
    needle: Needle,
    keeps_out: bool,
    /// Lines that are known to matter less are kept out.
    pub(super) level: Option<Level>,
}

impl Sieve {
    pub(super) fn filter(&mut self, text: &str) {
        let (wanted, keeps_out) = text.strip_prefix('!').map_or((text, false), |rest| (rest, true));
        self.text = text.to_owned();
        self.needle = Needle::new(wanted);
        self.keeps_out = keeps_out;
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    pub(super) fn lets_all(&self) -> bool {
        self.needle.is_empty() && self.level.is_none()
    }

    /// A line whose level is not known passes every level: it may belong to the one before it.
    pub(super) fn lets(&self, row: &Row) -> bool {
        let by_level = row.level.is_none() || self.level.is_none() || row.level >= self.level;
        by_level && (self.needle.is_empty() || self.needle.find(&row.text).is_some() != self.keeps_out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn capitals_count_if_there_are_any() {
        for (wanted, line, found) in [
            ("error", "an ERROR here", Some((3, 8))),
            ("Error", "an ERROR, an Error", Some((13, 18))),
            ("", "anything", None),
            ("x", "", None),
            ("longer than", "long", None),
            ("%a", "10%A", Some((2, 4))),
            ("aab", "aaAB", Some((1, 4))),
            ("größe", "die GRÖSSE, die GRÖẞE, die Größe", Some((17, 25))),
            ("ö", "aÖ", Some((1, 3))),
            ("日本", "in 日本", Some((3, 9))),
            ("é", "cafe", None),
        ] {
            assert_eq!(Needle::new(wanted).find(line), found, "{wanted} in {line}");
        }
    }

    #[test]
    fn places_are_between_symbols() {
        let line = "İıß ẞſK ﬀ aÅ…";
        for wanted in ["i", "ß", "s", "k", "å", "ss", "İ", "…", "ff", "ı"] {
            if let Some((from, to)) = Needle::new(wanted).find(line) {
                assert!(line.is_char_boundary(from) && line.is_char_boundary(to), "{wanted}");
            }
        }
    }

    #[test]
    fn a_sieve_lets_in_or_keeps_out() {
        let row = |level, text: &str| Row { at: None, level, text: text.into() };
        for (filter, level, row, passes) in [
            ("", None, row(None, "x"), true),
            ("x", None, row(None, "aXb"), true),
            ("x", None, row(None, "y"), false),
            ("!x", None, row(None, "y"), true),
            ("!x", None, row(None, "x"), false),
            ("!", None, row(None, "x"), true),
            ("", Some(Level::Warn), row(Some(Level::Info), "x"), false),
            ("", Some(Level::Warn), row(Some(Level::Error), "x"), true),
            ("", Some(Level::Warn), row(None, "x"), true),
            ("y", Some(Level::Warn), row(Some(Level::Error), "x"), false),
        ] {
            let mut sieve = Sieve { level, ..Sieve::default() };
            sieve.filter(filter);
            assert_eq!(sieve.lets(&row), passes, "{filter} {level:?} {row:?}");
        }
    }
}
