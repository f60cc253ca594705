//! The line that is being typed, and short messages.

use ratatui::layout::Rect;

use super::layout::Areas;
use super::pen::{Pen, clean, piece, width, wrapped};
use crate::model::event::Level;
use crate::tui::model::{EntryKind, Model};

/// The most rows of a message.
const MOST: usize = 3;

/// Whether the last line is taken.
pub fn is_there(model: &Model) -> bool {
    model.entry.is_some() || model.toast.is_some()
}

/// The last row of the screen.
fn last(areas: &Areas) -> Rect {
    let screen = areas.screen;
    Rect { y: screen.bottom() - 1, height: 1, ..screen }
}

/// Draws the message, and below it the line.
pub fn draw(model: &Model, areas: &Areas, pen: &mut Pen<'_>) {
    let mut bottom = areas.screen.bottom();
    if model.entry.is_some() {
        bottom -= 1;
        entry(model, last(areas), pen);
    }
    if let Some(toast) = &model.toast {
        let style = match toast.level {
            Level::Debug | Level::Info => pen.theme.good,
            Level::Warn => pen.theme.warn,
            Level::Error => pen.theme.bad,
        };
        let text = clean(&toast.text);
        let rows = wrapped(&text, areas.screen.width.saturating_sub(4));
        let shown = rows.len().clamp(1, MOST).min(usize::from(bottom - areas.screen.y));
        let top = bottom - u16::try_from(shown).unwrap_or(1);
        pen.clear(Rect { y: top, height: bottom - top, ..areas.screen });
        for (at, y) in (top..bottom).enumerate() {
            let row = rows.get(at).copied().unwrap_or_default();
            let line = Rect { y, height: 1, ..areas.screen };
            let x = pen.put(line, line.x, y, if at == 0 { " ● " } else { "   " }, style);
            let more = at + 1 == shown && shown < rows.len();
            let end = pen.put(line, x, y, row, pen.theme.plain);
            if more {
                pen.put(line, end, y, "…", pen.theme.plain);
            }
        }
    }
}

fn entry(model: &Model, line: Rect, pen: &mut Pen<'_>) {
    let Some(entry) = &model.entry else { return };
    pen.clear(line);
    let theme = pen.theme;
    let sign = match entry.kind {
        EntryKind::Search => "/",
        EntryKind::Filter => "&",
    };
    let text = clean(&entry.text);
    // The end of a long line is what is being typed.
    let room = line.width.saturating_sub(4);
    let mut from = 0;
    while width(&text[from..]) > room {
        from += text[from..].chars().next().map_or(1, char::len_utf8);
    }
    let pieces = [
        piece(format!(" {sign}"), theme.key),
        piece(text[from..].to_owned(), theme.strong),
        piece(" ", theme.selected),
    ];
    let end = pen.pieces(line, line.x, line.y, &pieces);
    pen.right(line, end + 2, line.y, &[piece("Enter keeps it, Esc gives it up ", theme.faint)]);
}
