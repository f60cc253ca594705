//! `versions`.

use super::exit::Exit;
use super::service::{Reached, reach};
use super::{Call, Ended, gate};
use crate::control::Request;
use crate::daemon;
use crate::model::{Status, Timestamp, VersionRow};
use crate::render::versions;

/// Lists what is installed, kept, held and was on offer.
pub(super) fn run(call: &Call<'_>, json: bool) -> Ended {
    let settings = call.settings()?;
    let (rows, held) = match reach(&settings) {
        Reached::Service(mut service) => {
            let rows: Vec<VersionRow> = service.ask(Request::Versions)?;
            // Why a version is held is told to people only.
            let held = if json { Vec::new() } else { service.ask::<Status>(Request::Status)?.held };
            (rows, held)
        }
        Reached::Absent(absent) => {
            gate::readable(&settings, "versions", &absent)?;
            daemon::versions(&settings)?
        }
    };
    match json {
        true => call.console.json(&rows)?,
        false if rows.is_empty() => call.console.talk("no version is known yet; `check` asks for some"),
        false => call.console.print(&versions::text(&rows, &held, Timestamp::now()))?,
    }
    Ok(Exit::Done)
}
