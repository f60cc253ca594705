//! A line of a log.

use crate::model::Timestamp;
use crate::model::event::Level;

/// A line of a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// When it was written, where that is known.
    pub at: Option<Timestamp>,
    /// How much it matters, where that is known.
    pub level: Option<Level>,
    /// The text without time and level, sanitised.
    pub text: String,
}

impl Row {
    /// A remark of the dashboard's own among the lines of a log.
    pub fn remark(at: Timestamp, text: impl Into<String>) -> Self {
        Self { at: Some(at), level: Some(Level::Warn), text: text.into() }
    }

    /// The whole line, as it is copied, saved and paged.
    pub fn line(&self) -> String {
        let at = self.at.map_or_else(String::new, |at| at.strftime("%Y-%m-%dT%H:%M:%S%.3fZ ").to_string());
        let level = match self.level {
            // Without a time in front the text has its level in it, or the level is a guess from it.
            Some(level) if self.at.is_some() && !self.text.contains(word(level)) => {
                format!("{} ", word(level))
            }
            _ => String::new(),
        };
        format!("{at}{level}{}", self.text)
    }

    /// What keeping it costs, in bytes.
    pub(super) fn weight(&self) -> usize {
        /// What the allocator adds to a text, about.
        const KEPT: usize = 16;
        self.text.capacity() + KEPT + size_of::<Self>()
    }
}

/// A level as it is written in a log.
pub fn word(level: Level) -> &'static str {
    match level {
        Level::Debug => "DEBUG",
        Level::Info => "INFO",
        Level::Warn => "WARN",
        Level::Error => "ERROR",
    }
}
