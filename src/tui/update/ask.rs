//! Requests to the service, and what their answers do.

use super::{feed, question, toast};
use crate::control::Request;
use crate::control::protocol::{Database, History, Plan};
use crate::host::text::clean;
use crate::model::event::Level;
use crate::model::{Class, Failure, Version};
use crate::tui::model::{Model, Overlay, Ticket, Under};
use crate::tui::msg::{Answer, Cmd};
use crate::tui::pane::Row;

/// Sends a request under a ticket of its own.
pub(super) fn send(model: &mut Model, request: Request) -> Cmd {
    Cmd::Send(ticket(model, request.clone()), request)
}

/// A ticket for a request, which waits for its answer from now on.
pub(in crate::tui) fn ticket(model: &mut Model, request: Request) -> Ticket {
    let ticket = Ticket(model.next_ticket);
    model.next_ticket = model.next_ticket.wrapping_add(1);
    model.pending.insert(ticket, request);
    ticket
}

/// Sends a request unless the same one waits for its answer.
fn send_once(model: &mut Model, request: Request) -> Option<Cmd> {
    let waits = model.pending.values().any(|waiting| *waiting == request);
    (!waits).then(|| send(model, request))
}

/// Asks anew for what changed.
pub(super) fn refresh(model: &mut Model) -> Vec<Cmd> {
    let wanted = [Request::History(History { limit: Some(feed::RUNS) }), Request::Versions];
    wanted.into_iter().filter_map(|request| send_once(model, request)).collect()
}

/// Asks what an update would do.
pub(super) fn plan(model: &mut Model) -> Option<Cmd> {
    let version = offered(model).and_then(|version| Version::parse(version).ok());
    send_once(model, Request::Plan(Plan { version }))
}

/// The version that could be updated to.
pub(super) fn offered(model: &Model) -> Option<&str> {
    let latest = &model.view.as_ref()?.status.latest;
    latest.version.as_deref().filter(|_| latest.update_available)
}

/// Asks what an update would do if another version is on offer than the plan is about.
pub(super) fn plan_if_new(model: &mut Model) -> Option<Cmd> {
    let known = model.plan.as_ref().map(|plan| plan.target.as_str());
    match offered(model) {
        None => {
            model.plan = None;
            None
        }
        Some(version) if known == Some(version) => None,
        Some(_) => {
            model.plan = None;
            plan(model)
        }
    }
}

/// Nothing will be answered any more.
pub(super) fn give_up(model: &mut Model) {
    let steering = model.pending.values().find(|request| request.steers());
    let lost = steering.map(Request::method);
    model.pending.clear();
    if let Some(name) = lost {
        let text =
            format!("the service went away before it answered `{name}`: see what came of it when it is back");
        toast::say(model, Level::Warn, &text);
    }
}

/// An answer. One to a question that was given up does nothing.
pub(super) fn answer(model: &mut Model, ticket: Ticket, result: Result<Answer, Box<Failure>>) -> Vec<Cmd> {
    let Some(request) = model.pending.remove(&ticket) else { return Vec::new() };
    model.heard_at = Some(model.now);
    match result {
        Ok(Answer::History(runs)) => keep_cursor(model, |model| model.history = runs),
        Ok(Answer::Versions(rows)) => keep_cursor(model, |model| model.versions = rows),
        Ok(Answer::Plan(plan)) => {
            // An answer about a version that is no longer the one on offer would mislead.
            let fits = offered(model).is_none_or(|version| version == plan.target);
            model.plan = fits.then_some(*plan);
            question::refresh(model, None);
        }
        Ok(Answer::Done(text)) => toast::say(model, Level::Info, &text),
        Err(failure) => refused(model, &request, &failure),
    }
    Vec::new()
}

fn refused(model: &mut Model, request: &Request, failure: &Failure) {
    match request {
        Request::Rollback(rollback)
            if failure.class == Class::Refused && rollback.database == Database::Ask =>
        {
            match question::database(model, rollback.version.as_deref(), Some(failure)) {
                Some(confirm) if model.overlay.is_none() => question::open(model, confirm),
                _ => toast::fail(model, failure),
            }
        }
        Request::Logs(logs) => {
            let row =
                Row { at: Some(model.now), level: Some(Level::Error), text: clean(&failure.to_string()) };
            if let Some(pane) = model.log_mut(feed::pane_of(logs.log)) {
                pane.push(row);
            }
        }
        // Nobody asked for it unless the question is open.
        Request::Plan(_) => question::refresh(model, Some(failure)),
        _ => toast::fail(model, failure),
    }
}

/// Changes the lists; the cursor stays on what it was on.
fn keep_cursor(model: &mut Model, change: impl FnOnce(&mut Model)) {
    enum Was {
        Run(String),
        Version(String),
    }
    let was = model.under_cursor().map(|under| match under {
        Under::Run(run) => Was::Run(run.id.clone()),
        Under::Version(row) => Was::Version(row.version.clone()),
    });
    // The top row is where one waits for what comes next.
    let was = was.filter(|_| model.row > 0);
    change(model);
    let runs = model.history.len();
    let now = match was {
        Some(Was::Run(id)) => model.history.iter().position(|run| run.id == id),
        Some(Was::Version(version)) => {
            model.versions.iter().position(|row| row.version == version).map(|row| runs + row)
        }
        None => Some(0),
    };
    let last = (runs + model.versions.len()).saturating_sub(1);
    model.row = now.unwrap_or(model.row).min(last);
    let shown = match &model.overlay {
        Some(Overlay::Run { id, .. }) => model.run(id).is_some(),
        _ => true,
    };
    if !shown {
        model.overlay = None;
    }
}
