//! Values to plain text: what log, commands and dashboard say in the same words.
//!
//! One file a thing that is shown. What comes in: `model`, and the present time as a value. What never
//! does: colour, the terminal, a clock, a writer; and nothing here decides anything.

pub mod changes;
pub mod history;
pub mod line;
pub mod metrics;
pub mod run;
pub mod status;
pub mod table;
pub mod versions;
pub mod words;

#[cfg(test)]
mod samples;

pub use line::line;
pub use status::line as status_line;
