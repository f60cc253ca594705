//! The names of the pages, with the number of the key of each, and how many alerts there are.

use ratatui::layout::Rect;

use super::alerts;
use super::layout::Areas;
use super::pen::{Pen, piece, width};
use crate::render::words;
use crate::tui::keys::Action;
use crate::tui::model::{Model, Tab};

const NAMES: [(Tab, &str); 5] = [
    (Tab::Overview, " 1 Overview "),
    (Tab::Build, " 2 Build "),
    (Tab::Logs, " 3 Logs "),
    (Tab::History, " 4 History "),
    (Tab::Diagnostics, " 5 Diagnostics "),
];

/// The names with their places.
pub fn places(areas: &Areas) -> Vec<(Rect, Action)> {
    names(areas).map(|(area, tab, _)| (area, Action::Tab(tab))).collect()
}

fn names(areas: &Areas) -> impl Iterator<Item = (Rect, Tab, &'static str)> {
    let area = areas.tabs;
    let mut x = area.x;
    let fits = NAMES.iter().filter(move |_| area.height > 0);
    fits.map(move |(tab, name)| {
        let place = Rect { x, width: width(name), height: 1, ..area };
        x += width(name);
        (place, *tab, *name)
    })
}

/// Draws them.
pub fn draw(model: &Model, areas: &Areas, pen: &mut Pen<'_>) {
    let area = areas.tabs;
    let mut end = area.x;
    for (place, tab, name) in names(areas) {
        let (style, key) = match model.tab == tab {
            true => (pen.theme.selected, pen.theme.selected),
            false => (pen.theme.plain, pen.theme.key),
        };
        end = pen.put(area, place.x, place.y, name, style);
        pen.put(place, place.x + 1, place.y, &name[1..2], key);
    }
    let alerts = alerts::count(model);
    if alerts > 0 && area.height > 0 {
        let text = piece(format!("{} ", words::count(alerts, "alert")), pen.theme.bad);
        pen.right(area, end + 1, area.y, &[text]);
    }
}
