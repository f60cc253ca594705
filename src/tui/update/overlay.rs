//! What lies over everything else: help, a run, the palette, a question.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::{act, entry, question};
use crate::tui::keys::{self, Action};
use crate::tui::model::{Confirm, Model, Overlay};
use crate::tui::msg::Cmd;
use crate::tui::view;

/// A key while something lies on top.
pub(super) fn press(model: &mut Model, key: &KeyEvent, action: Option<Action>) -> Vec<Cmd> {
    match &mut model.overlay {
        Some(Overlay::Confirm(confirm)) => match key.code {
            KeyCode::Enter => return question::take(model),
            KeyCode::Esc => model.overlay = None,
            KeyCode::Left | KeyCode::Up | KeyCode::BackTab => choose(confirm, false),
            KeyCode::Right | KeyCode::Down | KeyCode::Tab => choose(confirm, true),
            _ => {}
        },
        Some(Overlay::Palette { .. }) => return palette(model, key),
        Some(Overlay::Help { .. } | Overlay::Run { .. }) => match action {
            Some(Action::Back | Action::Enter | Action::Help | Action::Detach) => model.overlay = None,
            Some(action) => scroll(model, action),
            None => {}
        },
        None => {}
    }
    Vec::new()
}

/// The next answer, or the one before; they go round.
fn choose(confirm: &mut Confirm, forward: bool) {
    let count = confirm.choices.len().max(1);
    confirm.chosen = (confirm.chosen + if forward { 1 } else { count - 1 }) % count;
}

fn palette(model: &mut Model, key: &KeyEvent) -> Vec<Cmd> {
    let Some(Overlay::Palette { text, chosen }) = &mut model.overlay else { return Vec::new() };
    let control = key.modifiers.contains(KeyModifiers::CONTROL);
    match key.code {
        KeyCode::Esc => model.overlay = None,
        KeyCode::Up | KeyCode::BackTab => *chosen = chosen.saturating_sub(1),
        KeyCode::Char('p') if control => *chosen = chosen.saturating_sub(1),
        KeyCode::Down | KeyCode::Tab => *chosen += 1,
        KeyCode::Char('n') if control => *chosen += 1,
        KeyCode::Enter => {
            let (text, chosen) = (text.clone(), *chosen);
            model.overlay = None;
            let action = keys::palette(model, &text).get(chosen).map(|row| row.action);
            return action.map_or_else(Vec::new, |action| act::act(model, action));
        }
        _ => {
            if entry::edit(text, key) {
                *chosen = 0;
            }
        }
    }
    clamp(model);
    Vec::new()
}

/// Scrolls help or run.
fn scroll(model: &mut Model, action: Action) {
    let page = view::overlay_extent(model).0.max(1);
    let by = match action {
        Action::Home => isize::MIN,
        Action::End => isize::MAX,
        _ => act::rows(action, isize::try_from(page).unwrap_or(isize::MAX)),
    };
    scroll_by(model, by);
}

/// Scrolls help or run by so many lines.
pub(super) fn scroll_by(model: &mut Model, lines: isize) {
    if let Some(Overlay::Help { top } | Overlay::Run { top, .. }) = &mut model.overlay {
        *top = top.saturating_add_signed(lines);
    }
    clamp(model);
}

/// Nothing is scrolled past its end, and one of those that fit is chosen.
pub(super) fn clamp(model: &mut Model) {
    let (rows, lines) = view::overlay_extent(model);
    let last = lines.saturating_sub(usize::from(rows));
    let found = match &model.overlay {
        Some(Overlay::Palette { text, .. }) => keys::palette(model, text).len(),
        _ => 0,
    };
    match &mut model.overlay {
        Some(Overlay::Help { top } | Overlay::Run { top, .. }) => *top = (*top).min(last),
        Some(Overlay::Palette { chosen, .. }) => *chosen = (*chosen).min(found.saturating_sub(1)),
        Some(Overlay::Confirm(_)) | None => {}
    }
}
