//! What comes from the terminal, as messages.

use crossterm::event::{Event, KeyEventKind, MouseEventKind};

use super::msg::Msg;
use crate::host::text::clean;

/// The message of an event; `None`: it means nothing here.
pub fn message(event: Event) -> Option<Msg> {
    match event {
        // A console reports releases too, and repeats as presses.
        Event::Key(key) => (key.kind == KeyEventKind::Press).then_some(Msg::Key(key)),
        Event::Mouse(mouse) => match mouse.kind {
            MouseEventKind::Down(_) | MouseEventKind::ScrollUp | MouseEventKind::ScrollDown => {
                Some(Msg::Mouse(mouse))
            }
            _ => None,
        },
        Event::Paste(text) => Some(Msg::Paste(clean(&text))),
        Event::Resize(columns, rows) => Some(Msg::Resize(columns, rows)),
        Event::FocusGained | Event::FocusLost => None,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use crossterm::event::{KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEvent};

    use super::*;

    #[test]
    fn only_presses_clicks_and_wheels_count() {
        let mut key = KeyEvent::new(KeyCode::Char('u'), KeyModifiers::NONE);
        assert!(matches!(message(Event::Key(key)), Some(Msg::Key(same)) if same == key));
        key.kind = KeyEventKind::Release;
        assert!(message(Event::Key(key)).is_none());
        let mouse = |kind| MouseEvent { kind, column: 3, row: 4, modifiers: KeyModifiers::NONE };
        for (kind, counts) in [
            (MouseEventKind::Down(MouseButton::Left), true),
            (MouseEventKind::ScrollDown, true),
            (MouseEventKind::Up(MouseButton::Left), false),
            (MouseEventKind::Drag(MouseButton::Left), false),
            (MouseEventKind::Moved, false),
        ] {
            assert_eq!(message(Event::Mouse(mouse(kind))).is_some(), counts, "{kind:?}");
        }
    }

    #[test]
    fn what_is_pasted_is_clean() {
        let Some(Msg::Paste(text)) = message(Event::Paste("a\u{1b}]0;x\u{7}b\nc".into())) else {
            panic!("a paste")
        };
        assert_eq!(text, "ab c");
    }
}
