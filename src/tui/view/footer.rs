//! The last line: buttons where there is no row for them, and the keys that matter here.

use ratatui::layout::Rect;

use super::buttons::{self, Button};
use super::layout::Areas;
use super::pen::{Pen, piece, width};
use super::prompt;
use crate::tui::keys::{self, Action};
use crate::tui::model::Model;

/// The two keys that are always there.
const ALWAYS: [Action; 2] = [Action::Help, Action::Detach];

/// What of the last line can be pressed.
pub fn places(model: &Model, areas: &Areas) -> Vec<(Rect, Action)> {
    if prompt::is_there(model) {
        return Vec::new();
    }
    let (buttons, hints) = shown(model, areas);
    buttons.into_iter().chain(hints).map(|(place, (action, ..))| (place, action)).collect()
}

type Places = Vec<(Rect, Button)>;

/// Buttons and keys with their places.
fn shown(model: &Model, areas: &Areas) -> (Places, Places) {
    let area = areas.footer;
    if area.height == 0 {
        return (Vec::new(), Vec::new());
    }
    let own_row = areas.buttons.height > 0;
    let wide = |key: &Button| width(key.1) + 1 + width(key.2);
    let rows = keys::footer(model);
    let is_log = areas.focus(model).is_some_and(|pane| model.log(pane).is_some());
    let fits = |action: Action| is_log || !matches!(action, Action::Wrap | Action::Stamps);
    let all = rows.iter().filter(|row| !buttons::is_button(row.action, own_row) && fits(row.action));
    let all: Vec<Button> = all.map(|row| buttons::button(model, row)).collect();
    let (always, wanted): (Vec<Button>, Vec<Button>) =
        all.into_iter().partition(|key| ALWAYS.contains(&key.0));
    let kept: u16 = always.iter().map(|key| wide(key) + 2).sum();
    let room = Rect { width: area.width.saturating_sub(kept), ..area };
    let first = match own_row {
        true => Vec::new(),
        false => buttons::row(room, &buttons::list(model, false)),
    };
    let mut x = first.last().map_or(area.x + 1, |(place, _)| place.right() + 2);
    let mut left = area.right().saturating_sub(x).saturating_sub(kept);
    let mut hints: Places = Vec::new();
    for key in wanted {
        if wide(&key) + 2 > left {
            break;
        }
        left -= wide(&key) + 2;
        hints.push((Rect { x, width: wide(&key), height: 1, ..area }, key));
        x += wide(&key) + 2;
    }
    for key in always {
        if x + wide(&key) > area.right() {
            break;
        }
        hints.push((Rect { x, width: wide(&key), height: 1, ..area }, key));
        x += wide(&key) + 2;
    }
    (first, hints)
}

/// Draws the last line.
pub fn draw(model: &Model, areas: &Areas, pen: &mut Pen<'_>) {
    let (first, hints) = shown(model, areas);
    buttons::paint(&first, pen);
    for (place, (_, key, word)) in hints {
        let theme = pen.theme;
        let pieces = [piece(key, theme.key), piece(" ", theme.plain), piece(word, theme.faint)];
        pen.pieces(place, place.x, place.y, &pieces);
    }
}
