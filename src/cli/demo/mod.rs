//! The demo: the whole product in one directory, without root, on a sample agent in Go that is embedded in
//! this program. `story` plays it, in a `place` of its own, with this very program as the service.
//!
//! Nothing here is a mock: the agent is compiled by a real `go install` from a module proxy on disk, which
//! `GOPROXY=file://…` reads and which publishes good versions and broken ones. Never comes in: the
//! service manager, the installed agent.

mod agent;
mod archive;
mod dashboard;
mod place;
mod release;
mod setting;
mod story;
mod tools;
mod tree;
mod updater;

pub use agent::{SQLITE_MODULE, SQLITE_VERSION, Variant};
pub use release::{Release, Retraction};
pub use tree::Tree;

use std::io::IsTerminal as _;

use super::Ended;
use super::console::Console;

/// `demo`: on a terminal with the dashboard, else line by line; ends with the story's verdict.
pub(super) fn run(console: &Console, flags: &[(String, String)], keep: bool, headless: bool) -> Ended {
    match !headless && console.draws().out && std::io::stdin().is_terminal() {
        true => dashboard::run(console, flags, keep),
        false => story::run(console, flags, keep),
    }
}
