//! `rollback`.

use super::args::Rollback;
use super::follow::Work;
use super::service::{Reached, Service, reach};
use super::{Call, Ended, follow, gate};
use crate::control::Request;
use crate::daemon;
use crate::engine::Interrupt;

/// Goes back and follows it to its verdict.
pub(super) fn run(call: &Call<'_>, request: &Rollback) -> Ended {
    let settings = call.settings()?;
    let absent = match reach(&settings) {
        Reached::Service(service) => return ask(call, *service, request),
        Reached::Absent(failure) => failure,
    };
    let by = gate::engine(&settings, "rollback", absent)?;
    let sink = follow::sink(call.console, request.json);
    let reply = daemon::with_engine(&settings, sink, &Interrupt::new(), |engine| {
        engine.rollback(&request.into(), by)
    })??;
    follow::result(call.console, &reply, request.json)
}

/// The service goes back.
fn ask(call: &Call<'_>, service: Service, request: &Rollback) -> Ended {
    let work = Work { request: Request::Rollback(request.into()), name: "rollback", json: request.json };
    follow::begin(call, service, work)
}
