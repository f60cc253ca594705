//! Go and the C compiler: finds them, runs them in an environment of their own, follows their output,
//! and reads what they built.
//!
//! ```text
//!  GoToolchain ── find ─────────────── go, gcc: which ones, are they good enough, could they be planted
//!      │
//!      ├── build ── phase::download ── go mod download   network; the module and its content hash
//!      │            phase::plan ────── go install -n     network; dependencies, number of packages
//!      │            phase::compile ─── go install -x     no network; trace ► progress, verdict
//!      │
//!      └── binary ──────────────────── what a binary says of itself, without running it
//!  supply ── find, or release ───────── a release of Go that is fetched where the host has none that will do
//!  ModuleQuestions ──────────────────── go list -m       what only go knows of a module
//! ```
//!
//! In come plain options, a runner, and the questions of `ports::Builder`. Never in: settings, the
//! journal, the agent. Nothing here knows why something is built.

mod binary;
mod build;
mod discreet;
mod environment;
mod find;
mod fingerprint;
mod follow;
mod go_toolchain;
mod go_version;
mod log;
mod options;
mod phase;
mod progress;
mod questions;
mod release;
mod runner;
mod supply;
mod trace;
mod user;
mod verdict;
mod workspace;

pub use go_toolchain::GoToolchain;
pub use go_version::GoVersion;
pub use options::{Choice, Modules, Network, Options, Pin};
pub use questions::ModuleQuestions;
pub use release::{Order, Releases};
pub use runner::ProcessGroupRunner;

/// A binary's build information, read without running it; `None`: it carries none that can be read.
///
/// # Errors
/// `Disk` when the file cannot be read; `Proof` when it is no complete executable.
pub fn build_info(path: &std::path::Path) -> crate::model::Outcome<Option<crate::model::BuildInfo>> {
    Ok(match binary::read(path)? {
        binary::Found::Info(info) => Some(*info),
        binary::Found::BeforeGo118 | binary::Found::Nothing => None,
    })
}
