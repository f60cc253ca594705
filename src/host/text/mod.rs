//! The sanitiser of foreign text: what a compiler, an agent, a proxy or a file says can neither control
//! a terminal nor forge a line of a log.
//!
//! Every text from outside passes here once, where it enters. What comes out holds no control
//! character, no escape sequence, nothing invisible and nothing that reorders text, is valid UTF-8 and
//! at most [`LINE_LIMIT`] bytes long.

mod lines;

use std::borrow::Cow;

pub use lines::Lines;

/// The longest line that comes out, in bytes, with the mark of shortening.
pub const LINE_LIMIT: usize = 4096;
/// Ends a line that was shortened.
pub const ELLIPSIS: char = '…';
const TAB: usize = 8;

/// One clean line from foreign bytes. Line ends inside become spaces.
pub fn clean_line(bytes: &[u8]) -> String {
    clean(&String::from_utf8_lossy(bytes))
}

/// One clean line from foreign text. Most lines are clean already: those are not copied.
pub fn cleaned(text: &str) -> Cow<'_, str> {
    match text.len() <= LINE_LIMIT && is_plain(text) {
        true => Cow::Borrowed(text),
        false => Cow::Owned(clean(text)),
    }
}

/// Whether a text is nothing but ASCII that is seen.
pub fn is_plain(text: &str) -> bool {
    text.bytes().all(|byte| (b' '..=b'~').contains(&byte))
}

/// One clean line from foreign text. Line ends inside become spaces.
pub fn clean(text: &str) -> String {
    let mut line = Line::default();
    let mut state = State::Text;
    for symbol in text.chars() {
        state = state.next(symbol, &mut line);
        if line.full {
            break;
        }
    }
    line.finish()
}

/// Where in an escape sequence (ECMA-48) the text is.
#[derive(Clone, Copy)]
enum State {
    Text,
    /// After ESC.
    Escape,
    /// After ESC and an intermediate byte, as in `ESC ( B`.
    Intermediate,
    /// In a control sequence: parameters, then a final byte.
    Control,
    /// In a string (OSC, DCS, APC, PM, SOS): up to its terminator.
    String,
    /// In a string, after ESC.
    StringEscape,
}

impl State {
    fn next(self, symbol: char, line: &mut Line) -> Self {
        match (self, symbol) {
            // Both forms of the string terminator; BEL, which ends an OSC in practice.
            (Self::String, '\u{9c}' | '\u{7}') | (Self::StringEscape, '\\') => Self::Text,
            (Self::String | Self::StringEscape, '\u{1b}') => Self::StringEscape,
            (Self::String, _) => Self::String,
            // ESC inside a string ends it and begins something new.
            (Self::StringEscape, _) => Self::Escape.next(symbol, line),
            (_, '\u{1b}') => Self::Escape,
            (Self::Escape, '[') => Self::Control,
            (Self::Escape, ']' | 'P' | 'X' | '^' | '_') => Self::String,
            (Self::Escape | Self::Intermediate, ' '..='/') => Self::Intermediate,
            (Self::Escape | Self::Intermediate, '0'..='~') => Self::Text,
            (Self::Control, ' '..='?') => Self::Control,
            (Self::Control, '@'..='~') => Self::Text,
            // The same introducers as single characters.
            (_, '\u{9b}') => Self::Control,
            (_, '\u{90}' | '\u{98}' | '\u{9d}' | '\u{9e}' | '\u{9f}') => Self::String,
            // Not a sequence after all: the symbol counts.
            _ => {
                line.add(symbol);
                Self::Text
            }
        }
    }
}

/// The line as it grows.
#[derive(Default)]
struct Line {
    text: String,
    /// Symbols so far, for tab stops.
    column: usize,
    /// Where the text may be cut so that the ellipsis still fits.
    cut: usize,
    full: bool,
}

impl Line {
    fn add(&mut self, symbol: char) {
        match symbol {
            '\t' => {
                for _ in 0..TAB - self.column % TAB {
                    self.put(' ');
                }
            }
            '\n' | '\r' | '\u{2028}' | '\u{2029}' => self.put(' '),
            symbol if symbol.is_control() || is_invisible(symbol) => {}
            symbol => self.put(symbol),
        }
    }

    fn put(&mut self, symbol: char) {
        if self.full {
            return;
        }
        if self.text.len() + symbol.len_utf8() > LINE_LIMIT {
            self.full = true;
            return;
        }
        self.text.push(symbol);
        self.column += 1;
        if self.text.len() <= LINE_LIMIT - ELLIPSIS.len_utf8() {
            self.cut = self.text.len();
        }
    }

    fn finish(mut self) -> String {
        if self.full {
            self.text.truncate(self.cut);
            self.text.push(ELLIPSIS);
        }
        self.text
    }
}

/// Zero-width characters, direction marks, blank fillers, tags and variation selectors: they hide,
/// reorder or impersonate text.
fn is_invisible(symbol: char) -> bool {
    matches!(symbol,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
        | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}'
        | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
        | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn sequences_are_dropped_whole_and_text_is_kept() {
        for (dirty, clean_text) in [
            ("plain text, ünïcödé 漢字", "plain text, ünïcödé 漢字"),
            ("\u{1b}[31mred\u{1b}[0m", "red"),
            ("\u{1b}[38;5;1;2;3mx\u{1b}[?25l\u{1b}[2J", "x"),
            ("a\u{1b}]0;title\u{7}b", "ab"),
            ("a\u{1b}]52;c;cGF5bG9hZA==\u{1b}\\b", "ab"),
            ("a\u{1b}]8;;http://x\u{1b}\\link\u{1b}]8;;\u{1b}\\b", "alinkb"),
            ("a\u{1b}Pq#0\u{1b}\\b\u{1b}_apc\u{1b}\\c\u{1b}^pm\u{1b}\\d\u{1b}Xsos\u{1b}\\e", "abcde"),
            ("a\u{9b}31mb\u{9d}0;t\u{9c}c\u{85}d", "abcd"),
            ("a\u{1b}(Bb\u{1b}=c\u{1b}cd\u{1b}#8e", "abcde"),
            ("a\u{1b}]0;never ended", "a"),
            ("a\u{1b}]0;x\u{1b}[31mb", "ab"),
            ("cut off \u{1b}[31", "cut off "),
            ("a\u{1b}\u{1b}[1mb", "ab"),
            ("a\u{1b}é", "aé"),
            ("a\u{1b}[3é", "aé"),
            ("a\0b\u{8}c\u{7f}d\u{7}", "abcd"),
            ("a\tb\t\tc", "a       b               c"),
            ("one\r\ntwo\nthree", "one  two three"),
            ("abc\u{202e}txt.exe\u{2066}\u{200b}\u{feff}", "abctxt.exe"),
            ("a\u{2028}b", "a b"),
        ] {
            assert_eq!(clean(dirty), clean_text, "{dirty:?}");
        }
        assert_eq!(clean_line(b"a\xffb\xc3"), "a\u{fffd}b\u{fffd}");
    }

    #[test]
    fn long_lines_are_cut_at_a_character_with_a_mark() {
        assert_eq!(clean(&"x".repeat(LINE_LIMIT)), "x".repeat(LINE_LIMIT));
        for symbol in ["x", "é", "漢", "🦀"] {
            let line = clean(&symbol.repeat(LINE_LIMIT + 1));
            assert!(line.len() <= LINE_LIMIT && line.len() > LINE_LIMIT - 8, "{}", line.len());
            assert!(line.ends_with(ELLIPSIS));
            assert_eq!(line.trim_end_matches(ELLIPSIS).replace(symbol, ""), "");
        }
    }

    proptest! {
        #[test]
        fn nothing_harmful_comes_out(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
            check(&clean_line(&bytes))?;
        }

        #[test]
        fn nothing_harmful_comes_out_of_near_sequences(
            text in "([\u{1b}\\[\\]P_^X\u{9b}\u{9d}\u{9c}\u{7}\\\\;0-9m(#\u{202e}\u{200d}\r\n\t ]|\\PC|\\pC){0,200}"
        ) {
            let line = clean(&text);
            check(&line)?;
            prop_assert_eq!(clean(&line), line);
        }

        #[test]
        fn harmless_text_is_untouched(text in "[ -~äöüß漢字]{0,300}") {
            prop_assert_eq!(clean(&text), text);
        }
    }

    fn check(line: &str) -> Result<(), TestCaseError> {
        prop_assert!(line.len() <= LINE_LIMIT);
        prop_assert!(!line.chars().any(|c| c.is_control() || is_invisible(c)), "{:?}", line);
        let separated = line.contains(['\u{2028}', '\u{2029}']);
        prop_assert!(!separated);
        Ok(())
    }
}
