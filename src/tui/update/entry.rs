//! A line that is typed at the bottom: a search or a filter, which work while it is typed.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use crate::host::text::clean;
use crate::tui::model::{Entry, EntryKind, Model, Overlay};
use crate::tui::msg::Cmd;

/// The longest line, in bytes.
const LONGEST: usize = 256;

/// Begins to type.
pub(super) fn open(model: &mut Model, kind: EntryKind) {
    let focus = model.focus;
    let Some(pane) = model.log_mut(focus) else { return };
    pane.end_selection();
    pane.begin();
    let text = match kind {
        EntryKind::Search => String::new(),
        EntryKind::Filter => pane.wanted().1.to_owned(),
    };
    model.entry = Some(Entry { kind, text });
}

/// A key while a line is typed.
pub(super) fn press(model: &mut Model, key: &KeyEvent) {
    let Some(entry) = &mut model.entry else { return };
    match key.code {
        KeyCode::Enter => return close(model, true),
        KeyCode::Esc => return close(model, false),
        KeyCode::Backspace if entry.text.is_empty() => return close(model, false),
        _ if !edit(&mut entry.text, key) => return,
        _ => {}
    }
    apply(model);
}

/// Ends the line; what was typed stands or is given up.
pub(super) fn close(model: &mut Model, stands: bool) {
    let Some(entry) = model.entry.take() else { return };
    let focus = model.focus;
    let Some(pane) = model.log_mut(focus) else { return };
    match stands {
        true => {
            // Nothing at all was typed: there is nothing to be searched for any more.
            if entry.kind == EntryKind::Search && entry.text.is_empty() {
                pane.search("");
            }
            pane.settle();
        }
        false => pane.give_up(),
    }
}

/// Pasted text goes where text is typed, in one clean line; elsewhere it means nothing.
pub(super) fn paste(model: &mut Model, text: &str) -> Vec<Cmd> {
    let line = clean(text.lines().next().unwrap_or_default());
    match (&mut model.entry, &mut model.overlay) {
        (Some(entry), _) => {
            append(&mut entry.text, &line);
            apply(model);
        }
        (None, Some(Overlay::Palette { text, chosen })) => {
            append(text, &line);
            *chosen = 0;
        }
        _ => {}
    }
    Vec::new()
}

/// Edits the end of a line. False: the key does not.
pub(super) fn edit(text: &mut String, key: &KeyEvent) -> bool {
    match (key.code, key.modifiers.difference(KeyModifiers::SHIFT)) {
        (KeyCode::Char('u'), KeyModifiers::CONTROL) => text.clear(),
        (KeyCode::Char('w'), KeyModifiers::CONTROL) => {
            let kept = text.trim_end().rfind(' ').map_or(0, |space| space + 1);
            text.truncate(kept);
        }
        (KeyCode::Backspace, _) | (KeyCode::Char('h'), KeyModifiers::CONTROL) => drop(text.pop()),
        (KeyCode::Char(symbol), KeyModifiers::NONE) => append(text, &clean(symbol.encode_utf8(&mut [0; 4]))),
        _ => return false,
    }
    true
}

fn append(text: &mut String, more: &str) {
    for symbol in more.chars() {
        if text.len() + symbol.len_utf8() > LONGEST {
            return;
        }
        text.push(symbol);
    }
}

fn apply(model: &mut Model) {
    let (Some(entry), focus) = (model.entry.clone(), model.focus) else { return };
    let Some(pane) = model.log_mut(focus) else { return };
    match entry.kind {
        EntryKind::Search => pane.search(&entry.text),
        EntryKind::Filter => pane.filter(&entry.text),
    }
}
