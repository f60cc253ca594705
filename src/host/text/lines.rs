//! A stream of foreign bytes cut into clean lines.

use super::{ELLIPSIS, LINE_LIMIT, clean_line};

/// The most that is kept of one raw line: sequences that will be dropped need room too.
const RAW_LIMIT: usize = 4 * LINE_LIMIT;

/// Splits bytes at `\n`, `\r\n` and a lone `\r` (progress bars) and hands out clean lines. Holds at
/// most 16 KiB however long a line is; the rest of a longer one is dropped and marked.
#[derive(Debug, Default)]
pub struct Lines {
    pending: Vec<u8>,
    /// The present line is longer than what is kept.
    overlong: bool,
    /// The last byte was `\r`: a `\n` now belongs to it.
    after_return: bool,
}

impl Lines {
    /// Adds bytes; every line that they complete goes to `on_line`.
    pub fn push(&mut self, mut bytes: &[u8], on_line: &mut dyn FnMut(&str)) {
        if self.after_return && !bytes.is_empty() {
            self.after_return = false;
            bytes = bytes.strip_prefix(b"\n").unwrap_or(bytes);
        }
        while let Some(end) = bytes.iter().position(|byte| matches!(byte, b'\n' | b'\r')) {
            self.keep(&bytes[..end]);
            self.emit(on_line);
            let returned = bytes[end] == b'\r';
            bytes = &bytes[end + 1..];
            if returned {
                self.after_return = bytes.is_empty();
                bytes = bytes.strip_prefix(b"\n").unwrap_or(bytes);
            }
        }
        self.keep(bytes);
    }

    /// Hands out what was begun and not ended by a line end.
    pub fn finish(&mut self, on_line: &mut dyn FnMut(&str)) {
        if !self.pending.is_empty() || self.overlong {
            self.emit(on_line);
        }
        self.after_return = false;
    }

    fn keep(&mut self, bytes: &[u8]) {
        let room = RAW_LIMIT - self.pending.len();
        self.overlong |= bytes.len() > room;
        self.pending.extend_from_slice(&bytes[..bytes.len().min(room)]);
    }

    fn emit(&mut self, on_line: &mut dyn FnMut(&str)) {
        let mut line = clean_line(&self.pending);
        if self.overlong && !line.ends_with(ELLIPSIS) {
            // A short line here was long before its sequences were dropped, or was cut in a character.
            let kept = line.trim_end_matches('\u{fffd}').len();
            line.truncate(kept);
            line.push(ELLIPSIS);
        }
        self.pending.clear();
        self.overlong = false;
        on_line(&line);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn split(chunks: &[&[u8]]) -> Vec<String> {
        let mut lines = Lines::default();
        let mut found = Vec::new();
        for chunk in chunks {
            lines.push(chunk, &mut |line| found.push(line.to_owned()));
        }
        lines.finish(&mut |line| found.push(line.to_owned()));
        found
    }

    #[test]
    fn all_line_ends_count_once() {
        let table: [(&[&[u8]], &[&str]); 9] = [
            (&[b"one\ntwo\n"], &["one", "two"]),
            (&[b"one\r\ntwo"], &["one", "two"]),
            (&[b"one\r", b"\ntwo\n"], &["one", "two"]),
            (&[b"10%\r20%\r", b"done\n"], &["10%", "20%", "done"]),
            (&[b"a\n\nb\n"], &["a", "", "b"]),
            (&[b"a\r\r\nb"], &["a", "", "b"]),
            (&[b"sp", b"lit", b"\xc3", b"\xa9\n"], &["splité"]),
            (&[b""], &[]),
            (&[b"a\r", b"", b"\nb"], &["a", "b"]),
        ];
        for (chunks, lines) in table {
            assert_eq!(split(chunks), lines, "{chunks:?}");
        }
    }

    #[test]
    fn a_line_of_a_megabyte_does_not_grow_the_buffer() {
        let mut lines = Lines::default();
        let mut found = Vec::new();
        for _ in 0..1024 {
            lines.push(&[b'x'; 1024], &mut |_| {});
            assert!(lines.pending.capacity() <= 2 * RAW_LIMIT);
        }
        lines.push(b"\nnext\n", &mut |line| found.push(line.to_owned()));
        assert_eq!(found.len(), 2);
        assert!(found[0].len() <= LINE_LIMIT && found[0].ends_with(ELLIPSIS));
        assert_eq!(found[1], "next");
    }

    #[test]
    fn a_long_line_of_sequences_is_marked_too() {
        let line = [b"\x1b[1m".repeat(RAW_LIMIT), b"end\n".to_vec()].concat();
        assert_eq!(split(&[&line]), ["…"]);
    }

    proptest! {
        #[test]
        fn lines_do_not_depend_on_how_the_bytes_arrive(
            text in "([a-zé\r\n\u{1b}\\[]){0,80}", cuts in proptest::collection::vec(0..80_usize, 0..8)
        ) {
            let bytes = text.as_bytes();
            let mut cuts: Vec<usize> = cuts.into_iter().filter(|cut| *cut <= bytes.len()).collect();
            cuts.extend([0, bytes.len()]);
            cuts.sort_unstable();
            let chunks: Vec<&[u8]> = cuts.windows(2).map(|pair| &bytes[pair[0]..pair[1]]).collect();
            prop_assert_eq!(split(&chunks), split(&[bytes]));
        }
    }
}
