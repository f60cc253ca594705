//! Go and the C compiler: finds them, runs them in an environment of their own, follows their output,
//! and reads what they built.
//!
//! In come plain options, a runner, and the questions of `ports::Builder`. Never in: settings, the
//! journal, the agent. Nothing here knows why something is built.

mod binary;
mod go_version;

pub use go_version::GoVersion;
