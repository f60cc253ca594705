//! What can be asked of the service: a key and a word each, and a place for the mouse.

use ratatui::layout::Rect;

use super::layout::Areas;
use super::pen::{Pen, piece, width};
use crate::tui::keys::{self, Action, Binding};
use crate::tui::model::Model;

/// A button: what it does, its key, its word.
pub type Button = (Action, &'static str, &'static str);

/// A row of the table of keys as a button: with the word that it has now.
pub fn button(model: &Model, row: &'static Binding) -> Button {
    (row.action, row.key(), keys::label_of(model, row.action))
}

/// Where there is a row of their own, all of them; else those that come first in the last line.
pub fn is_button(action: Action, own_row: bool) -> bool {
    match action {
        Action::Update | Action::Cancel | Action::Pause | Action::Rollback => true,
        Action::Check | Action::Hold => own_row,
        _ => false,
    }
}

/// The buttons that there are now, the most wanted first.
pub fn list(model: &Model, own_row: bool) -> Vec<Button> {
    let rows = keys::footer(model).into_iter();
    rows.filter(|row| is_button(row.action, own_row)).map(|row| button(model, row)).collect()
}

/// Places for buttons side by side in one row, as many as fit.
pub fn row(area: Rect, buttons: &[Button]) -> Vec<(Rect, Button)> {
    let mut x = area.x + 1;
    let mut places = Vec::new();
    for button in buttons {
        let wide = width(button.1) + width(button.2) + 3;
        if area.height == 0 || x + wide > area.right() {
            break;
        }
        places.push((Rect { x, width: wide, height: 1, ..area }, *button));
        x += wide + 2;
    }
    places
}

/// Draws buttons; says where they end.
pub fn paint(places: &[(Rect, Button)], pen: &mut Pen<'_>) -> Option<u16> {
    for (place, (_, key, word)) in places {
        let theme = pen.theme;
        let pieces = [
            piece("[", theme.faint),
            piece(*key, theme.key),
            piece("] ", theme.faint),
            piece(*word, theme.strong),
        ];
        pen.pieces(*place, place.x, place.y, &pieces);
    }
    places.last().map(|(place, _)| place.right())
}

/// The buttons of the row of their own.
pub fn places(model: &Model, areas: &Areas) -> Vec<(Rect, Action)> {
    row(areas.buttons, &list(model, true)).into_iter().map(|(place, (action, ..))| (place, action)).collect()
}

/// Draws the row of their own; without buttons it says why there are none.
pub fn draw(model: &Model, areas: &Areas, pen: &mut Pen<'_>) {
    let area = areas.buttons;
    if area.height == 0 {
        return;
    }
    let end = paint(&row(area, &list(model, true)), pen);
    if end.is_none()
        && let Some(why) = keys::refusal(model, Action::Pause)
    {
        pen.cut(area, area.x + 1, area.y, &why, pen.theme.faint);
    }
}
