//! What comes next, what waits and why, and what the version to come is made of.

use ratatui::layout::Rect;
use ratatui::style::Style;

use super::layout::Areas;
use super::pen::{Pen, clean, wrapped};
use super::{alerts, times};
use crate::model::{StepStatus, Verdict, View};
use crate::render::{changes, words};
use crate::tui::model::Model;
use crate::tui::theme::Theme;

/// Room for the first word.
const LABEL: u16 = 11;
/// The most lines that one of them takes where there is little room.
const MOST: usize = 3;

struct Entry {
    label: &'static str,
    text: String,
    style: Style,
}

/// Draws as many as fit, the most pressing first.
pub fn draw(model: &Model, areas: &Areas, view: &View, area: Rect, pen: &mut Pen<'_>) {
    let columns = area.width.saturating_sub(LABEL + 1);
    if columns < 8 {
        return;
    }
    let mut y = area.y;
    for entry in list(model, areas, view, pen) {
        let text = clean(&entry.text);
        let lines = wrapped(&text, columns);
        let left = usize::from(area.bottom().saturating_sub(y));
        if left == 0 {
            break;
        }
        // Of several alerts each is seen.
        let most = match area.height {
            0..10 if entry.label == "alert" => MOST - 1,
            0..10 => MOST,
            _ => MOST + 1,
        };
        let rows = lines.len().min(most).min(left);
        let x = pen.put(area, area.x, y, &format!(" {:<10}", entry.label), pen.theme.faint);
        for (row, line) in lines.iter().take(rows).enumerate() {
            let last = row + 1 == rows && rows < lines.len();
            let whole = if last { &text[offset(&text, line)..] } else { line };
            pen.cut(Rect { width: area.width - 1, ..area }, x, y, whole, entry.style);
            y += 1;
        }
    }
}

/// Where a part of a text begins in it.
fn offset(text: &str, part: &str) -> usize {
    (part.as_ptr() as usize).saturating_sub(text.as_ptr() as usize)
}

fn list(model: &Model, areas: &Areas, view: &View, pen: &Pen<'_>) -> Vec<Entry> {
    let theme = pen.theme;
    let status = &view.status;
    let mut entries = Vec::new();
    let mut add = |label: &'static str, text: String, style: Style| {
        if !text.is_empty() {
            entries.push(Entry { label, text, style });
        }
    };
    if areas.alerts.height == 0 {
        // That the service is not reached is the one thing that is not old.
        let bad = Theme::of(model.caps).bad;
        for (text, age) in alerts::list(model) {
            match age {
                Some(age) => add("alert", format!("{text} ({age})"), theme.bad),
                None => add("link", text, bad),
            }
        }
    }
    let run = status.run.as_ref();
    let last = status.last_run.as_ref().filter(|_| run.is_none());
    if let Some(error) = run.or(last).and_then(|run| run.error.as_deref()) {
        let style = if run.is_some() { theme.warn } else { theme.bad };
        add("reason", error.to_owned(), style);
    }
    if let Some(paused) = status.updater.paused.as_ref().filter(|paused| paused.holds(model.now)) {
        let until = paused.until.map_or_else(|| "resumed".to_owned(), |until| times::at(model, until));
        let why = paused.reason.as_deref().map_or_else(String::new, |why| format!(": {why}"));
        add("paused", format!("until {until} by {}{why}", paused.by), theme.warn);
    }
    if let Some(probation) = &status.updater.probation {
        let until = times::at(model, probation.until);
        let text = format!("{} until {until}: a crash takes it back", probation.version);
        add("probation", text, theme.warn);
    }
    let latest = &status.latest;
    if let (Some(version), true, None) = (&latest.version, latest.update_available, run) {
        // What was held a moment ago, the next check will say.
        let held = status.held.iter().find(|held| held.version.as_str() == version && held.blocks(model.now));
        let text = match latest.reason.as_ref().or(held.map(|held| &held.reason)) {
            Some(reason) => format!("{version} is available, not taken now: {reason}"),
            None if status.updater.paused.as_ref().is_some_and(|paused| paused.holds(model.now)) => {
                format!("{version} is available; the updater is paused")
            }
            None => format!("{version} is available and taken at the next check"),
        };
        add("update", text, theme.plain);
    } else if let (Some(reason), None) = (&latest.reason, run) {
        add("update", format!("nothing to take: {reason}"), theme.plain);
    }
    if let Some(error) = &latest.error {
        add("check", format!("fails: {error}"), theme.warn);
    }
    let plan = model.plan.as_ref().filter(|plan| !plan.current);
    // What was planned for another version says nothing of this run.
    let plan = plan.filter(|plan| run.is_none_or(|run| run.to.as_ref() == Some(&plan.target)));
    // The reason above is one of them already.
    let gates = plan.iter().filter(|_| run.is_none() && latest.reason.is_none());
    for gate in gates.flat_map(|plan| &plan.gates).filter(|gate| !gate.passes) {
        let reason = gate.reason.as_deref().unwrap_or("not met");
        add("gate", format!("{}: {reason}", gate.title), theme.warn);
    }
    let known =
        run.and_then(|run| run.changes.as_ref()).or(plan.and_then(|plan| plan.declared_changes.as_ref()));
    if let Some(known) = known {
        add("changes", changes::line(known), theme.plain);
    }
    if let Some(ms) = plan.and_then(|plan| plan.expected_downtime_ms) {
        add("downtime", format!("about {} expected", words::milliseconds(ms)), theme.plain);
    }
    let updated = last.filter(|run| run.verdict == Some(Verdict::Updated));
    if let Some((run, down)) = updated.and_then(|run| run.downtime_ms.map(|down| (run, down))) {
        let took = run.took_ms.map_or_else(String::new, |ms| format!(" of {}", words::milliseconds(ms)));
        add("was down", format!("{}{took}", words::milliseconds(down)), theme.plain);
    }
    for held in &status.held {
        let until = held.retry_at.map_or_else(String::new, |at| format!(" until {}", times::at(model, at)));
        add("held", format!("{}{until}: {}", held.version, held.reason), theme.plain);
    }
    match (run, status.updater.next_check_at) {
        (Some(run), _) => {
            let ahead = run.steps.iter().find(|row| row.status == StepStatus::Pending);
            add("then", ahead.map_or_else(String::new, |row| row.title.clone()), theme.plain);
        }
        (None, Some(at)) => add("check", format!("next at {}", times::at(model, at)), theme.plain),
        (None, None) => {}
    }
    entries
}
