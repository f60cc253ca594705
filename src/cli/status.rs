//! `status`.

use super::exit::Exit;
use super::glance::{Glance, glance};
use super::{Call, Ended, gate};
use crate::model::Timestamp;
use crate::render;

/// Prints the status, whoever can be asked; the exit code says whether the service runs.
pub(super) fn run(call: &Call<'_>, json: bool) -> Ended {
    let settings = call.settings()?;
    let hidden = gate::readable(&settings, "status");
    let Glance { status, running, unseen } = glance(&settings);
    match json {
        true => call.console.json(&status)?,
        false => call.console.print(&render::status::text(&status, Timestamp::now()))?,
    }
    if let Err(failure) = hidden {
        // What the folder holds is missing above: that is one thing, told once.
        return Err(failure.into());
    }
    for failure in &unseen {
        call.console.talk(&format!("warning: {failure}"));
    }
    Ok(if running { Exit::Done } else { Exit::Unreachable })
}
