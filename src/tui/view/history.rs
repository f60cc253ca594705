//! Runs that ended, newest first, and below them the versions.

use ratatui::layout::Rect;
use ratatui::style::Style;

use super::layout::Areas;
use super::panel::{self, Words};
use super::pen::{Pen, piece, width};
use super::{pipeline, status, times};
use crate::model::{Run, VersionRow};
use crate::render::{versions, words};
use crate::tui::model::{Model, PaneId};

/// A column: its heading, its room, and how long it stays when there is not room for all (0: always). One
/// column takes what is left.
struct Column {
    heading: &'static str,
    room: u16,
    rank: u8,
    right: bool,
}

const fn column(heading: &'static str, room: u16, rank: u8) -> Column {
    Column { heading, room, rank, right: false }
}

const fn number(heading: &'static str, room: u16, rank: u8) -> Column {
    Column { heading, room, rank, right: true }
}

const RUNS: [Column; 7] = [
    column("WHEN", 10, 3),
    column("WHAT", 8, 5),
    column("FROM -> TO", 17, 0),
    column("OUTCOME", 11, 1),
    number("TOOK", 10, 2),
    number("DOWN", 6, 4),
    column("BY", 8, 6),
];

const VERSIONS: [Column; 4] =
    [column("VERSION", 10, 0), column("STATE", 26, 0), column("FIRST SEEN", 10, 1), column("NOTE", 12, 2)];

/// The columns that fit, by their number, with their room.
fn fitting(columns: &[Column], flexible: usize, room: u16) -> Vec<(usize, u16)> {
    let mut shown: Vec<usize> = (0..columns.len()).collect();
    let wide = |shown: &[usize]| shown.iter().map(|at| columns[*at].room + 1).sum::<u16>() + 1;
    while wide(&shown) > room {
        let Some(least) =
            shown.iter().copied().filter(|at| columns[*at].rank > 0).max_by_key(|at| columns[*at].rank)
        else {
            break;
        };
        shown.retain(|at| *at != least);
    }
    let left = room.saturating_sub(wide(&shown));
    let last = if shown.contains(&flexible) { flexible } else { shown.last().copied().unwrap_or(0) };
    shown.into_iter().map(|at| (at, columns[at].room + if at == last { left } else { 0 })).collect()
}

/// Draws the pane.
pub fn draw(model: &Model, areas: &Areas, area: Rect, pen: &mut Pen<'_>) {
    let theme = pen.theme;
    let words = Words {
        title: vec![piece("History", theme.strong)],
        count: vec![piece(words::count(model.history.len(), "run"), theme.plain)],
        ..Words::default()
    };
    let inside = panel::open(model, areas, PaneId::History, area, words, pen);
    if inside.height == 0 {
        return;
    }
    if model.view.is_none() && model.history.is_empty() {
        pipeline::nothing(model, inside, pen);
        return;
    }
    let (runs, versions) = (model.history.len(), model.versions.len());
    let below = u16::try_from(versions + 2).unwrap_or(u16::MAX).min((inside.height / 2).max(4));
    let below = if versions == 0 || inside.height < 6 { 0 } else { below };
    let above = inside.height - below;
    let on = areas.focus(model) == Some(PaneId::History);
    let cursor = on.then_some(model.row);
    let top = Rect { height: above, ..inside };
    if runs == 0 {
        panel::empty(top, &["No run yet."], pen);
    } else {
        let shape = fitting(&RUNS, 2, top.width);
        list(top, &RUNS, &shape, (runs, cursor.filter(|row| *row < runs)), pen, |at, pen| {
            run_cells(model, &model.history[at], pen)
        });
    }
    if below > 0 {
        let y = inside.y + above;
        panel::part(areas, area, y, "Versions", pen);
        let area = Rect { y: y + 1, height: below - 1, ..inside };
        let shape = fitting(&VERSIONS, 3, area.width);
        let cursor = cursor.and_then(|row| row.checked_sub(runs)).filter(|row| *row < versions);
        list(area, &VERSIONS, &shape, (versions, cursor), pen, |at, pen| {
            version_cells(model, &model.versions[at], pen)
        });
    }
}

/// A table: its headings, and as many rows as fit, the one with the cursor among them.
fn list(
    area: Rect,
    columns: &[Column],
    shape: &[(usize, u16)],
    (rows, cursor): (usize, Option<usize>),
    pen: &mut Pen<'_>,
    cells: impl Fn(usize, &Pen<'_>) -> Vec<(String, Style)>,
) {
    let heading = pen.theme.faint;
    let line = |y: u16, pen: &mut Pen<'_>, cell: &dyn Fn(usize) -> (String, Style)| {
        let mut x = area.x + 1;
        for (at, room) in shape {
            let (text, style) = cell(*at);
            let place = Rect { x, y, width: (*room).min(area.right().saturating_sub(x)), height: 1 };
            let start = if columns[*at].right { x + room.saturating_sub(width(&text)) } else { x };
            pen.cut(place, start, y, &text, style);
            x = x.saturating_add(room + 1);
        }
    };
    let mut y = area.y;
    if area.height > 2 {
        line(y, pen, &|at| (columns[at].heading.to_owned(), heading));
        y += 1;
    }
    let shown = usize::from(area.bottom() - y);
    let top = cursor.map_or(0, |row| row.saturating_sub(shown / 2)).min(rows.saturating_sub(shown));
    for (row, y) in (top..rows).zip(y..area.bottom()) {
        let values = cells(row, pen);
        line(y, pen, &|at| values.get(at).cloned().unwrap_or_default());
        if cursor == Some(row) {
            // One colour, or the words in one of their own would be holes in the bar.
            pen.paint(Rect { y, height: 1, ..area }, Style::reset().patch(pen.theme.selected));
        }
    }
}

fn run_cells(model: &Model, run: &Run, pen: &Pen<'_>) -> Vec<(String, Style)> {
    let theme = pen.theme;
    let ms = |ms: Option<u64>| ms.map_or_else(|| "-".to_owned(), words::milliseconds);
    let outcome = status::short(words::verdict(run.verdict)).to_owned();
    vec![
        (times::ago(run.started_at, model.now), theme.plain),
        (status::kind(run.kind).to_lowercase(), theme.plain),
        (words::way(run), theme.strong),
        (outcome, pipeline::verdict_style(run.verdict, pen)),
        (ms(run.took_ms), theme.plain),
        (ms(run.downtime_ms), theme.plain),
        (run.by.to_string(), theme.faint),
    ]
}

fn version_cells(model: &Model, row: &VersionRow, pen: &Pen<'_>) -> Vec<(String, Style)> {
    let theme = pen.theme;
    let style = match (row.installed, row.held || row.retracted == Some(true)) {
        (true, _) => theme.good,
        (_, true) => theme.warn,
        _ => theme.plain,
    };
    let mut held = model.view.iter().flat_map(|view| &view.status.held);
    let note = held.find(|held| held.version.as_str() == row.version).map(|held| {
        let until = held.retry_at.map_or_else(String::new, |at| format!(" (until {})", times::at(model, at)));
        format!("{}{until}", held.reason)
    });
    let note = note.or_else(|| row.commit_time.map(|at| format!("made {}", times::ago(at, model.now))));
    let seen = row.first_seen_at.map_or_else(|| "-".to_owned(), |at| times::ago(at, model.now));
    vec![
        (row.version.clone(), theme.strong),
        (versions::states(row), style),
        (seen, theme.plain),
        (note.unwrap_or_default(), theme.faint),
    ]
}
