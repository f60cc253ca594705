//! `pause` and `resume`.

use std::time::Duration;

use super::exit::Exit;
use super::service::{Reached, reach};
use super::{Call, Ended, gate};
use crate::control::Request;
use crate::control::protocol::{Pause, Was};
use crate::daemon;
use crate::engine::standing;
use crate::model::status::Paused;
use crate::model::{EventKind, Timestamp};
use crate::render;

/// Stops automatic updates, for a time or until resumed.
pub(super) fn pause(call: &Call<'_>, time: Option<Duration>, reason: Option<&str>) -> Ended {
    let settings = call.settings()?;
    let paused: Paused = match reach(&settings) {
        Reached::Service(mut service) => {
            let for_ms = time.map(|time| u64::try_from(time.as_millis()).unwrap_or(u64::MAX));
            let pause = Pause { for_ms, reason: reason.map(str::to_owned) };
            service.ask(Request::Pause(pause))?
        }
        Reached::Absent(absent) => {
            let by = gate::open(&settings, "pause", &absent)?;
            daemon::with_records(&settings, |records| {
                standing::pause(records, time, reason, by, Timestamp::now())
            })?
        }
    };
    let event = EventKind::PausedChanged { paused: Some(paused) };
    let line = render::line(&event).map(|(_, text)| text).unwrap_or_default();
    call.console.line(&line)?;
    Ok(Exit::Done)
}

/// Lets them go on. Not being paused is success, too.
pub(super) fn resume(call: &Call<'_>) -> Ended {
    let settings = call.settings()?;
    let was = match reach(&settings) {
        Reached::Service(mut service) => {
            let answer: Was = service.ask(Request::Resume)?;
            answer.was
        }
        Reached::Absent(absent) => {
            gate::open(&settings, "resume", &absent)?;
            daemon::with_records(&settings, |records| standing::resume(records, Timestamp::now()))?
        }
    };
    call.console.line(match was {
        true => "automatic updates are resumed",
        false => "automatic updates were not paused",
    })?;
    Ok(Exit::Done)
}
