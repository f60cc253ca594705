//! What is offered: footer, palette, and the words for it in the present state.

use super::{Action, BINDINGS, Binding, binding, cancel_effect, hold_target, is_legal, is_offered};
use crate::control::protocol::CancelEffect;
use crate::tui::model::{Model, PaneId};

/// What a footer shows, most important first.
const ORDER: &[Action] = &[
    Action::Update,
    Action::Cancel,
    Action::Pause,
    Action::Rollback,
    Action::Help,
    Action::Detach,
    Action::NextMatch,
    Action::Search,
    Action::Follow,
    Action::Enter,
    Action::Hold,
    Action::Copy,
    Action::Check,
    Action::Filter,
    Action::Level,
    Action::Select,
    Action::Save,
    Action::Pager,
    Action::Wrap,
    Action::Stamps,
    Action::Zoom,
    Action::Next,
    Action::Palette,
    Action::Mouse,
];

/// Rows of a footer, most important first: what is possible now. Cut it from its end.
pub fn footer(model: &Model) -> Vec<&'static Binding> {
    ORDER
        .iter()
        .filter(|action| is_legal(model, **action))
        .filter(|action| **action != Action::Hold || model.focus == PaneId::History)
        .filter_map(|action| binding(*action))
        .collect()
}

/// What an action is called now.
pub fn label_of(model: &Model, action: Action) -> &'static str {
    let paused = || model.view.as_ref().and_then(|view| view.status.updater.paused.as_ref());
    match action {
        Action::Pause if paused().is_some_and(|paused| paused.holds(model.now)) => "Resume",
        Action::Hold if hold_target(model).is_some_and(|(_, held)| held) => "Unhold",
        Action::Cancel => match cancel_effect(model) {
            Some(CancelEffect::RollsBack) => "Take back",
            Some(_) => "Abort",
            None => "Cancel run",
        },
        Action::Follow if model.log(model.focus).is_some_and(|pane| pane.follows()) => "Stay here",
        Action::Zoom if model.zoom => "All panes",
        Action::Enter if model.focus == PaneId::Diagnostics => "Focus",
        _ => binding(action).map_or("", |row| row.label),
    }
}

/// What fits `text` among all that is possible now: whole words first, then letters in their order.
pub fn palette(model: &Model, text: &str) -> Vec<&'static Binding> {
    let wanted = text.trim().to_lowercase();
    let mut found: Vec<(u8, &'static Binding)> = BINDINGS
        .iter()
        .filter(|row| !is_for_hands(row.action) && is_offered(model, row) && is_legal(model, row.action))
        .filter_map(|row| Some((rank(&wanted, &label_of(model, row.action).to_lowercase(), row)?, row)))
        .collect();
    found.sort_by_key(|(rank, _)| *rank);
    found.into_iter().map(|(_, row)| row).collect()
}

/// Movements: to look for them by name would be slower than to make them.
fn is_for_hands(action: Action) -> bool {
    use Action::*;
    matches!(
        action,
        Up | Down | HalfUp | HalfDown | PageUp | PageDown | Next | Previous | Enter | Back | Palette
    )
}

/// How well a row fits, 0 best.
fn rank(wanted: &str, label: &str, row: &Binding) -> Option<u8> {
    let help = row.help.to_lowercase();
    if label.starts_with(wanted) {
        Some(0)
    } else if label.contains(wanted) {
        Some(1)
    } else if help.contains(wanted) {
        Some(2)
    } else {
        in_order(wanted, label).then_some(3)
    }
}

/// Whether the letters of `wanted` come in `text` in their order.
fn in_order(wanted: &str, text: &str) -> bool {
    let mut rest = text.chars();
    wanted.chars().all(|symbol| rest.any(|other| other == symbol))
}
