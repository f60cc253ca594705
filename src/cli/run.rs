//! `run`: the service.

use std::path::PathBuf;

use super::exit::Exit;
use super::{Call, Ended};
use crate::daemon::{self, Ending, Request};
use crate::model::{Class, Failure};
use crate::service::Kind;
use crate::world;

/// Runs until told to stop, or once. What happens goes to the log, which is standard error, too.
pub(super) fn run(
    call: &Call<'_>,
    config: Option<PathBuf>,
    flags: Vec<(String, String)>,
    once: bool,
) -> Ended {
    // A bad configuration is the service's to tell: it takes up an interrupted run first.
    if once
        && let Ok(loaded) = crate::config::load(&call.sources)
        && world::kind(&loaded.settings) == Kind::Process
    {
        return Err(Failure::new(
            Class::Refused,
            "`run --once` does not work where the updater runs the agent itself: the agent would end with it",
        )
        .hint("use `sentinel-updater run`")
        .into());
    }
    let request = Request { config, flags, once, version: env!("CARGO_PKG_VERSION") };
    Ok(match daemon::run(&request) {
        Ending::Done(Some(run)) if once => Exit::of_run(&run),
        Ending::Done(_) => Exit::Done,
        Ending::Rejected(_) => Exit::Usage,
        Ending::Failed(failure) => Exit::of_class(failure.class),
    })
}
