//! What the service says.

use super::{ask, toast};
use crate::control::Request;
use crate::control::protocol::{History, Log, LogLines, Logs, Welcome};
use crate::model::view::Folded;
use crate::model::{Event, EventKind, Failure, Timestamp, View};
use crate::render::{self, words};
use crate::tui::model::{Link, Model, PaneId};
use crate::tui::msg::Cmd;
use crate::tui::pane::{Row, parse};

/// Lines of a log that are asked for at the start.
const TAIL: usize = 500;
/// Runs that are asked for.
pub(super) const RUNS: usize = 200;

pub(super) fn connected(model: &mut Model, welcome: Welcome) -> Vec<Cmd> {
    model.link = Link::Connected;
    model.welcome = Some(welcome);
    model.heard_at = Some(model.now);
    model.pending.clear();
    let logs = |log| Request::Logs(Logs { log, lines: TAIL, follow: true });
    [logs(Log::Updater), logs(Log::Agent), Request::History(History { limit: Some(RUNS) }), Request::Versions]
        .into_iter()
        .map(|request| ask::send(model, request))
        .collect()
}

pub(super) fn view(model: &mut Model, view: View, epoch: String) -> Vec<Cmd> {
    model.heard_at = Some(model.now);
    model.lost = 0;
    let output = || view.output.lines().map(|line| parse::build(line, None)).collect::<Vec<_>>();
    let last =
        |view: &View| view.status.run.as_ref().or(view.status.last_run.as_ref()).map(|run| run.id.clone());
    let same_run = model.view.as_ref().is_some_and(|old| last(old).is_some() && last(old) == last(&view));
    let before = view.output.before();
    let head =
        (before > 0).then(|| Row::remark(model.now, format!("… {before} earlier lines: see `logs build`")));
    if !same_run {
        model.build.clear();
    }
    // A service that was started anew knows no output of the build before: what is here is still true.
    if view.output.total() > 0 || !same_run {
        model.build.join(output(), head);
    }
    model.epoch = Some(epoch);
    model.view = Some(view);
    ask::plan_if_new(model).into_iter().collect()
}

pub(super) fn events(model: &mut Model, events: Vec<Event>) -> Vec<Cmd> {
    model.heard_at = Some(model.now);
    let mut stale = false;
    for event in events {
        // Before any view: whatever came earlier is not known, and nothing is missing.
        let view =
            model.view.get_or_insert_with(|| View { seq: event.seq.saturating_sub(1), ..View::default() });
        match view.apply(&event) {
            Folded::Known => continue,
            Folded::Next => {}
            Folded::After(missing) => gap(model, event.at, missing),
        }
        match &event.kind {
            EventKind::RunStarted { .. } => model.build.clear(),
            EventKind::Output { line } => model.build.push(parse::build(line, Some(event.at))),
            EventKind::RunEnded { .. } => {
                stale = true;
                if let Some((level, text)) = render::line(&event.kind) {
                    toast::say(model, level, &text);
                }
            }
            EventKind::Checked { .. } | EventKind::HeldChanged { .. } => stale = true,
            _ => {}
        }
    }
    let mut commands = if stale { ask::refresh(model) } else { Vec::new() };
    commands.extend(ask::plan_if_new(model));
    commands
}

/// Events that never came are droppable ones. Those that the service counted are told already.
fn gap(model: &mut Model, at: Timestamp, missing: u64) {
    let told = missing.min(model.lost);
    model.lost -= told;
    let rest = missing - told;
    if rest > 0 {
        model.build.push(Row::remark(at, missed(rest)));
    }
}

fn missed(lines: u64) -> String {
    format!(
        "… {} did not reach this terminal",
        words::count(usize::try_from(lines).unwrap_or(usize::MAX), "line")
    )
}

/// The service does not say of what the lines were.
pub(super) fn dropped(model: &mut Model, count: u64) -> Vec<Cmd> {
    model.heard_at = Some(model.now);
    model.lost = model.lost.saturating_add(count);
    let row = Row::remark(model.now, missed(count));
    let builds = model.runs();
    match builds {
        true => model.build.push(row),
        false => {
            model.updater.push(row.clone());
            model.agent.push(row);
        }
    }
    Vec::new()
}

pub(super) fn tail(model: &mut Model, log: Log, lines: &[String]) -> Vec<Cmd> {
    model.heard_at = Some(model.now);
    model.pending.retain(|_, waiting| !matches!(waiting, Request::Logs(logs) if logs.log == log));
    let rows = rows(log, lines, None);
    if let Some(pane) = model.log_mut(pane_of(log)) {
        pane.join(rows, None);
    }
    Vec::new()
}

pub(super) fn log(model: &mut Model, lines: &LogLines) -> Vec<Cmd> {
    model.heard_at = Some(model.now);
    let rows = rows(lines.log, &lines.lines, Some(lines.at));
    if let Some(pane) = model.log_mut(pane_of(lines.log)) {
        rows.into_iter().for_each(|row| pane.push(row));
    }
    Vec::new()
}

fn rows(log: Log, lines: &[String], read_at: Option<Timestamp>) -> Vec<Row> {
    let row = |line: &String| match log {
        Log::Updater => parse::updater(line),
        Log::Agent => parse::agent(line, read_at),
        Log::Build => parse::build(line, read_at),
    };
    lines.iter().map(row).collect()
}

pub(super) fn pane_of(log: Log) -> PaneId {
    match log {
        Log::Updater => PaneId::Updater,
        Log::Agent => PaneId::Agent,
        Log::Build => PaneId::Build,
    }
}

pub(super) fn lost(model: &mut Model, failure: Box<Failure>, retry_at: Timestamp) -> Vec<Cmd> {
    let since = match &model.link {
        Link::Lost { since, .. } => *since,
        _ => model.now,
    };
    ask::give_up(model);
    model.link = Link::Lost { since, retry_at, failure };
    Vec::new()
}

pub(super) fn incompatible(model: &mut Model, failure: Box<Failure>) -> Vec<Cmd> {
    ask::give_up(model);
    model.link = Link::Incompatible(failure);
    Vec::new()
}
