//! Writes on the screen: the only way for a text to reach a cell, so the only place where it is made harmless.

use std::borrow::Cow;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::Span;

use crate::host::text::{self, is_plain};
use crate::tui::theme::Theme;

/// The longest symbol of a cell, in bytes: a letter with as many marks as any language needs.
const SYMBOL_LIMIT: usize = 24;

/// What is written with, and where.
pub struct Pen<'a> {
    /// The screen.
    pub buffer: &'a mut Buffer,
    /// The looks.
    pub theme: Theme,
}

/// A text in its style.
pub type Piece<'a> = (Cow<'a, str>, Style);

/// A piece, from a text that is borrowed or owned.
pub fn piece<'a>(text: impl Into<Cow<'a, str>>, style: Style) -> Piece<'a> {
    (text.into(), style)
}

/// One clean line: what was cleaned before is not copied.
pub fn clean(text: &str) -> Cow<'_, str> {
    text::cleaned(head(text, text::LINE_LIMIT))
}

/// At most so many bytes of a text, whole characters only.
fn head(text: &str, bytes: usize) -> &str {
    &text[..text.floor_char_boundary(bytes)]
}

/// How many columns a clean text takes.
pub fn width(text: &str) -> u16 {
    let width =
        if is_plain(text) { text.len() } else { graphemes(text).map(|(_, width)| usize::from(width)).sum() };
    u16::try_from(width).unwrap_or(u16::MAX)
}

/// The byte up to which a clean text fits in so many columns.
pub fn fitting(text: &str, columns: u16) -> usize {
    let head = head(text, usize::from(columns));
    // What is not ASCII may be a mark on the symbol before it.
    if is_plain(head) && text.as_bytes().get(head.len()).is_none_or(u8::is_ascii) {
        return head.len();
    }
    let (mut end, mut room) = (0, columns);
    for (symbol, width) in graphemes(text) {
        if width > room {
            break;
        }
        room -= width;
        end += symbol;
    }
    end
}

/// Bytes and columns of each symbol.
fn graphemes(text: &str) -> impl Iterator<Item = (usize, u16)> {
    let mut chars = text.char_indices().peekable();
    // Symbols are measured as the screen measures them, with their marks.
    std::iter::from_fn(move || {
        let (start, _) = chars.next()?;
        let mut end = chars.peek().map_or(text.len(), |(at, _)| *at);
        while let Some((at, mark)) = chars.peek().copied() {
            let next = at + mark.len_utf8();
            if mark.is_ascii() || Span::raw(&text[at..next]).width() > 0 {
                break;
            }
            chars.next();
            end = next;
        }
        let width = Span::raw(&text[start..end]).width();
        Some((end - start, u16::try_from(width).unwrap_or(u16::MAX)))
    })
}

/// A clean text in lines of at most so many columns, broken between words where that is possible.
pub fn wrapped(text: &str, columns: u16) -> Vec<&str> {
    let mut lines = Vec::new();
    let mut rest = text.trim_end();
    while !rest.is_empty() {
        let end = fitting(rest, columns);
        if end == rest.len() {
            lines.push(rest);
            break;
        }
        if end == 0 {
            break;
        }
        // A space right behind the line is as good as one in it.
        let space = match rest[end..].starts_with(' ') {
            true => Some(end),
            false => rest[..end].rfind(' ').filter(|at| *at > end / 3),
        };
        let at = space.unwrap_or(end);
        lines.push(rest[..at].trim_end());
        rest = rest[at..].trim_start();
    }
    lines
}

/// Lines of any text, cleaned and broken as [`wrapped`] does; an empty one stays.
pub fn folded<T: AsRef<str>>(lines: &[T], columns: u16) -> Vec<String> {
    let fold = |line: &T| {
        let line = clean(line.as_ref());
        match line.is_empty() {
            true => vec![String::new()],
            false => wrapped(&line, columns).into_iter().map(ToOwned::to_owned).collect(),
        }
    };
    lines.iter().flat_map(fold).collect()
}

impl Pen<'_> {
    /// Writes a text from `x` on, as far as the area goes; says where it ended.
    pub fn put(&mut self, area: Rect, x: u16, y: u16, text: &str, style: Style) -> u16 {
        let area = area.intersection(self.buffer.area);
        if y < area.y || y >= area.bottom() || x < area.x || x >= area.right() {
            return x;
        }
        let room = area.right() - x;
        let text = clean(text);
        if is_plain(&text) {
            let end = text.len().min(usize::from(room));
            for (at, column) in (0..end).zip(x..) {
                if let Some(cell) = self.buffer.cell_mut((column, y)) {
                    cell.set_symbol(&text[at..=at]).set_style(style);
                }
            }
            return x + u16::try_from(end).unwrap_or(room);
        }
        self.buffer.set_stringn(x, y, &text, usize::from(room), style).0
    }

    /// As [`Pen::put`], and ends a text that does not fit with an ellipsis.
    pub fn cut(&mut self, area: Rect, x: u16, y: u16, text: &str, style: Style) -> u16 {
        let room = area.right().saturating_sub(x);
        let text = clean(text);
        if width(head(&text, usize::from(room) * 8 + 8)) <= room {
            return self.put(area, x, y, &text, style);
        }
        let end = fitting(&text, room.saturating_sub(1));
        let x = self.put(area, x, y, text[..end].trim_end(), style);
        self.put(area, x, y, "…", style)
    }

    /// Writes pieces one behind the other, cut at the end of the area; says where they ended.
    pub fn pieces(&mut self, area: Rect, x: u16, y: u16, pieces: &[Piece<'_>]) -> u16 {
        pieces.iter().fold(x, |x, (text, style)| match x >= area.right() {
            true => x,
            false => self.cut(area, x, y, text, *style),
        })
    }

    /// Writes pieces so that they end where the area does; says where they began. Nothing is written, and
    /// `None` said, when they do not fit behind `from`.
    pub fn right(&mut self, area: Rect, from: u16, y: u16, pieces: &[Piece<'_>]) -> Option<u16> {
        let wide: u16 = pieces.iter().fold(0, |sum, (text, _)| sum.saturating_add(width(&clean(text))));
        let start = area.right().checked_sub(wide).filter(|start| *start >= from.max(area.x))?;
        self.pieces(area, start, y, pieces);
        Some(start)
    }

    /// Fills a row of the area with a symbol.
    pub fn rule(&mut self, area: Rect, y: u16, symbol: &str, style: Style) {
        for x in area.left()..area.right() {
            self.cell(x, y, symbol, style);
        }
    }

    /// One cell.
    pub fn cell(&mut self, x: u16, y: u16, symbol: &str, style: Style) {
        if let Some(cell) = self.buffer.cell_mut((x, y)) {
            cell.set_symbol(symbol).set_style(style);
        }
    }

    /// Empties an area.
    pub fn clear(&mut self, area: Rect) {
        let area = area.intersection(self.buffer.area);
        for y in area.top()..area.bottom() {
            // A wide symbol that reaches into the area from the left loses its other half.
            if let Some(cell) = area.x.checked_sub(1).and_then(|x| self.buffer.cell_mut((x, y)))
                && !cell.symbol().is_ascii()
                && Span::raw(cell.symbol()).width() > 1
            {
                cell.set_symbol(" ");
            }
            for x in area.left()..area.right() {
                if let Some(cell) = self.buffer.cell_mut((x, y)) {
                    cell.reset();
                }
            }
        }
    }

    /// Changes the looks of an area and leaves its text.
    pub fn paint(&mut self, area: Rect, style: Style) {
        self.buffer.set_style(area, style);
    }

    /// A frame around an area; says what is inside.
    pub fn frame(&mut self, area: Rect, style: Style) -> Rect {
        if area.width < 2 || area.height < 2 {
            return Rect::new(area.x, area.y, 0, 0);
        }
        let (right, bottom) = (area.right() - 1, area.bottom() - 1);
        self.rule(area, area.y, "─", style);
        self.rule(area, bottom, "─", style);
        for y in area.y + 1..bottom {
            self.cell(area.x, y, "│", style);
            self.cell(right, y, "│", style);
        }
        for (x, y, corner) in
            [(area.x, area.y, "┌"), (right, area.y, "┐"), (area.x, bottom, "└"), (right, bottom, "┘")]
        {
            self.cell(x, y, corner, style);
        }
        Rect::new(area.x + 1, area.y + 1, area.width - 2, area.height - 2)
    }
}

/// Makes the screen safe for every terminal: no cell holds a control character or something invisible, and
/// none anything but ASCII where that is all there is.
pub fn finish(buffer: &mut Buffer, ascii: bool) {
    for cell in &mut buffer.content {
        if let [byte] = cell.symbol().as_bytes()
            && (0x20..0x7f).contains(byte)
        {
            continue;
        }
        let plain = plain(cell.symbol());
        if ascii {
            cell.set_symbol(plain.unwrap_or("?"));
        } else if plain.is_some() {
            // One of our own.
        } else if cell.symbol().len() > SYMBOL_LIMIT || text::cleaned(cell.symbol()) != cell.symbol() {
            cell.set_symbol("?");
        }
    }
}

/// What stands for a symbol where only ASCII is shown. All of one column.
fn plain(symbol: &str) -> Option<&'static str> {
    Some(match symbol {
        "─" | "–" | "—" => "-",
        "│" | "║" => "|",
        "┌" | "┐" | "└" | "┘" | "├" | "┤" | "┬" | "┴" | "┼" | "✓" => "+",
        "●" => "*",
        "○" => "o",
        "▶" | "▸" | "→" => ">",
        "✗" => "x",
        "↩" | "←" => "<",
        "·" => ".",
        "…" => "~",
        "█" => "#",
        "░" => ":",
        "↑" => "^",
        "↓" => "v",
        "" | " " => " ",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use ratatui::style::Color;

    use super::*;
    use crate::tui::caps::Caps;

    fn written(text: &str, columns: u16) -> (String, u16) {
        let mut buffer = Buffer::empty(Rect::new(0, 0, columns + 2, 1));
        let mut pen = Pen { buffer: &mut buffer, theme: Theme::of(Caps::default()) };
        let area = Rect::new(1, 0, columns, 1);
        let end = pen.cut(area, 1, 0, text, Style::new().fg(Color::Red));
        finish(&mut buffer, false);
        (crate::tui::picture::text(&buffer).trim_end().to_owned(), end - 1)
    }

    #[test]
    fn what_does_not_fit_ends_with_an_ellipsis() {
        for (text, columns, expected) in [
            ("short", 8, " short"),
            ("exactly8", 8, " exactly8"),
            ("longer than it", 8, " longer…"),
            ("日本語のログ", 8, " 日本語…"),
            ("日本語", 5, " 日本…"),
            ("\u{1b}[31mred\u{7}", 8, " red"),
            ("a\u{202e}b\u{200b}c", 8, " abc"),
            ("", 8, ""),
            ("x", 0, ""),
        ] {
            let (line, end) = written(text, columns);
            assert_eq!(line, expected, "{text:?}");
            assert!(end <= columns);
        }
    }

    #[test]
    fn lines_are_broken_between_words_where_there_are_any() {
        for (text, columns, expected) in [
            ("a few words in a line", 9, &["a few", "words in", "a line"][..]),
            ("unbreakable-as-it-is", 9, &["unbreakab", "le-as-it-", "is"]),
            ("日本語の長い行", 6, &["日本語", "の長い", "行"]),
            ("", 9, &[]),
            ("no room", 0, &[]),
        ] {
            assert_eq!(wrapped(text, columns), expected, "{text:?}");
        }
    }

    #[test]
    fn columns_are_counted_as_the_screen_counts_them() {
        for (text, columns, expected) in [("abc", 3, 3), ("e\u{301}x", 2, 1), ("日本", 4, 3), ("ok", 2, 1)]
        {
            assert_eq!(width(text), columns, "{text:?}");
            assert_eq!(fitting(text, columns), text.len());
            assert!(fitting(text, expected) <= text.len());
        }
        for (text, columns, expected) in
            [("abcdef", 3, 3), ("abe\u{301}x", 3, 5), ("ab日", 3, 2), ("ab日", 4, 5), ("abc", 0, 0)]
        {
            assert_eq!(fitting(text, columns), expected, "{text:?} in {columns}");
        }
    }

    #[test]
    fn no_cell_holds_what_a_terminal_obeys() {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 6, 1));
        for (x, symbol) in ["\u{1b}", "\u{202e}", "─", "é", "日", "a"].into_iter().enumerate() {
            buffer.content[x].set_symbol(symbol);
        }
        buffer.content[5].set_symbol(&format!("a{}", "\u{301}".repeat(40)));
        let mut ascii = buffer.clone();
        finish(&mut buffer, false);
        finish(&mut ascii, true);
        let symbols =
            |buffer: &Buffer| buffer.content.iter().map(|cell| cell.symbol().to_owned()).collect::<String>();
        assert_eq!(symbols(&buffer), "??─é日?");
        assert_eq!(symbols(&ascii), "??-???");
    }
}
