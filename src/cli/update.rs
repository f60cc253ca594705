//! `update`.

use super::args::Update;
use super::{Call, Ended, follow, gate, preview};
use crate::daemon;
use crate::engine::{Interrupt, UpdateRequest};

/// Updates and follows it to its verdict.
pub(super) fn run(call: &Call<'_>, request: &Update) -> Ended {
    let settings = call.settings()?;
    if request.dry_run {
        return preview::run(call, &settings, request);
    }
    let by = gate::open(&settings, "update")?;
    gate::needs_no_service(&settings)?;
    let wanted = UpdateRequest {
        version: request.version.clone(),
        force: request.force,
        stage_only: request.stage_only,
    };
    let sink = follow::sink(call.console, request.json);
    let reply =
        daemon::with_engine(&settings, sink, &Interrupt::new(), |engine| engine.update(&wanted, by))??;
    follow::result(call.console, &reply, request.json)
}
