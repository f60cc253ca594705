//! The lines that are always there: who and how reached, the agent, the run. Readable as plain text.

use super::layout::{Areas, Form};
use super::pen::{Pen, Piece, piece};
use super::times;
use crate::model::status::{AgentLife, State, Status};
use crate::model::{Progress, Run, RunKind, StepId, View};
use crate::render::words;
use crate::tui::model::{Link, Model};

/// Room for the first word of a line.
const LABEL: usize = 9;

/// Host, versions, link, time.
pub fn header(model: &Model, areas: &Areas, pen: &mut Pen<'_>) {
    let area = areas.header;
    let theme = pen.theme;
    let wide = area.width >= 60;
    let host = match (&model.remote, &model.welcome) {
        (Some(remote), _) => remote.as_str(),
        (None, Some(welcome)) if !welcome.host.is_empty() => welcome.host.as_str(),
        _ => "this host",
    };
    let mut pieces = vec![piece(" ", theme.plain), piece(host, theme.strong), piece("  ", theme.plain)];
    let lost = matches!(model.link, Link::Lost { .. });
    if area.width >= 100 || (wide && !lost) {
        let program = model.welcome.as_ref().map_or("", |welcome| welcome.program.as_str());
        pieces.push(piece(format!("sentinel-updater {program}").trim_end().to_owned(), theme.faint));
        pieces.push(piece("  ", theme.plain));
    }
    pieces.extend(link(model, pen));
    let end = pen.pieces(area, area.x, area.y, &pieces);
    let zoned = model.now.to_zoned(model.zone.clone());
    let badge = if model.is_viewer() { " RO " } else { "" };
    let right = |format: &str| {
        let time = zoned.strftime(format).to_string();
        vec![piece(time, theme.faint), piece("  ", theme.plain), piece(badge, theme.selected)]
    };
    // The day goes first, then the time; that nothing may be changed stays.
    for mut pieces in [right("%Y-%m-%d %H:%M %Z"), right("%H:%M"), vec![piece(badge, theme.selected)]] {
        if badge.is_empty() && pieces.len() > 1 {
            pieces.truncate(1);
            pieces.push(piece(" ", theme.plain));
        }
        if pen.right(area, end + 1, area.y, &pieces).is_some() {
            break;
        }
    }
}

fn link(model: &Model, pen: &Pen<'_>) -> Vec<Piece<'static>> {
    let theme = pen.theme;
    match &model.link {
        _ if model.record => vec![piece("▶", theme.busy), piece(" record", theme.plain)],
        Link::Connecting => vec![piece("○ connecting", theme.warn)],
        Link::Connected => vec![piece("●", theme.good), piece(" connected", theme.plain)],
        Link::Incompatible(_) => vec![piece("✗ another protocol", theme.bad)],
        Link::Lost { since, retry_at, .. } => {
            let lost = times::clock(times::seconds(*since, model.now));
            let wait = retry_at.as_millisecond().saturating_sub(model.now.as_millisecond());
            let retry = match wait {
                ..=0 => "retrying".to_owned(),
                _ => format!("retry {}.{}s", wait / 1000, wait / 100 % 10),
            };
            let mut pieces = vec![piece(format!("○ lost {lost}, {retry}"), theme.bad)];
            if let Some(heard) = model.heard_at.filter(|_| model.view.is_some()) {
                let age = times::clock(times::seconds(heard, model.now));
                pieces.push(piece(format!("  data {age} old"), theme.warn));
            }
            pieces
        }
    }
}

/// The agent in one line.
pub fn agent(model: &Model, areas: &Areas, pen: &mut Pen<'_>) {
    let area = areas.agent;
    let theme = pen.theme;
    let Some(view) = model.view.as_ref().filter(|_| area.height > 0) else {
        pen.pieces(
            area,
            area.x,
            area.y,
            &[piece(label("Agent"), theme.faint), piece("not known yet", theme.faint)],
        );
        return;
    };
    let status = &view.status;
    let mut pieces = vec![piece(label("Agent"), theme.faint)];
    pieces.extend(life(status, pen));
    pieces.push(piece("  ", theme.plain));
    pieces.extend(versions(status, pen));
    if areas.form == Form::Narrow && status.latest.update_available {
        pieces.pop();
    }
    let end = pen.pieces(area, area.x, area.y, &pieces);
    let mut more = Vec::new();
    let agent = &status.agent;
    if let Some(pid) = agent.pid {
        more.push((format!("pid {pid}"), theme.faint));
    }
    if let Some(since) = agent.since.filter(|_| agent.state == AgentLife::Running) {
        more.push((format!("up {}", times::lasting(since, model.now)), theme.faint));
    }
    if agent.restarts > 0 {
        more.push((words::count(agent.restarts as usize, "restart"), theme.warn));
    }
    let mut x = end;
    for (text, style) in more {
        if x + 2 + super::pen::width(&text) <= area.right() {
            x = pen.pieces(area, x, area.y, &[piece("  ", theme.plain), piece(text, style)]);
        }
    }
}

/// When the module system was asked, and whether that failed.
pub fn checked(model: &Model, status: &Status, pen: &Pen<'_>) -> (String, ratatui::style::Style) {
    let latest = &status.latest;
    match (latest.checked_at, &latest.error) {
        (Some(at), None) => (format!("checked {}", times::ago(at, model.now)), pen.theme.faint),
        (Some(at), Some(_)) => (format!("check fails, last {}", times::ago(at, model.now)), pen.theme.warn),
        (None, Some(_)) => ("check fails".to_owned(), pen.theme.warn),
        (None, None) => ("never checked".to_owned(), pen.theme.faint),
    }
}

/// The agent's life with its sign.
pub fn life(status: &Status, pen: &Pen<'_>) -> Vec<Piece<'static>> {
    let theme = pen.theme;
    let state = status.agent.state;
    let (sign, style) = match state {
        AgentLife::Running => ("●", theme.good),
        AgentLife::Stopped => ("○", theme.warn),
        AgentLife::Failed => ("✗", theme.bad),
        AgentLife::Absent => ("○", theme.warn),
    };
    let text = if state == AgentLife::Running { theme.plain } else { style };
    vec![piece(sign, style), piece(format!(" {}", words::life(state)), text)]
}

/// The installed version, and the one on offer.
pub fn versions<'a>(status: &'a Status, pen: &Pen<'_>) -> Vec<Piece<'a>> {
    let theme = pen.theme;
    let mut pieces = Vec::new();
    match &status.agent.version {
        Some(version) => pieces.push(piece(version, theme.strong)),
        None => pieces.push(piece("no binary", theme.faint)),
    }
    if status.agent.retracted {
        pieces.push(piece(" retracted", theme.bad));
    }
    if let Some(version) = status.latest.version.as_deref().filter(|_| status.latest.update_available) {
        pieces.push(piece(" -> ", theme.faint));
        pieces.push(piece(version, theme.busy));
        pieces.push(piece(" available", theme.busy));
    }
    pieces
}

/// The run, or what the updater waits for.
pub fn run(model: &Model, areas: &Areas, pen: &mut Pen<'_>) {
    let area = areas.run;
    let theme = pen.theme;
    match model.view.as_ref() {
        None => {
            pen.pieces(
                area,
                area.x,
                area.y,
                &[piece(label("Updater"), theme.faint), piece("not known yet", theme.faint)],
            );
        }
        Some(view) => match &view.status.run {
            Some(run) => under_way(model, view, run, areas, pen),
            None => at_rest(model, &view.status, areas, pen),
        },
    }
}

fn at_rest(model: &Model, status: &Status, areas: &Areas, pen: &mut Pen<'_>) {
    let area = areas.run;
    let theme = pen.theme;
    let updater = &status.updater;
    let paused = updater.paused.as_ref().filter(|paused| paused.holds(model.now));
    let mut parts: Vec<(String, ratatui::style::Style)> = Vec::new();
    let narrow = areas.form == Form::Narrow;
    let next = updater.next_check_at.map(|at| times::at(model, at));
    match (updater.state, paused) {
        (State::Stuck, _) => parts.push((words::state(State::Stuck).to_owned(), theme.bad)),
        (State::Off, _) => parts.push(("off".to_owned(), theme.warn)),
        (State::Idle, Some(paused)) => {
            let until = paused.until.map_or_else(|| "resumed".to_owned(), |until| times::at(model, until));
            parts.push((format!("paused until {until}"), theme.warn));
        }
        (State::Idle, None) => {
            let what = if narrow { "next check" } else { words::state(State::Idle) };
            let at = next.as_ref().map_or_else(String::new, |at| format!(" at {at}"));
            parts.push((format!("{what}{at}"), theme.plain));
        }
        (state, _) => parts.push((words::state(state).to_owned(), theme.plain)),
    }
    if let Some(probation) = &updater.probation {
        let until = times::at(model, probation.until);
        parts.push((format!("{} on probation until {until}", probation.version), theme.warn));
    }
    if let Some(at) = next.filter(|_| updater.state != State::Idle || paused.is_some()) {
        parts.push((format!("next check at {at}"), theme.faint));
    }
    parts.push(checked(model, status, pen));
    if let Some(run) = &status.last_run {
        let text = format!(
            "last: {} {} {}",
            words::kind(run.kind),
            words::way(run),
            short(words::verdict(run.verdict))
        );
        parts.push((text, theme.faint));
    }
    let mut x = pen.put(area, area.x, area.y, &label("Updater"), theme.faint);
    for (at, (text, style)) in parts.iter().enumerate() {
        let gap = if at == 0 { "" } else { "  " };
        if at == 0 || x + 2 + super::pen::width(text) <= area.right() {
            x = pen.pieces(area, x, area.y, &[piece(gap, theme.plain), piece(text, *style)]);
        }
    }
}

/// The first words of a verdict.
pub fn short(verdict: &str) -> &str {
    verdict.split([',', ':']).next().unwrap_or(verdict)
}

/// The title of a run's kind.
pub fn kind(kind: RunKind) -> &'static str {
    match kind {
        RunKind::Update => "Update",
        RunKind::Rollback => "Rollback",
        RunKind::Install => "Install",
        RunKind::Repair => "Repair",
        RunKind::External => "External",
    }
}

fn under_way(model: &Model, view: &View, run: &Run, areas: &Areas, pen: &mut Pen<'_>) {
    let area = areas.run;
    let theme = pen.theme;
    let back = view.status.updater.state == State::RollingBack;
    let style = if back { theme.warn } else { theme.busy };
    let mut pieces = vec![piece(label(kind(run.kind)), theme.faint)];
    match run.step {
        Some(step) => {
            let sign = if back { "↩ " } else { "▶ " };
            pieces.push(piece(sign, style));
            pieces.push(piece(format!("{}/{}", place(step), StepId::ALL.len()), theme.strong));
            let title = if areas.form == Form::Narrow { step.id() } else { step.title() };
            pieces.push(piece(format!(" {title}"), style));
        }
        None => pieces.push(piece(words::state(view.status.updater.state), style)),
    }
    let since = view.step_since.unwrap_or(run.started_at);
    pieces.push(piece(format!("  {}", times::clock(times::seconds(since, model.now))), theme.plain));
    let mut x = pen.pieces(area, area.x, area.y, &pieces);
    if let Some(progress) = &run.progress {
        let percent = percent(progress.done, progress.total);
        let bar = (area.width / 7).clamp(8, 30);
        if let Some(percent) = percent.filter(|_| areas.form == Form::Narrow) {
            x = pen.put(area, x, area.y, &format!("  {percent}%"), theme.strong);
        } else if let Some(percent) = percent.filter(|_| x + 2 + bar + 8 <= area.right()) {
            x = pen.put(area, x, area.y, "  ", theme.plain);
            x = gauge(pen, areas, x, bar, percent, style);
            x = pen.put(area, x, area.y, &format!(" {percent:>2}%"), theme.strong);
        }
        let mut pieces = vec![piece("  ", theme.plain), piece(amount(progress), theme.plain)];
        if let Some(detail) = &progress.detail {
            pieces.push(piece(" ", theme.plain));
            pieces.push(piece(detail, theme.faint));
        }
        if x + 12 <= area.right() {
            x = pen.pieces(area, x, area.y, &pieces);
        }
    }
    let way = words::way(run);
    pen.right(area, x + 2, area.y, &[piece(way, theme.strong), piece(" ", theme.plain)]);
}

fn gauge(
    pen: &mut Pen<'_>,
    areas: &Areas,
    x: u16,
    bar: u16,
    percent: u8,
    style: ratatui::style::Style,
) -> u16 {
    let (area, theme) = (areas.run, pen.theme);
    let cells = bar.saturating_sub(2);
    let full = usize::from(cells) * usize::from(percent) / 100;
    let x = pen.put(area, x, area.y, "[", theme.faint);
    let x = pen.put(area, x, area.y, &"#".repeat(full), style);
    let x = pen.put(area, x, area.y, &"-".repeat(usize::from(cells) - full), theme.faint);
    pen.put(area, x, area.y, "]", theme.faint)
}

/// The number of a step, from 1.
pub fn place(step: StepId) -> usize {
    StepId::ALL.iter().position(|other| *other == step).map_or(0, |at| at + 1)
}

/// How far a step has come, in words.
pub fn amount(progress: &Progress) -> String {
    match progress.total {
        0 => format!("{} {}", progress.phase, times::number(progress.done)),
        total => format!("{} {} of {}", progress.phase, times::number(progress.done), times::number(total)),
    }
}

/// How much of a known whole is done; never 100 before it is.
pub fn percent(done: u64, total: u64) -> Option<u8> {
    let percent = u128::from(done.min(total)) * 100 / u128::from(total.max(1));
    (total > 0).then(|| u8::try_from(percent).unwrap_or(100))
}

fn label(text: &str) -> String {
    format!(" {text:<LABEL$}")
}
