//! Questions before something is asked of the service. They are data: the first answer does nothing and is
//! the chosen one, until somebody chooses another.

use super::ask;
use crate::control::Request;
use crate::control::protocol::{CancelEffect, Database, Hold, Pause, Rollback, Unhold, Update};
use crate::host::text::clean;
use crate::model::{Failure, Preview, Version, VersionRow};
use crate::render::{self, words};
use crate::tui::keys::{cancel_effect, rollback_target};
use crate::tui::model::{Choice, Confirm, Model, Overlay, Question};

/// Differences that a question lists.
const LISTED: usize = 8;
/// The short pause that is offered.
const HOUR_MS: u64 = 3_600_000;

/// Asks.
pub(super) fn open(model: &mut Model, confirm: Confirm) {
    model.overlay = Some(Overlay::Confirm(confirm));
}

/// What is too long for a line at the bottom, in a box of its own.
pub(super) fn message(title: String, lines: Vec<String>) -> Confirm {
    confirm(title, lines, "Close", Vec::new())
}

fn confirm(title: String, lines: Vec<String>, nothing: &str, answers: Vec<(String, Request)>) -> Confirm {
    let none = Choice { label: nothing.to_owned(), request: None };
    let rest = answers.into_iter().map(|(label, request)| Choice { label, request: Some(request) });
    Confirm {
        about: Question::Other,
        title: clean(&title),
        lines: lines.iter().map(|line| clean(line)).collect(),
        choices: std::iter::once(none).chain(rest).collect(),
        chosen: 0,
    }
}

/// Whether to update. `failure`: why nothing is known of what it would do.
pub(super) fn update(model: &Model, failure: Option<&Failure>) -> Confirm {
    let status = model.view.as_ref().map(|view| &view.status);
    let version = status.and_then(|status| status.latest.version.as_deref());
    let from = status.and_then(|status| status.agent.version.as_deref()).unwrap_or("nothing");
    let plan = model.plan.as_ref().filter(|plan| version.is_none_or(|version| version == plan.target));
    let to = version.or_else(|| plan.map(|plan| plan.target.as_str()));
    let title = to.map_or_else(|| "Update the agent?".to_owned(), |to| format!("Update the agent to {to}?"));
    let mut lines = vec![format!("{from} -> {}", to.unwrap_or("the version that policy leads to"))];
    match (plan, failure) {
        (Some(plan), _) => lines.extend(promise(plan)),
        (None, Some(failure)) => lines.push(format!("what changes is not known: {failure}")),
        (None, None) => lines.push("asking what changes...".to_owned()),
    }
    let refused = plan.is_some_and(|plan| plan.is_refused(false));
    let latest = status.map(|status| &status.latest);
    if let (Some(reason), false) = (latest.and_then(|latest| latest.reason.as_deref()), refused) {
        lines.push(format!("not taken by itself: {reason}"));
    }
    let request = |force| {
        let version = to.and_then(|to| Version::parse(to).ok());
        Request::Update(Update { version, force, stage_only: false })
    };
    let mut answers = vec![("Update".to_owned(), request(false))];
    if refused {
        answers.push(("Update anyway (force)".to_owned(), request(true)));
    }
    Confirm { about: Question::Update, ..confirm(title, lines, "Cancel", answers) }
}

/// What a plan promises, a line each.
fn promise(plan: &Preview) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(changes) = &plan.declared_changes {
        let all = render::changes::lines(changes);
        let more = all.len().saturating_sub(LISTED);
        lines.extend(all.into_iter().take(LISTED));
        if more > 0 {
            lines.push(format!("and {more} more"));
        }
    }
    if plan.staged {
        lines.push("it is built and proven already".to_owned());
    }
    lines.push(match plan.expected_downtime_ms {
        None => "no agent is installed: nothing is down".to_owned(),
        Some(_) if !plan.expected.is_empty() => format!("expected downtime: {}", plan.expected),
        Some(ms) => format!("expected downtime: {}", words::milliseconds(ms)),
    });
    for gate in plan.gates.iter().filter(|gate| !gate.passes) {
        let reason = gate.reason.as_deref().map_or_else(String::new, |reason| format!(": {reason}"));
        lines.push(format!("not met: {}{reason}", gate.title));
    }
    lines
}

/// The plan came, or will not come: the question about the update, if it is open, tells more. What is chosen
/// stays chosen.
pub(super) fn refresh(model: &mut Model, failure: Option<&Failure>) {
    let Some(Overlay::Confirm(old)) = &model.overlay else { return };
    if old.about != Question::Update {
        return;
    }
    let mut new = update(model, failure);
    let chosen = old.choices.get(old.chosen).map(|choice| &choice.request);
    new.chosen = new.choices.iter().position(|choice| Some(&choice.request) == chosen).unwrap_or(0);
    model.overlay = Some(Overlay::Confirm(new));
}

/// For how long to pause.
pub(super) fn pause() -> Confirm {
    let request = |for_ms| Request::Pause(Pause { for_ms, reason: None });
    confirm(
        "Pause automatic updates?".to_owned(),
        vec!["Update and Roll back work all the same.".to_owned()],
        "Cancel",
        vec![
            ("Pause for 1 h".to_owned(), request(Some(HOUR_MS))),
            ("Pause until resumed".to_owned(), request(None)),
        ],
    )
}

/// Whether to go back.
pub(super) fn rollback(model: &Model) -> Option<Confirm> {
    let row = rollback_target(model)?;
    if row.schema_differs == Some(true)
        && let Some(confirm) = database(model, Some(&row.version), None)
    {
        return Some(confirm);
    }
    let request = Rollback { version: Some(row.version.clone()), database: Database::Ask };
    Some(confirm(
        format!("Roll back to {}?", row.version),
        back(model, row),
        "Cancel",
        vec![("Roll back".to_owned(), Request::Rollback(request))],
    ))
}

/// What going back means.
fn back(model: &Model, row: &VersionRow) -> Vec<String> {
    let from = model.view.as_ref().and_then(|view| view.status.agent.version.as_deref()).unwrap_or("nothing");
    let mut lines = vec![format!("{from} -> {}, kept: no network, no compiler", row.version)];
    if from != "nothing" {
        lines.push(format!("{from} is held afterwards: it is not taken again by itself"));
    }
    lines
}

/// Going back across a change of the database's schema: what to do with the database.
pub(super) fn database(model: &Model, version: Option<&str>, failure: Option<&Failure>) -> Option<Confirm> {
    // A refusal for another reason (no such version) is not about a choice.
    let asks = failure.is_none_or(|failure| {
        failure.hint.as_deref().is_some_and(|hint| hint.contains("--restore-database"))
    });
    let row = model.versions.iter().find(|row| Some(row.version.as_str()) == version);
    let version = version.filter(|_| asks)?;
    let mut lines = row.map(|row| back(model, row)).unwrap_or_default();
    lines.push(match failure {
        Some(failure) => failure.line(),
        None => format!("the database's schema changed since {version} was left"),
    });
    let request = |database| Request::Rollback(Rollback { version: Some(version.to_owned()), database });
    let taken = row.and_then(|row| row.snapshot_at);
    let restore = match taken {
        Some(at) => format!("Restore database of {} (today's is set aside)", words::time(at)),
        None => format!("Restore the database of {version} (today's is set aside)"),
    };
    // Without a snapshot there is nothing to restore.
    let can_restore = failure.is_some() || taken.is_some();
    let answers = [
        can_restore.then(|| (restore, request(Database::Restore))),
        Some(("Keep database".to_owned(), request(Database::Keep))),
    ];
    Some(confirm(
        format!("Roll back to {version}: which database?"),
        lines,
        "Cancel",
        answers.into_iter().flatten().collect(),
    ))
}

/// Whether to cancel the run.
pub(super) fn cancel(model: &Model) -> Option<Confirm> {
    let effect = cancel_effect(model)?;
    let way = model.view.as_ref()?.status.run.as_ref().map(words::way)?;
    let (title, line, label) = match effect {
        CancelEffect::RollsBack => (
            "Take the run back now?",
            "the agent runs the new version already: it is stopped and the old one started",
            "Roll back now",
        ),
        _ => ("Abort the run?", "the agent is untouched so far and goes on as it is", "Abort"),
    };
    Some(confirm(
        title.to_owned(),
        vec![way, line.to_owned()],
        "Let it run",
        vec![(label.to_owned(), Request::Cancel)],
    ))
}

/// Whether to hold a version, or to allow it again.
pub(super) fn hold(version: Version, held: bool) -> Confirm {
    match held {
        true => confirm(
            format!("Allow {version} again?"),
            vec!["it may be taken automatically from now on".to_owned()],
            "Cancel",
            vec![("Unhold".to_owned(), Request::Unhold(Unhold { version }))],
        ),
        false => confirm(
            format!("Hold {version}?"),
            vec!["it is never taken automatically; newer versions are not affected".to_owned()],
            "Cancel",
            vec![("Hold".to_owned(), Request::Hold(Hold { version, reason: None }))],
        ),
    }
}

/// Takes the chosen answer.
pub(super) fn take(model: &mut Model) -> Vec<crate::tui::msg::Cmd> {
    let Some(Overlay::Confirm(confirm)) = &model.overlay else { return Vec::new() };
    let request = confirm.choices.get(confirm.chosen).and_then(|choice| choice.request.clone());
    model.overlay = None;
    let Some(request) = request else { return Vec::new() };
    match crate::tui::keys::may_not_steer(model) {
        Some(reason) => {
            super::toast::say(model, crate::model::event::Level::Warn, &reason);
            Vec::new()
        }
        None => vec![ask::send(model, request)],
    }
}
