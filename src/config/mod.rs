//! Settings: from the layers (default, file, environment, flag) to checked values with their origins.
//!
//! What lives here: the table of all keys ([`settings`]), the kinds of values they have, the layers, the
//! places of each platform, durations and sizes as people write them. It is the only room that reads
//! variables of the environment. What comes in: `model`. What never does: a decision that needs the host
//! (whether a path exists, a user is known, a program is there); that is for those who use the setting.

pub mod duration;
pub mod env;
pub mod paths;
pub mod settings;
pub mod size;
pub mod window;

mod checksums;
mod choices;
mod contradictions;
mod example;
mod fallback;
mod file;
mod kinds;
mod layers;
mod load;
mod nearest;
mod problem;
mod redact;
mod table;
#[cfg(test)]
mod tests;

pub use choices::{LogLevel, Manager, Percent, RestoreDatabase, Toolchain, Viewers};
pub use example::example;
pub use fallback::fallback;
pub use load::{ConfigFile, Loaded, Sources, assignment, load};
pub use paths::Platform;
pub use problem::{Problem, Rejected};
pub use redact::{Secret, redact};
pub use settings::{KEYS, SECTIONS, Settings};
pub use table::{Key, Section};
