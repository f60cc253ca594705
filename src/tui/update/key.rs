//! Keys, by what lies on top: a line that is typed, an overlay, the panes.

use crossterm::event::{KeyCode, KeyEvent, KeyEventKind};
use tui_logger::TuiWidgetEvent;

use super::{act, entry, overlay};
use crate::tui::keys::{Action, action_of};
use crate::tui::model::{Model, PaneId};
use crate::tui::msg::Cmd;

/// A key was pressed.
pub(super) fn press(model: &mut Model, key: &KeyEvent) -> Vec<Cmd> {
    if key.kind == KeyEventKind::Release {
        return Vec::new();
    }
    let action = action_of(key);
    // These work whatever lies on top, as far as they are not letters that somebody may want to type.
    let is_letter = matches!(key.code, KeyCode::Char(_)) && key.modifiers.is_empty();
    if let Some(action @ (Action::Detach | Action::Suspend | Action::Repaint)) = action
        && !is_letter
    {
        return act::act(model, action);
    }
    if model.entry.is_some() {
        entry::press(model, key);
        return Vec::new();
    }
    if model.overlay.is_some() {
        return overlay::press(model, key, action);
    }
    if model.focus == PaneId::Diagnostics
        && let Some(event) = diagnostics(key)
    {
        model.diagnostics.0.transition(event);
        return Vec::new();
    }
    action.map_or_else(Vec::new, |action| act::act(model, action))
}

/// Keys that only the diagnostics page has.
fn diagnostics(key: &KeyEvent) -> Option<TuiWidgetEvent> {
    if !key.modifiers.difference(crossterm::event::KeyModifiers::SHIFT).is_empty() {
        return None;
    }
    Some(match key.code {
        KeyCode::Left => TuiWidgetEvent::LeftKey,
        KeyCode::Right => TuiWidgetEvent::RightKey,
        KeyCode::Char('+') => TuiWidgetEvent::PlusKey,
        KeyCode::Char('-') => TuiWidgetEvent::MinusKey,
        KeyCode::Char('h') => TuiWidgetEvent::HideKey,
        KeyCode::Char(' ') => TuiWidgetEvent::SpaceKey,
        _ => return None,
    })
}
