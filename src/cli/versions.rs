//! `versions`.

use super::exit::Exit;
use super::{Call, Ended, gate};
use crate::daemon;
use crate::model::Timestamp;
use crate::render::versions;

/// Lists what is installed, kept, held and was on offer.
pub(super) fn run(call: &Call<'_>, json: bool) -> Ended {
    let settings = call.settings()?;
    gate::readable(&settings, "versions")?;
    let (rows, held) = daemon::versions(&settings)?;
    match json {
        true => call.console.json(&rows)?,
        false if rows.is_empty() => call.console.talk("no version is known yet; `check` asks for some"),
        false => call.console.print(&versions::text(&rows, &held, Timestamp::now()))?,
    }
    Ok(Exit::Done)
}
