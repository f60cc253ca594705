//! What the terminal can show.

/// What the terminal can show, and how it is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Caps {
    /// How many colours.
    pub colors: Colors,
    /// What the background is like.
    pub theme: ThemeName,
    /// Only ASCII: borders, glyphs, ellipses.
    pub ascii: bool,
}

impl Default for Caps {
    fn default() -> Self {
        Self { colors: Colors::Sixteen, theme: ThemeName::Dark, ascii: false }
    }
}

/// How many colours a terminal has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Colors {
    /// None are wanted (`NO_COLOR`): bold, dim, underlined and reversed text only.
    None,
    /// The sixteen that the user chose for the terminal.
    Sixteen,
    /// 256 and more.
    Many,
}

/// A set of colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ThemeName {
    /// For a dark background.
    Dark,
    /// For a light background.
    Light,
    /// Without colours.
    Mono,
}
