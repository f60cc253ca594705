//! What lies over everything else: help, a run, the palette, a question.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::{act, entry, question};
use crate::model::Run;
use crate::tui::keys::{self, Action};
use crate::tui::model::{Confirm, Model, Overlay};
use crate::tui::msg::Cmd;
use crate::tui::view;

/// A key while something lies on top.
pub(super) fn press(model: &mut Model, key: &KeyEvent, action: Option<Action>) -> Vec<Cmd> {
    match &mut model.overlay {
        Some(Overlay::Confirm(confirm)) => match key.code {
            KeyCode::Enter => return question::take(model),
            KeyCode::Esc => close(model),
            KeyCode::Left | KeyCode::Up | KeyCode::BackTab => choose(confirm, false),
            KeyCode::Right | KeyCode::Down | KeyCode::Tab => choose(confirm, true),
            _ => {}
        },
        Some(Overlay::Palette { .. }) => return palette(model, key),
        Some(Overlay::Help { .. } | Overlay::Run { .. }) => match action {
            Some(Action::Back | Action::Enter | Action::Help | Action::Detach) => close(model),
            Some(action) => scroll(model, action),
            None => {}
        },
        None => {}
    }
    Vec::new()
}

/// Takes away what lies on top.
pub(super) fn close(model: &mut Model) {
    model.overlay = None;
    model.question = None;
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
        KeyCode::Esc => close(model),
        KeyCode::Up | KeyCode::BackTab => *chosen = chosen.saturating_sub(1),
        KeyCode::Char('p') if control => *chosen = chosen.saturating_sub(1),
        KeyCode::Down | KeyCode::Tab => *chosen += 1,
        KeyCode::Char('n') if control => *chosen += 1,
        KeyCode::Enter => {
            let (text, chosen) = (text.clone(), *chosen);
            close(model);
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
pub(super) fn scroll(model: &mut Model, action: Action) {
    let page = usize::from(view::overlay_height(model).max(1));
    if let Some(Overlay::Help { top } | Overlay::Run { top, .. }) = &mut model.overlay {
        *top = match action {
            Action::Up => top.saturating_sub(1),
            Action::Down => top.saturating_add(1),
            Action::HalfUp => top.saturating_sub(page / 2),
            Action::HalfDown => top.saturating_add(page / 2),
            Action::PageUp => top.saturating_sub(page),
            Action::PageDown => top.saturating_add(page),
            Action::Home => 0,
            Action::End => usize::MAX,
            _ => *top,
        };
    }
    clamp(model);
}

/// Nothing is scrolled past its end, and one of those that fit is chosen.
pub(super) fn clamp(model: &mut Model) {
    let last = view::overlay_lines(model).saturating_sub(usize::from(view::overlay_height(model)));
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

/// The run of that id, as far as it is known here.
pub(super) fn run<'a>(model: &'a Model, id: &str) -> Option<&'a Run> {
    let status = model.view.as_ref().map(|view| &view.status);
    let now = status.into_iter().flat_map(|status| status.run.iter().chain(&status.last_run));
    now.chain(&model.history).find(|run| run.id == id)
}
