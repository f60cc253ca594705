//! Buttons: what is asked of the service, after a question where it changes something that matters.

use super::{ask, question};
use crate::control::Request;
use crate::tui::keys::{Action, hold_target, label_of};
use crate::tui::model::Model;
use crate::tui::msg::Cmd;

/// Does what steers. The caller has seen that it is possible.
pub(super) fn steer(model: &mut Model, action: Action) -> Vec<Cmd> {
    let other = |model: &mut Model, confirm| {
        if let Some(confirm) = confirm {
            question::open(model, confirm);
        }
        Vec::new()
    };
    match action {
        Action::Update => {
            // What is known may be old: gates change with the time.
            let asked = ask::plan(model);
            let confirm = question::update(model, None);
            question::open(model, confirm);
            asked.into_iter().collect()
        }
        Action::Check => vec![ask::send(model, Request::Check)],
        Action::Pause if label_of(model, Action::Pause) == "Resume" => {
            vec![ask::send(model, Request::Resume)]
        }
        Action::Pause => other(model, Some(question::pause())),
        Action::Rollback => {
            let confirm = question::rollback(model);
            other(model, confirm)
        }
        Action::Cancel => {
            let confirm = question::cancel(model);
            other(model, confirm)
        }
        Action::Hold => {
            let confirm = hold_target(model).map(|(version, held)| question::hold(version, held));
            other(model, confirm)
        }
        _ => Vec::new(),
    }
}
