//! `hold` and `unhold`.

use super::exit::Exit;
use super::service::{Reached, reach};
use super::{Call, Ended, gate};
use crate::control::Request;
use crate::control::protocol::{Hold, Unhold, Was};
use crate::daemon;
use crate::engine::standing;
use crate::model::{Timestamp, Version};

/// Never takes a version automatically.
pub(super) fn hold(call: &Call<'_>, version: &Version, reason: Option<&str>) -> Ended {
    let settings = call.settings()?;
    match reach(&settings) {
        Reached::Service(mut service) => {
            let hold = Hold { version: version.clone(), reason: reason.map(str::to_owned) };
            let _: Was = service.ask(Request::Hold(hold))?;
        }
        Reached::Absent(absent) => {
            let by = gate::open(&settings, &format!("hold {version}"), &absent)?;
            daemon::with_records(&settings, |records| {
                standing::hold(records, version, reason, by, Timestamp::now())
            })?;
        }
    }
    call.console
        .line(&format!("{version} is held: it is not taken automatically until `unhold {version}`"))?;
    Ok(Exit::Done)
}

/// Allows it again. One that was not held is success, too.
pub(super) fn unhold(call: &Call<'_>, version: &Version) -> Ended {
    let settings = call.settings()?;
    let was = match reach(&settings) {
        Reached::Service(mut service) => {
            let answer: Was = service.ask(Request::Unhold(Unhold { version: version.clone() }))?;
            answer.was
        }
        Reached::Absent(absent) => {
            gate::open(&settings, &format!("unhold {version}"), &absent)?;
            daemon::with_records(&settings, |records| standing::unhold(records, version))?
        }
    };
    call.console.line(&match was {
        true => format!("{version} is no longer held"),
        false => format!("{version} was not held"),
    })?;
    Ok(Exit::Done)
}
