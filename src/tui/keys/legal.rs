//! What is possible now, and why the rest is not.

use super::{Action, Binding, cancel_effect, hold_target, rollback_target};
use crate::control::protocol::Role;
use crate::tui::model::{Link, Model, PaneId};

/// Whether an action is there at all: what steers the service is hidden from those who may only look.
pub fn is_offered(model: &Model, binding: &Binding) -> bool {
    !binding.steers || !model.is_viewer()
}

/// Whether an action is possible now.
pub fn is_legal(model: &Model, action: Action) -> bool {
    refusal(model, action).is_none()
}

/// Why an action is not possible now; `None`: it is.
pub fn refusal(model: &Model, action: Action) -> Option<String> {
    let reason = match action {
        Action::Update | Action::Pause | Action::Rollback | Action::Cancel | Action::Check | Action::Hold => {
            return may_not_steer(model).or_else(|| steering(model, action));
        }
        Action::Search
        | Action::Filter
        | Action::Level
        | Action::Follow
        | Action::Mark
        | Action::Select
        | Action::Copy
        | Action::CopyAll
        | Action::Pager
        | Action::Save => {
            let Some(pane) = model.log(model.focus) else {
                return Some("that is for logs: go to one with 2 or 3".to_owned());
            };
            let needs_rows =
                !matches!(action, Action::Search | Action::Filter | Action::Level | Action::Follow);
            (needs_rows && pane.place().rows == 0).then_some("there are no lines here")
        }
        Action::NextMatch | Action::PreviousMatch => match model.log(model.focus) {
            Some(pane) if !pane.wanted().0.is_empty() => None,
            _ => Some("nothing is searched for: / begins a search"),
        },
        Action::Enter => (model.overlay.is_none()
            && !matches!(model.focus, PaneId::History | PaneId::Pipeline | PaneId::Diagnostics))
        .then_some("there are no details to this"),
        _ => None,
    };
    reason.map(ToOwned::to_owned)
}

/// Why nothing may be asked of the service.
pub(crate) fn may_not_steer(model: &Model) -> Option<String> {
    if model.record {
        return Some("this is a record: there is no service to steer".to_owned());
    }
    if model.read_only {
        return Some("this dashboard only looks on: start it without `--read-only` to steer".to_owned());
    }
    if model.welcome.as_ref().is_some_and(|welcome| welcome.role == Role::Viewer) {
        return Some("you may look, not steer: root and members of `control.group` may".to_owned());
    }
    match &model.link {
        Link::Connected if model.welcome.is_some() => None,
        Link::Connected | Link::Connecting => Some("the service is not reached yet".to_owned()),
        Link::Lost { .. } => Some("the service is not reached: nothing can be asked of it".to_owned()),
        Link::Incompatible(_) => {
            Some("the service speaks another protocol: nothing can be asked of it".to_owned())
        }
    }
}

fn steering(model: &Model, action: Action) -> Option<String> {
    let Some(view) = &model.view else { return Some("the service has not told its state yet".to_owned()) };
    let status = &view.status;
    let busy = status.run.is_some();
    match action {
        Action::Update | Action::Rollback | Action::Check if busy => Some("a run is under way".to_owned()),
        Action::Update => {
            let latest = &status.latest;
            let newest =
                latest.version.as_ref().filter(|version| status.agent.version.as_ref() == Some(version));
            newest
                .filter(|_| !latest.update_available)
                .map(|version| format!("{version} is installed and the newest: nothing to update"))
        }
        Action::Rollback if rollback_target(model).is_none() => {
            Some("no other version is kept: nothing to go back to".to_owned())
        }
        Action::Cancel if !busy => Some("no run is under way".to_owned()),
        Action::Cancel if cancel_effect(model).is_none() => {
            Some("the run cannot be cancelled now: the agent is being switched over".to_owned())
        }
        Action::Hold if hold_target(model).is_none() => {
            Some("no version to hold: choose one under History".to_owned())
        }
        _ => None,
    }
}
