//! How things look: what is good, bad, in hand or beside the point, as styles.
//!
//! Only the sixteen colours that the user chose for the terminal, and never black, white or grey: what is
//! beside the point is dim, which every palette shows. Without colours there are bold, dim, underlined and
//! reversed text, and `Color::Reset`, for which no colour is ever sent.

use ratatui::style::{Color, Modifier, Style};

use super::caps::{Caps, Colors, ThemeName};

/// A style for each thing that is said by looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Theme {
    /// Ordinary text.
    pub plain: Style,
    /// What the eye is to find: versions, numbers, titles.
    pub strong: Style,
    /// What is beside the point: labels, stamps, hints.
    pub faint: Style,
    /// A frame.
    pub border: Style,
    /// The frame of the pane in focus, and its title.
    pub border_on: Style,
    /// It is well.
    pub good: Style,
    /// It is broken.
    pub bad: Style,
    /// Somebody should look.
    pub warn: Style,
    /// It is in hand.
    pub busy: Style,
    /// A key that can be pressed.
    pub key: Style,
    /// The row or the answer that the cursor is on, and the page that is shown.
    pub selected: Style,
    /// What was searched for.
    pub found: Style,
    /// The match that the cursor is on.
    pub found_here: Style,
}

impl Theme {
    /// The looks for a terminal.
    pub fn of(caps: Caps) -> Self {
        match (caps.colors, caps.theme) {
            (Colors::None, _) | (_, ThemeName::Mono) => Self::mono(),
            (_, ThemeName::Dark) => Self::coloured(Color::Cyan, Color::Yellow),
            // Yellow and cyan are unreadable on white.
            (_, ThemeName::Light) => Self::coloured(Color::Blue, Color::Magenta),
        }
    }

    /// The looks of what may be old: all of it is beside the point, and the cursor is still seen.
    pub fn old(self) -> Self {
        let stale = self.faint;
        Self {
            plain: stale,
            strong: stale,
            faint: stale,
            border: self.border,
            border_on: self.border_on,
            good: stale,
            bad: stale,
            warn: stale,
            busy: stale,
            key: stale,
            selected: self.selected,
            found: self.found,
            found_here: self.found_here,
        }
    }

    fn mono() -> Self {
        let plain = Style::new();
        let bold = plain.add_modifier(Modifier::BOLD);
        let dim = plain.add_modifier(Modifier::DIM);
        let reversed = plain.add_modifier(Modifier::REVERSED);
        let underlined = plain.add_modifier(Modifier::UNDERLINED);
        Self {
            plain,
            strong: bold,
            faint: dim,
            border: dim,
            border_on: bold,
            good: plain,
            bad: bold.add_modifier(Modifier::UNDERLINED),
            warn: bold,
            busy: bold,
            key: bold,
            selected: reversed,
            found: underlined,
            found_here: reversed.add_modifier(Modifier::UNDERLINED),
        }
    }

    fn coloured(accent: Color, caution: Color) -> Self {
        let bold = Style::new().add_modifier(Modifier::BOLD);
        let dim = Style::new().add_modifier(Modifier::DIM);
        Self {
            good: Style::new().fg(Color::Green),
            bad: bold.fg(Color::Red),
            warn: Style::new().fg(caution),
            busy: bold.fg(accent),
            border_on: bold.fg(accent),
            key: bold.fg(accent),
            found: Style::new().fg(caution).add_modifier(Modifier::UNDERLINED),
            found_here: Style::new().fg(caution).add_modifier(Modifier::REVERSED),
            faint: dim,
            border: dim,
            ..Self::mono()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn styles(theme: Theme) -> [Style; 13] {
        [
            theme.plain,
            theme.strong,
            theme.faint,
            theme.border,
            theme.border_on,
            theme.good,
            theme.bad,
            theme.warn,
            theme.busy,
            theme.key,
            theme.selected,
            theme.found,
            theme.found_here,
        ]
    }

    fn theme(colors: Colors, theme: ThemeName) -> Theme {
        Theme::of(Caps { colors, theme, ascii: false })
    }

    #[test]
    fn without_colours_only_modifiers_are_used() {
        for theme in [theme(Colors::None, ThemeName::Dark), theme(Colors::Many, ThemeName::Mono)] {
            for style in styles(theme) {
                assert_eq!((style.fg, style.bg), (None, None));
            }
            assert!(theme.selected.add_modifier.contains(Modifier::REVERSED));
            assert_ne!(theme.found, theme.found_here);
        }
    }

    #[test]
    fn no_colour_vanishes_in_the_background() {
        let unreadable = [Color::White, Color::Yellow, Color::Cyan, Color::LightYellow, Color::LightCyan];
        for style in styles(theme(Colors::Sixteen, ThemeName::Light)) {
            assert!(style.fg.is_none_or(|color| !unreadable.contains(&color)), "{style:?}");
        }
        for name in [ThemeName::Dark, ThemeName::Light] {
            for style in styles(theme(Colors::Many, name)) {
                let fg = style.fg;
                assert!(!matches!(fg, Some(Color::Black | Color::DarkGray | Color::Gray | Color::Rgb(..))));
                assert_eq!(style.bg, None, "a background may clash with the user's");
            }
        }
    }
}
