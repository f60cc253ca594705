//! The table itself.

use crossterm::event::{KeyCode, KeyModifiers};

use super::{Action, Binding};
use crate::tui::model::Tab;

type Key = (KeyCode, KeyModifiers);

const fn key(symbol: char) -> Key {
    (KeyCode::Char(symbol), KeyModifiers::NONE)
}

const fn control(symbol: char) -> Key {
    (KeyCode::Char(symbol), KeyModifiers::CONTROL)
}

const fn plain(code: KeyCode) -> Key {
    (code, KeyModifiers::NONE)
}

const fn row(
    action: Action,
    keys: &'static [Key],
    shown: &'static str,
    label: &'static str,
    help: &'static str,
) -> Binding {
    Binding { action, keys, shown, label, help, steers: false }
}

const fn button(
    action: Action,
    keys: &'static [Key],
    shown: &'static str,
    label: &'static str,
    help: &'static str,
) -> Binding {
    Binding { action, keys, shown, label, help, steers: true }
}

/// Every key, in the order of the help.
pub const BINDINGS: &[Binding] = &[
    button(Action::Update, &[key('u')], "u", "Update", "Update the agent now, after a question"),
    button(
        Action::Pause,
        &[key('p')],
        "p",
        "Pause",
        "Pause automatic updates for a time or until resumed, or resume them",
    ),
    button(Action::Rollback, &[key('r')], "r", "Roll back", "Go back to a kept version, after a question"),
    button(
        Action::Cancel,
        &[key('x')],
        "x",
        "Cancel run",
        "Abort the run before the agent is stopped, or take it back while it is verified",
    ),
    button(Action::Check, &[key('c')], "c", "Check", "Ask for new versions now"),
    button(
        Action::Hold,
        &[key('H')],
        "H",
        "Hold",
        "Never take the version under the cursor (else the newest) automatically, or allow it again",
    ),
    row(
        Action::Tab(Tab::Overview),
        &[key('1')],
        "1",
        "Overview",
        "Steps of the run, what comes next, alerts",
    ),
    row(Action::Tab(Tab::Build), &[key('2')], "2", "Build", "The output of the build"),
    row(
        Action::Tab(Tab::Logs),
        &[key('3')],
        "3",
        "Logs",
        "The updater's log; again: the agent's log, and back",
    ),
    row(Action::Tab(Tab::History), &[key('4')], "4", "History", "Runs, and the versions known"),
    row(
        Action::Tab(Tab::Diagnostics),
        &[key('5')],
        "5",
        "Diagnostics",
        "What dashboard and service say of themselves; there + - Left Right h Space change what is shown",
    ),
    row(Action::Next, &[plain(KeyCode::Tab)], "Tab", "Next", "The next pane or page"),
    row(Action::Previous, &[plain(KeyCode::BackTab)], "S-Tab", "Previous", "The pane or page before"),
    row(Action::Up, &[key('k'), plain(KeyCode::Up)], "k Up", "Up", "One row up; a log stops following"),
    row(Action::Down, &[key('j'), plain(KeyCode::Down)], "j Down", "Down", "One row down"),
    row(Action::HalfUp, &[control('u')], "^U", "Half up", "Half a page up"),
    row(Action::HalfDown, &[control('d')], "^D", "Half down", "Half a page down"),
    row(Action::PageUp, &[plain(KeyCode::PageUp)], "PgUp", "Page up", "A page up"),
    row(Action::PageDown, &[plain(KeyCode::PageDown)], "PgDn", "Page down", "A page down"),
    row(Action::Home, &[key('g'), plain(KeyCode::Home)], "g Home", "First", "The first row"),
    row(
        Action::End,
        &[key('G'), plain(KeyCode::End)],
        "G End",
        "Last",
        "The last row; a log follows its end again",
    ),
    row(
        Action::Enter,
        &[plain(KeyCode::Enter)],
        "Enter",
        "Details",
        "The run under the cursor; confirms a choice",
    ),
    row(
        Action::Back,
        &[plain(KeyCode::Esc)],
        "Esc",
        "Back",
        "Close what lies on top; give up selection, search, filter, zoom",
    ),
    row(
        Action::Search,
        &[key('/')],
        "/",
        "Search",
        "Search the log as you type; capitals count if there are any",
    ),
    row(Action::NextMatch, &[key('n')], "n", "Next match", "The next match; after the last the first"),
    row(
        Action::PreviousMatch,
        &[key('N')],
        "N",
        "Match before",
        "The match before; before the first the last",
    ),
    row(
        Action::Filter,
        &[key('&')],
        "&",
        "Filter",
        "Show only lines with a text; with ! before it, only lines without",
    ),
    row(
        Action::Level,
        &[key('l')],
        "l",
        "Level",
        "Show only lines that matter as much: all, info, warnings, errors",
    ),
    row(Action::Follow, &[key('f')], "f", "Follow", "Follow the end of the log, or stop there"),
    row(Action::Wrap, &[key('w')], "w", "Wrap", "Go on with long lines in the next row, or cut them"),
    row(Action::Stamps, &[key('t')], "t", "Times", "Times as local, as UTC, as ages, or not at all"),
    row(Action::Mark, &[key('m')], "m", "Mark", "Mark the current line, or unmark it"),
    row(Action::Zoom, &[key('z')], "z", "Zoom", "The pane alone on the screen, or all again"),
    row(
        Action::Select,
        &[key('v')],
        "v",
        "Select",
        "Select lines: move, then y copies, o pages, s saves only them",
    ),
    row(
        Action::Copy,
        &[key('y')],
        "y",
        "Copy",
        "Copy the selected lines, else the match, else the lowest line shown",
    ),
    row(Action::CopyAll, &[key('Y')], "Y", "Copy all", "Copy every line that passes the filter"),
    row(Action::Pager, &[key('o')], "o", "Pager", "Read the log in $PAGER"),
    row(Action::Save, &[key('s')], "s", "Save", "Save the log to a new file in the current directory"),
    row(
        Action::Palette,
        &[key(':'), control('p')],
        ": ^P",
        "Commands",
        "Everything that is possible now, by name",
    ),
    row(Action::Mouse, &[key('M')], "M", "Mouse", "Use the mouse here, or leave it to the terminal"),
    row(Action::Repaint, &[control('l')], "^L", "Repaint", "Draw the screen anew"),
    row(Action::Help, &[key('?'), plain(KeyCode::F(1))], "? F1", "Help", "The keys"),
    row(Action::Suspend, &[control('z')], "^Z", "Suspend", "Back to the shell; `fg` returns"),
    row(
        Action::Detach,
        &[key('q'), control('c')],
        "q ^C",
        "Detach",
        "Leave the dashboard; the service goes on",
    ),
];

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::collections::HashSet;

    use crossterm::event::KeyEvent;

    use super::super::{action_of, binding};
    use super::*;

    /// The compiler says so when an action is missing here.
    fn all() -> Vec<Action> {
        use Action::*;
        let next = |action: Action| match action {
            Tab(super::Tab::Overview) => Some(Tab(super::Tab::Build)),
            Tab(super::Tab::Build) => Some(Tab(super::Tab::Logs)),
            Tab(super::Tab::Logs) => Some(Tab(super::Tab::History)),
            Tab(super::Tab::History) => Some(Tab(super::Tab::Diagnostics)),
            Tab(super::Tab::Diagnostics) => Some(Next),
            Next => Some(Previous),
            Previous => Some(Up),
            Up => Some(Down),
            Down => Some(HalfUp),
            HalfUp => Some(HalfDown),
            HalfDown => Some(PageUp),
            PageUp => Some(PageDown),
            PageDown => Some(Home),
            Home => Some(End),
            End => Some(Enter),
            Enter => Some(Back),
            Back => Some(Search),
            Search => Some(NextMatch),
            NextMatch => Some(PreviousMatch),
            PreviousMatch => Some(Filter),
            Filter => Some(Level),
            Level => Some(Follow),
            Follow => Some(Wrap),
            Wrap => Some(Stamps),
            Stamps => Some(Mark),
            Mark => Some(Zoom),
            Zoom => Some(Select),
            Select => Some(Copy),
            Copy => Some(CopyAll),
            CopyAll => Some(Pager),
            Pager => Some(Save),
            Save => Some(Update),
            Update => Some(Pause),
            Pause => Some(Rollback),
            Rollback => Some(Cancel),
            Cancel => Some(Check),
            Check => Some(Hold),
            Hold => Some(Palette),
            Palette => Some(Mouse),
            Mouse => Some(Repaint),
            Repaint => Some(Help),
            Help => Some(Suspend),
            Suspend => Some(Detach),
            Detach => None,
        };
        std::iter::successors(Some(Tab(super::Tab::Overview)), |action| next(*action)).collect()
    }

    #[test]
    fn every_action_has_one_row() {
        for action in all() {
            assert_eq!(BINDINGS.iter().filter(|row| row.action == action).count(), 1, "{action:?}");
            assert!(binding(action).is_some());
        }
        assert_eq!(all().len(), BINDINGS.len());
    }

    #[test]
    fn no_key_means_two_things() {
        let mut seen = HashSet::new();
        for row in BINDINGS {
            assert!(!row.keys.is_empty(), "{row:?}");
            for key in row.keys {
                assert!(seen.insert(*key), "{key:?} twice");
                assert_eq!(action_of(&KeyEvent::new(key.0, key.1)), Some(row.action));
            }
        }
    }

    #[test]
    fn texts_are_there_and_short() {
        for row in BINDINGS {
            assert!(!row.label.is_empty() && row.label.len() <= 12, "{row:?}");
            assert!(row.help.len() > 5 && row.help.len() <= 100 && !row.help.ends_with('.'), "{row:?}");
            assert_eq!(row.shown.split(' ').count(), row.keys.len(), "{row:?}");
            assert!(row.shown.is_ascii());
        }
    }

    #[test]
    fn keys_are_written_as_they_are_typed() {
        for row in BINDINGS {
            for (shown, (code, modifiers)) in row.shown.split(' ').zip(row.keys) {
                let expected = match (*code, *modifiers) {
                    (KeyCode::Char(symbol), KeyModifiers::CONTROL) => {
                        format!("^{}", symbol.to_ascii_uppercase())
                    }
                    (KeyCode::Char(symbol), _) => symbol.to_string(),
                    (KeyCode::PageUp, _) => "PgUp".into(),
                    (KeyCode::PageDown, _) => "PgDn".into(),
                    (KeyCode::BackTab, _) => "S-Tab".into(),
                    (KeyCode::F(number), _) => format!("F{number}"),
                    (other, _) => format!("{other:?}"),
                };
                assert_eq!(shown, expected);
            }
        }
    }

    #[test]
    fn shift_is_in_the_letter_already() {
        let pressed = |code, modifiers| action_of(&KeyEvent::new(code, modifiers));
        assert_eq!(pressed(KeyCode::Char('G'), KeyModifiers::SHIFT), Some(Action::End));
        assert_eq!(pressed(KeyCode::BackTab, KeyModifiers::SHIFT), Some(Action::Previous));
        assert_eq!(pressed(KeyCode::Char('u'), KeyModifiers::ALT), None);
        assert_eq!(pressed(KeyCode::Char('u'), KeyModifiers::CONTROL), Some(Action::HalfUp));
    }
}
