//! `update`.

use super::absent::explain;
use super::args::Update;
use super::follow::Work;
use super::service::{Reached, Service, reach};
use super::{Call, Ended, follow, gate, preview};
use crate::control::Request;
use crate::daemon;
use crate::engine::Interrupt;

/// Updates and follows it to its verdict.
pub(super) fn run(call: &Call<'_>, request: &Update) -> Ended {
    let settings = call.settings()?;
    if request.dry_run {
        return preview::run(call, &settings, request);
    }
    let absent = match reach(&settings) {
        Reached::Service(service) => return ask(call, *service, request),
        Reached::Absent(failure) => failure,
    };
    if request.detach {
        return Err(explain(&settings, absent).context("there is no service to leave the update to").into());
    }
    let by = gate::engine(&settings, "update", absent)?;
    let sink = follow::sink(call.console, request.json);
    let reply = daemon::with_engine(&settings, sink, &Interrupt::new(), |engine| {
        engine.update(&request.into(), by)
    })??;
    follow::result(call.console, &reply, request.json)
}

/// The service updates.
fn ask(call: &Call<'_>, mut service: Service, request: &Update) -> Ended {
    let work = Work { request: Request::Update(request.into()), name: "update", json: request.json };
    match request.detach {
        true => follow::detach(call, &mut service, &work),
        false => follow::begin(call, service, work),
    }
}
