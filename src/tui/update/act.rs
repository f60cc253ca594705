//! Actions on the panes.

use tui_logger::TuiWidgetEvent;

use super::{entry, log, overlay, steer, toast};
use crate::model::Verdict;
use crate::model::event::Level;
use crate::tui::keys::{Action, refusal};
use crate::tui::model::{EntryKind, Model, Overlay, PaneId, Stamps, Tab, Under};
use crate::tui::msg::Cmd;

/// Where Tab stops, in its order.
const STOPS: [PaneId; 6] =
    [PaneId::Pipeline, PaneId::Build, PaneId::Updater, PaneId::Agent, PaneId::History, PaneId::Diagnostics];
/// Rows of a page where the view does not tell.
const PAGE: isize = 10;

/// Does what is asked for, or says why not.
pub(super) fn act(model: &mut Model, action: Action) -> Vec<Cmd> {
    if let Some(reason) = refusal(model, action) {
        toast::say(model, Level::Warn, &reason);
        return Vec::new();
    }
    match action {
        Action::Tab(tab) => go_to(model, tab),
        Action::Next => step(model, 1),
        Action::Previous => step(model, STOPS.len() - 1),
        Action::Up
        | Action::Down
        | Action::HalfUp
        | Action::HalfDown
        | Action::PageUp
        | Action::PageDown
        | Action::Home
        | Action::End => go(model, action),
        Action::Enter => enter(model),
        Action::Back => back(model),
        Action::Search => entry::open(model, EntryKind::Search),
        Action::Filter => entry::open(model, EntryKind::Filter),
        Action::NextMatch
        | Action::PreviousMatch
        | Action::Level
        | Action::Follow
        | Action::Mark
        | Action::Select => log::act(model, action),
        Action::Copy | Action::CopyAll | Action::Pager | Action::Save => return log::give(model, action),
        Action::Wrap => model.wrap = !model.wrap,
        Action::Stamps => {
            model.stamps = match model.stamps {
                Stamps::Local => Stamps::Utc,
                Stamps::Utc => Stamps::Relative,
                Stamps::Relative => Stamps::Off,
                Stamps::Off => Stamps::Local,
            }
        }
        Action::Zoom => model.zoom = !model.zoom,
        Action::Palette => model.overlay = Some(Overlay::Palette { text: String::new(), chosen: 0 }),
        Action::Help => model.overlay = Some(Overlay::Help { top: 0 }),
        Action::Mouse => {
            model.mouse = !model.mouse;
            let text = match model.mouse {
                true => "the mouse works here; M gives it back to the terminal",
                false => "the mouse is the terminal's: it selects text",
            };
            toast::say(model, Level::Info, text);
            return vec![Cmd::Mouse(model.mouse)];
        }
        Action::Repaint => return vec![Cmd::Repaint],
        Action::Suspend => return vec![Cmd::Suspend],
        Action::Detach => return vec![Cmd::Detach],
        Action::Update | Action::Pause | Action::Rollback | Action::Cancel | Action::Check | Action::Hold => {
            return steer::steer(model, action);
        }
    }
    Vec::new()
}

/// Goes to a page. The logs are two: asked for again, it shows the other one.
fn go_to(model: &mut Model, tab: Tab) {
    let pane = match tab {
        Tab::Overview => PaneId::Pipeline,
        Tab::Build => PaneId::Build,
        Tab::Logs if model.tab == Tab::Logs && model.focus == PaneId::Updater => PaneId::Agent,
        Tab::Logs if model.tab == Tab::Logs && model.focus == PaneId::Agent => PaneId::Updater,
        Tab::Logs => model.shown_log,
        Tab::History => PaneId::History,
        Tab::Diagnostics => PaneId::Diagnostics,
    };
    focus(model, pane);
}

/// Gives a pane the focus, and shows its page.
pub(super) fn focus(model: &mut Model, pane: PaneId) {
    model.focus = pane;
    model.tab = match pane {
        PaneId::Pipeline => Tab::Overview,
        PaneId::Build => Tab::Build,
        PaneId::Updater | PaneId::Agent => Tab::Logs,
        PaneId::History => Tab::History,
        PaneId::Diagnostics => Tab::Diagnostics,
    };
    if model.tab == Tab::Logs {
        model.shown_log = pane;
    }
}

fn step(model: &mut Model, by: usize) {
    let here = STOPS.iter().position(|stop| *stop == model.focus).unwrap_or(0);
    focus(model, STOPS[(here + by) % STOPS.len()]);
}

/// Moves within the pane in focus.
fn go(model: &mut Model, action: Action) {
    match model.focus {
        PaneId::Build | PaneId::Updater | PaneId::Agent => log::go(model, action),
        PaneId::History => {
            let last = (model.history.len() + model.versions.len()).saturating_sub(1);
            let by = match action {
                Action::Home => isize::MIN,
                Action::End => isize::MAX,
                _ => rows(action, PAGE),
            };
            model.row = model.row.saturating_add_signed(by).min(last);
        }
        PaneId::Diagnostics => {
            let event = match action {
                Action::Up => TuiWidgetEvent::UpKey,
                Action::Down => TuiWidgetEvent::DownKey,
                Action::PageUp | Action::HalfUp | Action::Home => TuiWidgetEvent::PrevPageKey,
                Action::PageDown | Action::HalfDown => TuiWidgetEvent::NextPageKey,
                // Leaves the pages: the newest is shown again.
                _ => TuiWidgetEvent::EscapeKey,
            };
            model.diagnostics.0.transition(event);
        }
        PaneId::Pipeline => {}
    }
}

/// How many rows down a movement goes.
pub(super) fn rows(action: Action, page: isize) -> isize {
    match action {
        Action::Up => -1,
        Action::Down => 1,
        Action::HalfUp => -(page / 2).max(1),
        Action::HalfDown => (page / 2).max(1),
        Action::PageUp => -page,
        Action::PageDown => page,
        _ => 0,
    }
}

/// Shows what the cursor is on.
fn enter(model: &mut Model) {
    if model.focus == PaneId::Diagnostics {
        return model.diagnostics.0.transition(TuiWidgetEvent::FocusKey);
    }
    let status = model.view.as_ref().map(|view| &view.status);
    let latest = status.and_then(|status| status.run.as_ref().or(status.last_run.as_ref()));
    let under = if model.focus == PaneId::Pipeline { latest.map(Under::Run) } else { model.under_cursor() };
    let found = match under {
        None => Err("there was no run yet".to_owned()),
        Some(Under::Run(run)) => Ok(run.id.clone()),
        Some(Under::Version(row)) => {
            let brought = |run: &&crate::model::Run| {
                run.to.as_deref() == Some(&row.version) && run.verdict == Some(Verdict::Updated)
            };
            let run = model.history.iter().find(brought);
            run.map(|run| run.id.clone()).ok_or_else(|| format!("no run to {} is known", row.version))
        }
    };
    match found {
        Ok(id) => model.overlay = Some(Overlay::Run { id, top: 0 }),
        Err(reason) => toast::say(model, Level::Info, &reason),
    }
    overlay::clamp(model);
}

/// Gives up one thing: the selection, the search, the filter, the zoom, a message.
fn back(model: &mut Model) {
    if model.focus == PaneId::Diagnostics {
        model.diagnostics.0.transition(TuiWidgetEvent::EscapeKey);
    }
    let focus = model.focus;
    if let Some(pane) = model.log_mut(focus) {
        let (search, filter) = pane.wanted();
        if pane.selecting() {
            return pane.end_selection();
        } else if !search.is_empty() {
            return pane.search("");
        } else if !filter.is_empty() {
            return pane.filter("");
        } else if pane.level().is_some() {
            return pane.at_least(None);
        }
    }
    if model.zoom {
        model.zoom = false;
    } else {
        model.toast = None;
    }
}
