//! What can be asked of the service: a key and a word each, and a place for the mouse.

use ratatui::layout::Rect;

use super::layout::Areas;
use super::pen::{Pen, piece, width};
use crate::tui::keys::Action;
use crate::tui::model::Model;

/// A button: what it does, its key, its word.
pub type Button = (Action, &'static str, &'static str);

/// The buttons that there are now, the most wanted first.
pub fn list(model: &Model) -> Vec<Button> {
    if !model.may_steer() {
        return Vec::new();
    }
    let Some(view) = &model.view else { return Vec::new() };
    let paused = view.status.updater.paused.as_ref().is_some_and(|paused| paused.holds(model.now));
    let pause = (Action::Pause, "p", if paused { "Resume" } else { "Pause" });
    match view.status.run.is_some() {
        true => vec![(Action::Cancel, "c", "Cancel"), pause],
        false => vec![(Action::Update, "u", "Update"), pause, (Action::Rollback, "r", "Roll back")],
    }
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
    row(areas.buttons, &list(model)).into_iter().map(|(place, (action, ..))| (place, action)).collect()
}

/// Draws the row of their own.
pub fn draw(model: &Model, areas: &Areas, pen: &mut Pen<'_>) {
    paint(&row(areas.buttons, &list(model)), pen);
}
