//! `cancel`.

use super::absent::explain;
use super::exit::Exit;
use super::service::{Reached, reach};
use super::{Call, Ended};
use crate::control::Request;
use crate::control::protocol::{CancelEffect, Cancelled};
use crate::model::Class;

/// Has the service abort its run, or take it back. That there is none is success.
pub(super) fn run(call: &Call<'_>) -> Ended {
    let settings = call.settings()?;
    match reach(&settings) {
        Reached::Service(mut service) => {
            let cancelled: Cancelled = service.ask(Request::Cancel)?;
            match cancelled.effect {
                CancelEffect::Nothing => call.console.talk(&cancelled.text),
                CancelEffect::Aborts | CancelEffect::RollsBack => call.console.line(&cancelled.text)?,
            }
            Ok(Exit::Done)
        }
        // A command that works without the service has its own Ctrl-C.
        Reached::Absent(failure) if failure.class == Class::Unreachable => {
            Err(explain(&settings, failure).context("there is no service, and so nothing to cancel").into())
        }
        Reached::Absent(failure) => Err(failure.into()),
    }
}
