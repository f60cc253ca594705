//! The mouse, where the user gave it to us.

use crossterm::event::{MouseButton, MouseEvent, MouseEventKind};

use super::{act, entry, overlay, question};
use crate::tui::model::{Model, Overlay, PaneId};
use crate::tui::msg::Cmd;
use crate::tui::view::{self, Target};

/// Rows that a step of the wheel goes.
const WHEEL: isize = 3;

/// A click, or a step of the wheel.
pub(super) fn event(model: &mut Model, event: MouseEvent) -> Vec<Cmd> {
    let target = view::hit(model, event.column, event.row);
    match event.kind {
        MouseEventKind::Down(MouseButton::Left) => {
            target.map_or_else(Vec::new, |target| click(model, target))
        }
        MouseEventKind::ScrollUp => wheel(model, target, -WHEEL),
        MouseEventKind::ScrollDown => wheel(model, target, WHEEL),
        _ => Vec::new(),
    }
}

fn click(model: &mut Model, target: Target) -> Vec<Cmd> {
    // A question wants its answer, and nothing behind it can be hit.
    if let Some(Overlay::Confirm(confirm)) = &mut model.overlay {
        return match target {
            Target::Choice(choice) if choice < confirm.choices.len() => {
                confirm.chosen = choice;
                question::take(model)
            }
            _ => Vec::new(),
        };
    }
    if model.entry.is_some() {
        entry::close(model, true);
    }
    model.overlay = None;
    match target {
        Target::Action(action) => act::act(model, action),
        // Which entry of a list lies there is the view's secret: a click that chose another version than the
        // one that was hit would be worse than none.
        Target::Pane(pane) => {
            act::focus(model, pane);
            Vec::new()
        }
        Target::Choice(_) => Vec::new(),
    }
}

/// The wheel moves what lies under it, and does not take the focus there.
fn wheel(model: &mut Model, target: Option<Target>, rows: isize) -> Vec<Cmd> {
    if model.overlay.is_some() {
        overlay::scroll_by(model, rows);
        return Vec::new();
    }
    match target {
        Some(Target::Pane(PaneId::History)) => {
            let last = (model.history.len() + model.versions.len()).saturating_sub(1);
            model.row = model.row.saturating_add_signed(rows).min(last);
        }
        Some(Target::Pane(pane)) => {
            if let Some(pane) = model.log_mut(pane) {
                pane.scroll(rows);
            }
        }
        _ => {}
    }
    Vec::new()
}
