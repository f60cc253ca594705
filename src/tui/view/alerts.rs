//! What needs an administrator's eye. That the service is not reached is the first of it.

use super::layout::Areas;
use super::pen::{Pen, piece};
use super::times;
use crate::tui::model::{Link, Model};

/// How many things need an eye.
pub fn count(model: &Model) -> usize {
    let link = usize::from(matches!(model.link, Link::Lost { .. } | Link::Incompatible(_)));
    link + model.view.as_ref().map_or(0, |view| view.status.alerts.len())
}

/// What needs an eye: the text, and how old it is; the most pressing first.
pub fn list(model: &Model) -> impl Iterator<Item = (String, Option<String>)> {
    let link = match &model.link {
        Link::Lost { failure, .. } | Link::Incompatible(failure) => Some((failure.to_string(), None)),
        Link::Connecting | Link::Connected => None,
    };
    let alerts = model.view.iter().flat_map(|view| &view.status.alerts).rev();
    link.into_iter().chain(alerts.map(|alert| (alert.text.clone(), Some(times::ago(alert.since, model.now)))))
}

/// Draws the newest, a line each.
pub fn draw(model: &Model, areas: &Areas, pen: &mut Pen<'_>) {
    let area = areas.alerts;
    let all = count(model);
    for ((text, age), y) in list(model).zip(area.top()..area.bottom()) {
        let last = y + 1 == area.bottom() && all > usize::from(area.height);
        let more =
            if last { format!("  and {} more", all - usize::from(area.height)) } else { String::new() };
        let tail = [
            piece(age.unwrap_or_default(), pen.theme.faint),
            piece(more, pen.theme.warn),
            piece(" ", pen.theme.plain),
        ];
        let start = pen.right(area, area.x + 20, y, &tail).unwrap_or(area.right());
        let text_area = ratatui::layout::Rect { width: start.saturating_sub(area.x + 1), ..area };
        let x = pen.put(text_area, area.x, y, " ! ", pen.theme.bad);
        pen.cut(text_area, x, y, &text, pen.theme.plain);
    }
}
