//! `versions`.

use super::exit::Exit;
use super::service::{Reached, reach};
use super::{Call, Ended, gate};
use crate::config::Settings;
use crate::control::Request;
use crate::engine::majors::ever_seen;
use crate::model::{Held, Installed, Outcome, Status, Timestamp, VersionRow};
use crate::render::versions::{self, Offer};
use crate::world;

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
            by_files(&settings)?
        }
    };
    match json {
        true => call.console.json(&rows)?,
        false if rows.is_empty() => call.console.talk("no version is known yet; `check` asks for some"),
        false => call.console.print(&versions::text(&rows, &held, Timestamp::now()))?,
    }
    Ok(Exit::Done)
}

/// The rows by what is remembered, and what is held.
fn by_files(settings: &Settings) -> Outcome<(Vec<VersionRow>, Vec<Held>)> {
    let agent = world::installed(settings)?;
    let installed = agent.as_ref().map(Installed::shown);
    let kept = world::kept(settings)?;
    let (mut held, mut staged, mut offers, mut retracted) = (Vec::new(), None, Vec::new(), false);
    if let Some(mut records) = world::reading(settings)? {
        held = records.held()?;
        staged = records.staged()?;
        retracted = records.alerts()?.iter().any(|alert| alert.id == "retracted");
        let seen = ever_seen(records.as_mut(), &settings.agent.module, agent.as_ref())?;
        offers.extend(seen.into_iter().map(|seen| Offer {
            version: seen.version,
            first_seen_at: seen.first_seen_at,
            commit_time: seen.commit_time,
        }));
    }
    let installed = installed.as_deref().map(|version| (version, retracted));
    let rows = versions::rows(installed, &kept, staged.as_ref(), &held, &offers);
    Ok((rows, held))
}
