//! `rollback`.

use super::args::Rollback;
use super::{Call, Ended, follow, gate};
use crate::daemon;
use crate::engine::{DatabaseRequest, Interrupt, RollbackRequest};

/// Goes back and follows it to its verdict.
pub(super) fn run(call: &Call<'_>, request: &Rollback) -> Ended {
    let settings = call.settings()?;
    let by = gate::open(&settings, "rollback")?;
    gate::needs_no_service(&settings)?;
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
