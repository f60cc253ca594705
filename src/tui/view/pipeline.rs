//! The steps of the run under way, or of the last one; below them what comes next.

use ratatui::layout::Rect;

use super::layout::Areas;
use super::panel::{self, Words};
use super::pen::{Pen, Piece, piece, width};
use super::{next, status, times};
use crate::model::status::State;
use crate::model::{Run, StepId, StepRow, StepStatus, Verdict, View};
use crate::render::words::{self, Glyphs};
use crate::tui::model::{Link, Model, PaneId};

/// The widest title of a step.
const TITLE: u16 = 29;
/// The widest identifier of a step.
const ID: u16 = 9;
/// Room for a duration: `1 min 12 s`.
const TOOK: u16 = 10;
/// Columns from which on the titles are written out.
const WIDE: u16 = 50;

/// Draws the pane.
pub fn draw(model: &Model, areas: &Areas, area: Rect, pen: &mut Pen<'_>) {
    let Some(view) = &model.view else {
        let words = Words { title: vec![piece("Steps", pen.theme.strong)], ..Words::default() };
        let inside = panel::open(model, areas, PaneId::Pipeline, area, words, pen);
        nothing(model, inside, pen);
        return;
    };
    let run = view.status.run.as_ref().or(view.status.last_run.as_ref());
    let words = title(model, view, run, pen);
    let inside = panel::open(model, areas, PaneId::Pipeline, area, words, pen);
    let pending;
    let rows = match run {
        Some(run) => &run.steps,
        None => {
            pending = StepId::ALL.map(StepRow::pending).to_vec();
            &pending
        }
    };
    let shown = usize::from(inside.height).min(rows.len());
    let top = first(view, rows, shown);
    for (row, y) in rows[top..top + shown].iter().zip(inside.y..) {
        step(model, view, run, row, Rect { y, height: 1, ..inside }, pen);
    }
    let used = u16::try_from(shown).unwrap_or(0);
    if inside.height > used + 1 {
        let y = inside.y + used;
        panel::part(areas, area, y, "Next", pen);
        next::draw(model, areas, view, Rect { y: y + 1, height: inside.height - used - 1, ..inside }, pen);
    }
}

fn title<'a>(model: &Model, view: &'a View, run: Option<&'a Run>, pen: &Pen<'_>) -> Words<'a> {
    let theme = pen.theme;
    let Some(run) = run else {
        return Words { title: vec![piece("Steps of an update", theme.strong)], ..Words::default() };
    };
    let way = words::way(run);
    let mut words = Words::default();
    if view.status.run.is_some() {
        words.title = vec![piece(format!("{} {way}", status::kind(run.kind)), theme.strong)];
        // Told by the clock: an age would be one more thing to send every second.
        let since = times::at(model, run.started_at);
        words.count = vec![piece(format!("by {}  since {since}", run.by), theme.faint)];
        return words;
    }
    words.title = vec![piece(format!("Last {} {way}", words::kind(run.kind)), theme.strong)];
    words.count = vec![
        piece(status::short(words::verdict(run.verdict)), verdict_style(run.verdict, pen)),
        piece(format!("  {}", times::ago(run.started_at, model.now)), theme.faint),
    ];
    words
}

/// How a verdict looks.
pub fn verdict_style(verdict: Option<Verdict>, pen: &Pen<'_>) -> ratatui::style::Style {
    match verdict {
        None => pen.theme.busy,
        Some(Verdict::Updated | Verdict::Staged) => pen.theme.good,
        Some(Verdict::Aborted | Verdict::RolledBack) => pen.theme.warn,
        Some(Verdict::Failed | Verdict::Stuck) => pen.theme.bad,
    }
}

/// The first step shown when not all fit: what is in hand, or went wrong, has one before it.
fn first(view: &View, rows: &[StepRow], shown: usize) -> usize {
    let matters = match &view.status.run {
        Some(run) => rows.iter().position(|row| Some(row.id) == run.step),
        None => rows.iter().position(|row| row.status == StepStatus::Failed),
    };
    let last = rows.len().saturating_sub(shown);
    matters.map_or(last, |at| at.saturating_sub(shown / 2)).min(last)
}

fn step(model: &Model, view: &View, run: Option<&Run>, row: &StepRow, area: Rect, pen: &mut Pen<'_>) {
    let theme = pen.theme;
    let now = view.status.run.is_some() && run.is_some_and(|run| run.step == Some(row.id));
    let now = now && row.status == StepStatus::Running;
    let back = view.status.updater.state == State::RollingBack;
    let (sign, text) = match row.status {
        StepStatus::Pending | StepStatus::NotRun => (theme.faint, theme.faint),
        StepStatus::Running if back => (theme.warn, theme.warn),
        StepStatus::Running => (theme.busy, theme.busy),
        StepStatus::Done => (theme.good, theme.plain),
        StepStatus::Skipped => (theme.faint, theme.faint),
        StepStatus::Failed => (theme.bad, theme.bad),
        StepStatus::Undone => (theme.warn, theme.plain),
    };
    let wide = area.width >= WIDE;
    let (name, room) = if wide { (row.title.as_str(), TITLE) } else { (row.id.id(), ID) };
    let mut x = pen.put(area, area.x, area.y, " ", theme.plain);
    let glyph = match now && back {
        true => words::glyph(StepStatus::Undone, Glyphs::Unicode),
        false => words::glyph(row.status, Glyphs::Unicode),
    };
    x = pen.put(area, x, area.y, glyph, sign);
    x = pen.put(area, x, area.y, " ", theme.plain);
    pen.cut(Rect { width: (x - area.x + room).min(area.width), ..area }, x, area.y, name, text);
    x += room + 1;
    let took = match (row.status, row.took_ms) {
        // The status lines say how long already, where they are seen: once is enough.
        (StepStatus::Running, _) if now && model.zoom => {
            view.step_since.map_or_else(String::new, |since| times::clock(times::seconds(since, model.now)))
        }
        (StepStatus::Done | StepStatus::Skipped | StepStatus::Pending, None) => String::new(),
        (StepStatus::Done, Some(ms)) => words::milliseconds(ms),
        (status, _) => words::step_status(status).to_owned(),
    };
    let start = x + TOOK.saturating_sub(width(&took));
    let style = if matches!(row.status, StepStatus::Done | StepStatus::Pending) { theme.plain } else { text };
    pen.put(area, start, area.y, &took, style);
    x += TOOK + 2;
    let note: Vec<Piece<'_>> = match run.and_then(|run| run.progress.as_ref()).filter(|_| now) {
        Some(progress) => {
            let mut text = status::amount(progress);
            if let Some(percent) = status::percent(progress.done, progress.total) {
                text.insert_str(0, &format!("{percent:>2}% "));
            }
            vec![piece(text, theme.plain)]
        }
        None => {
            let style = if row.status == StepStatus::Failed { theme.plain } else { theme.faint };
            row.note.iter().map(|note| piece(note.as_str(), style)).collect()
        }
    };
    pen.pieces(area, x, area.y, &note);
}

/// What is shown before the service told anything.
pub fn nothing(model: &Model, inside: Rect, pen: &mut Pen<'_>) {
    match &model.link {
        Link::Connecting => panel::empty(inside, &["Connecting to the service…"], pen),
        Link::Connected => panel::empty(inside, &["Waiting for the service's view…"], pen),
        Link::Lost { failure, .. } => {
            let (line, hint) = (failure.line(), failure.hint.clone().unwrap_or_default());
            panel::empty(inside, &["The service is not reached.", "", &line, &hint], pen);
        }
        Link::Incompatible(failure) => {
            let (line, hint) = (failure.line(), failure.hint.clone().unwrap_or_default());
            panel::empty(inside, &["The service speaks another protocol.", "", &line, &hint], pen);
        }
    }
}
