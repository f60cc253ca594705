//! `pause` and `resume`.

use std::time::Duration;

use super::exit::Exit;
use super::{Call, Ended, gate};
use crate::daemon;
use crate::engine::standing;
use crate::model::{EventKind, Timestamp};
use crate::render;

/// Stops automatic updates, for a time or until resumed.
pub(super) fn pause(call: &Call<'_>, time: Option<Duration>, reason: Option<&str>) -> Ended {
    let settings = call.settings()?;
    let by = gate::open(&settings, "pause")?;
    let event = daemon::with_records(&settings, |records| {
        let paused = standing::pause(records, time, reason, by, Timestamp::now())?;
        Ok(EventKind::PausedChanged { paused: Some(paused) })
    })?;
    let line = render::line(&event).map(|(_, text)| text).unwrap_or_default();
    call.console.line(&line)?;
    Ok(Exit::Done)
}

/// Lets them go on. Not being paused is success, too.
pub(super) fn resume(call: &Call<'_>) -> Ended {
    let settings = call.settings()?;
    gate::open(&settings, "resume")?;
    let mut was = false;
    daemon::with_records(&settings, |records| {
        was = standing::resume(records, Timestamp::now())?;
        Ok(EventKind::PausedChanged { paused: None })
    })?;
    call.console.line(match was {
        true => "automatic updates are resumed",
        false => "automatic updates were not paused",
    })?;
    Ok(Exit::Done)
}
