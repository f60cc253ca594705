//! The last line: buttons where there is no row for them, and the keys that matter here.

use ratatui::layout::Rect;

use super::buttons::{self, Button};
use super::layout::{Areas, Form};
use super::pen::{Pen, piece, width};
use crate::tui::keys::Action;
use crate::tui::model::{Model, PaneId};

/// What of the last line can be pressed.
pub fn places(model: &Model, areas: &Areas) -> Vec<(Rect, Action)> {
    let buttons = buttons::row(areas.footer, &shown_buttons(model, areas));
    let from = buttons.last().map_or(areas.footer.x + 1, |(place, _)| place.right() + 2);
    let hints = hints(model, areas, from);
    buttons
        .into_iter()
        .map(|(place, (action, ..))| (place, action))
        .chain(hints.into_iter().map(|(place, (action, ..))| (place, action)))
        .collect()
}

fn shown_buttons(model: &Model, areas: &Areas) -> Vec<Button> {
    if areas.buttons.height > 0 { Vec::new() } else { buttons::list(model) }
}

/// The keys that matter, the most wanted first. Help and the way out are always among them.
fn wanted(model: &Model, areas: &Areas) -> Vec<Button> {
    let mut keys: Vec<Button> = Vec::new();
    match areas.focus(model) {
        Some(PaneId::Build | PaneId::Updater | PaneId::Agent) => {
            keys.push((Action::Search, "/", "Search"));
            keys.push((Action::Follow, "f", "Follow"));
            keys.push((Action::Copy, "y", "Copy"));
        }
        Some(PaneId::History) => keys.push((Action::Enter, "Enter", "Details")),
        _ => keys.push((Action::Check, "C", "Check")),
    }
    if areas.form >= Form::Two {
        keys.push((Action::Next, "Tab", "Next pane"));
        keys.push((Action::Zoom, "z", "Zoom"));
    }
    keys
}

const ALWAYS: [Button; 2] = [(Action::Help, "?", "Help"), (Action::Detach, "q", "Detach")];

/// Places for keys behind `from`, as many as fit.
fn hints(model: &Model, areas: &Areas, from: u16) -> Vec<(Rect, Button)> {
    let area = areas.footer;
    if area.height == 0 {
        return Vec::new();
    }
    let wide = |key: &Button| width(key.1) + 1 + width(key.2);
    let always: u16 = ALWAYS.iter().map(|key| wide(key) + 2).sum();
    let mut room = area.right().saturating_sub(from).saturating_sub(always);
    let mut keys: Vec<Button> = Vec::new();
    for key in wanted(model, areas) {
        if wide(&key) + 2 > room {
            break;
        }
        room -= wide(&key) + 2;
        keys.push(key);
    }
    let mut x = from;
    let mut places = Vec::new();
    for key in keys.into_iter().chain(ALWAYS) {
        if x + wide(&key) > area.right() {
            break;
        }
        places.push((Rect { x, width: wide(&key), height: 1, ..area }, key));
        x += wide(&key) + 2;
    }
    places
}

/// Draws the last line.
pub fn draw(model: &Model, areas: &Areas, pen: &mut Pen<'_>) {
    let area = areas.footer;
    let end = buttons::paint(&buttons::row(area, &shown_buttons(model, areas)), pen);
    for (place, (_, key, word)) in hints(model, areas, end.map_or(area.x + 1, |end| end + 2)) {
        let theme = pen.theme;
        pen.pieces(
            place,
            place.x,
            place.y,
            &[piece(key, theme.key), piece(" ", theme.plain), piece(word, theme.faint)],
        );
    }
}
