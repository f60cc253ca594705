//! `status`.

use super::exit::Exit;
use super::glance::{Glance, glance};
use super::{BUILD, Call, Ended, gate};
use crate::model::Timestamp;
use crate::render;
use crate::world;

/// How many runs are counted: as many as are kept.
const MOST: usize = 1_000;

/// Prints the status, whoever can be asked; the exit code says whether the service runs.
pub(super) fn run(call: &Call<'_>, json: bool, metrics: bool) -> Ended {
    let settings = call.settings()?;
    let hidden = gate::readable(&settings, "status");
    let Glance { status, running, unseen } = glance(&settings);
    match (json, metrics) {
        (true, _) => call.console.json(&status)?,
        (_, true) => {
            // What cannot be read is told below, once.
            let mut records = world::reading(&settings).ok().flatten();
            let runs = records.as_mut().and_then(|records| records.runs(MOST).ok()).unwrap_or_default();
            call.console.print(&render::metrics::text(&status, &runs, BUILD))?;
        }
        (false, false) => call.console.print(&render::status::text(&status, Timestamp::now()))?,
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
