//! Actions on the log in focus.

use super::act::rows;
use super::toast;
use crate::model::event::Level;
use crate::render::words;
use crate::tui::keys::Action;
use crate::tui::model::{Model, PaneId};
use crate::tui::msg::Cmd;
use crate::tui::outside::CLIPBOARD;
use crate::tui::pane::Row;

/// Moves in the log, or moves the end of the selection.
pub(super) fn go(model: &mut Model, action: Action) {
    let focus = model.focus;
    let Some(pane) = model.log_mut(focus) else { return };
    let by = rows(action, pane.page());
    match (action, pane.selecting()) {
        (Action::Home, true) => pane.extend(isize::MIN),
        (Action::End, true) => pane.extend(isize::MAX),
        (_, true) => pane.extend(by),
        (Action::Home, false) => pane.home(),
        (Action::End, false) => pane.follow(),
        (_, false) => pane.scroll(by),
    }
}

/// Changes how the log is looked at.
pub(super) fn act(model: &mut Model, action: Action) {
    let focus = model.focus;
    let Some(pane) = model.log_mut(focus) else { return };
    let said = match action {
        Action::NextMatch | Action::PreviousMatch => {
            let found = pane.next_match(action == Action::NextMatch);
            let wanted = pane.wanted().0.to_owned();
            (!found).then(|| (Level::Warn, format!("no line has `{wanted}`")))
        }
        Action::Level => {
            let level = match pane.level() {
                None | Some(Level::Debug) => Some(Level::Info),
                Some(Level::Info) => Some(Level::Warn),
                Some(Level::Warn) => Some(Level::Error),
                Some(Level::Error) => None,
            };
            pane.at_least(level);
            let text = match level {
                None | Some(Level::Debug) => "all lines are shown",
                Some(Level::Info) => "debug lines are not shown",
                Some(Level::Warn) => "only warnings and errors are shown, and lines of no known level",
                Some(Level::Error) => "only errors are shown, and lines of no known level",
            };
            Some((Level::Info, text.to_owned()))
        }
        Action::Follow => {
            match pane.follows() {
                true => pane.stay(),
                false => pane.follow(),
            }
            None
        }
        Action::Mark => {
            pane.mark();
            None
        }
        Action::Select => {
            match pane.selecting() {
                true => pane.end_selection(),
                false => pane.select(),
            }
            None
        }
        _ => None,
    };
    if let Some((level, text)) = said {
        toast::say(model, level, &text);
    }
}

/// Gives lines to the clipboard, a pager or a file.
pub(super) fn give(model: &mut Model, action: Action) -> Vec<Cmd> {
    let focus = model.focus;
    let now = model.now;
    let Some(pane) = model.log_mut(focus) else { return Vec::new() };
    let selected: Vec<String> = pane.selected().into_iter().map(Row::line).collect();
    let all = |selected: Vec<String>| match selected.is_empty() {
        true => pane.passing().map(Row::line).collect(),
        false => selected,
    };
    let command = match action {
        Action::Copy if selected.is_empty() => return copy(model, now_shown(model)),
        Action::Copy => {
            pane.end_selection();
            return copy(model, selected);
        }
        Action::CopyAll => {
            let lines = pane.passing().map(Row::line).collect();
            return copy(model, lines);
        }
        Action::Pager => Cmd::Pager(all(selected)),
        Action::Save => {
            let name = match focus {
                PaneId::Updater => "updater",
                PaneId::Agent => "agent",
                _ => "build",
            };
            let stamp = now.strftime("%Y%m%d-%H%M%S");
            Cmd::Save(format!("sentinel-updater-{name}-{stamp}.log"), all(selected))
        }
        _ => return Vec::new(),
    };
    pane.end_selection();
    vec![command]
}

fn now_shown(model: &Model) -> Vec<String> {
    model.log(model.focus).and_then(|pane| pane.current()).map(Row::line).into_iter().collect()
}

/// Copies whole lines, as many of the last ones as a clipboard takes; says so if those are not all.
fn copy(model: &mut Model, lines: Vec<String>) -> Vec<Cmd> {
    let mut bytes = 0;
    let fits = |line: &&String| {
        bytes += line.len() + 1;
        bytes <= CLIPBOARD
    };
    let taken = lines.iter().rev().take_while(fits).count();
    model.remark = (taken < lines.len()).then(|| {
        format!(
            "only the last {taken} of {}: a terminal takes no more than {CLIPBOARD} bytes; s saves all",
            words::count(lines.len(), "line")
        )
    });
    let mut text = lines[lines.len() - taken..].join("\n");
    if lines.len() > 1 {
        text.push('\n');
    }
    vec![Cmd::Copy(text)]
}
