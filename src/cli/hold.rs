//! `hold` and `unhold`.

use super::exit::Exit;
use super::{Call, Ended, follow, gate};
use crate::daemon;
use crate::engine::Interrupt;
use crate::model::Version;

/// Never takes a version automatically.
pub(super) fn hold(call: &Call<'_>, version: &Version, reason: Option<&str>) -> Ended {
    let settings = call.settings()?;
    let by = gate::open(&settings, &format!("hold {version}"))?;
    let sink = follow::sink(call.console, false);
    daemon::with_engine(&settings, sink, &Interrupt::new(), |engine| engine.hold(version, reason, by))??;
    call.console
        .line(&format!("{version} is held: it is not taken automatically until `unhold {version}`"))?;
    Ok(Exit::Done)
}

/// Allows it again. One that was not held is success, too.
pub(super) fn unhold(call: &Call<'_>, version: &Version) -> Ended {
    let settings = call.settings()?;
    gate::open(&settings, &format!("unhold {version}"))?;
    let sink = follow::sink(call.console, false);
    let was = daemon::with_engine(&settings, sink, &Interrupt::new(), |engine| engine.unhold(version))??;
    call.console.line(&match was {
        true => format!("{version} is no longer held"),
        false => format!("{version} was not held"),
    })?;
    Ok(Exit::Done)
}
