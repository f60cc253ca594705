//! Everything that can be done now, by name.

use ratatui::layout::{Position, Rect};

use super::layout::Areas;
use super::overlay;
use super::pen::{Pen, piece};
use crate::tui::keys::{self, Action, Binding};
use crate::tui::model::Model;

/// The most rows of the list.
const MOST: usize = 14;
/// Room for the name.
const NAME: u16 = 14;

/// The list, and the first row of it that is shown.
fn list(model: &Model, text: &str, chosen: usize, areas: &Areas) -> (Vec<&'static Binding>, usize, Rect) {
    let found = keys::palette(model, text);
    // The frame keeps its size while one types.
    let place = overlay::place(areas, overlay::columns(areas).min(76), MOST + 1);
    let rows = usize::from(place.height.saturating_sub(3));
    let top = (chosen + 1).saturating_sub(rows.max(1));
    (found, top, place)
}

/// Draws it.
pub fn draw(model: &Model, text: &str, chosen: usize, areas: &Areas, pen: &mut Pen<'_>) {
    let (found, top, place) = list(model, text, chosen, areas);
    let inside = overlay::open(place, "Commands", "Enter does it, Esc closes", pen);
    let theme = pen.theme;
    let prompt = [piece(" : ", theme.key), piece(text.to_owned(), theme.strong), piece(" ", theme.selected)];
    pen.pieces(inside, inside.x, inside.y, &prompt);
    if found.is_empty() {
        pen.put(inside, inside.x, inside.y + 1, " nothing fits", theme.faint);
    }
    for ((at, row), y) in found.iter().enumerate().skip(top).zip(inside.y + 1..inside.bottom()) {
        let line = Rect { y, height: 1, ..inside };
        let key = [piece(row.key(), theme.key), piece(" ", theme.plain)];
        let end = pen.right(line, line.x + NAME, y, &key).unwrap_or(line.right());
        pen.put(line, line.x + 1, y, keys::label_of(model, row.action), theme.plain);
        let room = Rect { width: end.saturating_sub(line.x + 1), ..line };
        pen.cut(room, line.x + NAME, y, row.help, theme.faint);
        if at == chosen {
            pen.paint(line, theme.selected);
        }
    }
}

/// What the row at a cell does.
pub fn command(model: &Model, text: &str, chosen: usize, areas: &Areas, at: Position) -> Option<Action> {
    let (found, top, place) = list(model, text, chosen, areas);
    let inside = overlay::inside(place);
    // The first row is what is typed.
    let rows = Rect { y: inside.y + 1, height: inside.height.saturating_sub(1), ..inside };
    let row = rows.contains(at).then(|| usize::from(at.y - rows.y))?;
    found.get(top + row).map(|row| row.action)
}
