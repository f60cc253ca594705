//! `rollback`.

use super::args::Rollback;
use super::follow::Work;
use super::service::{Reached, Service, reach};
use super::{Call, Ended, follow, gate};
use crate::control::protocol::Database;
use crate::control::{Request, protocol};
use crate::daemon;
use crate::engine::{DatabaseRequest, Interrupt, RollbackRequest};

/// Goes back and follows it to its verdict.
pub(super) fn run(call: &Call<'_>, request: &Rollback) -> Ended {
    let settings = call.settings()?;
    let absent = match reach(&settings) {
        Reached::Service(service) => return ask(call, *service, request),
        Reached::Absent(failure) => failure,
    };
    let by = gate::engine(&settings, "rollback", absent)?;
    let database = match (request.restore_database, request.keep_database) {
        (true, _) => DatabaseRequest::Restore,
        (_, true) => DatabaseRequest::Keep,
        _ => DatabaseRequest::Ask,
    };
    let wanted = RollbackRequest { version: request.version.clone(), database };
    let sink = follow::sink(call.console, request.json);
    let reply =
        daemon::with_engine(&settings, sink, &Interrupt::new(), |engine| engine.rollback(&wanted, by))??;
    follow::result(call.console, &reply, request.json)
}

/// The service goes back.
fn ask(call: &Call<'_>, service: Service, request: &Rollback) -> Ended {
    let database = match (request.restore_database, request.keep_database) {
        (true, _) => Database::Restore,
        (_, true) => Database::Keep,
        _ => Database::Ask,
    };
    let rollback = protocol::Rollback { version: request.version.clone(), database };
    let work = Work { request: Request::Rollback(rollback), name: "rollback", json: request.json };
    follow::begin(call, service, work)
}
