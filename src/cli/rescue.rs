//! `rescue`, which the service manager runs after every end of the updater.

use std::path::PathBuf;

use super::exit::Exit;
use super::{Console, Ended};
use crate::daemon;

/// Gets the agent up again if a switch was interrupted; says what it did, or nothing.
pub(super) fn run(console: &Console, config: Option<PathBuf>) -> Ended {
    if let Some(done) = daemon::rescue(config)? {
        console.talk(&done);
    }
    Ok(Exit::Done)
}
