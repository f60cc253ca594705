//! `status`.

use super::absent::explain;
use super::exit::Exit;
use super::glance::{Glance, glance};
use super::service::{Reached, Service, reach};
use super::{BUILD, Call, Ended, gate};
use crate::control::Request;
use crate::control::protocol::History;
use crate::model::{Class, Outcome, Run, Status, Timestamp};
use crate::render;
use crate::world;

/// Prints the status, by the service or, without it, by whoever else can be asked; the exit code says which.
pub(super) fn run(call: &Call<'_>, json: bool, metrics: bool) -> Ended {
    let settings = call.settings()?;
    let absent = match reach(&settings) {
        Reached::Service(mut service) => {
            let (status, runs) = asked(&mut service, metrics)?;
            return show(call, &status, &runs, json, metrics).map(|()| Exit::Done);
        }
        Reached::Absent(failure) => failure,
    };
    let hidden = gate::readable(&settings, "status", &absent);
    let Glance { status, unseen } = glance(&settings);
    let runs = match metrics {
        // What cannot be read is told below, once.
        true => world::runs(&settings, world::RUNS).unwrap_or_default(),
        false => Vec::new(),
    };
    show(call, &status, &runs, json, metrics)?;
    match hidden {
        // What the folder holds is missing above: that is one thing, told once.
        Err(failure) if absent.class == Class::Unreachable => return Err(failure.into()),
        Err(_) => {}
        Ok(()) => unseen.iter().for_each(|failure| call.console.talk(&format!("warning: {failure}"))),
    }
    Err(explain(&settings, absent).into())
}

fn asked(service: &mut Service, metrics: bool) -> Outcome<(Status, Vec<Run>)> {
    let status = service.ask(Request::Status)?;
    let runs = match metrics {
        true => service.ask(Request::History(History { limit: Some(world::RUNS) }))?,
        false => Vec::new(),
    };
    Ok((status, runs))
}

fn show(
    call: &Call<'_>,
    status: &Status,
    runs: &[Run],
    json: bool,
    metrics: bool,
) -> Result<(), super::Stop> {
    match (json, metrics) {
        (true, _) => call.console.json(status),
        (_, true) => call.console.print(&render::metrics::text(status, runs, BUILD)),
        (false, false) => call.console.print(&render::status::text(status, Timestamp::now())),
    }
}
