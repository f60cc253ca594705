//! A log: its last rows or those one looks at, what was searched for in them, and where they are in it.

use std::borrow::Cow;

use ratatui::layout::Rect;
use ratatui::style::Style;

use super::layout::{Areas, Form};
use super::panel::{self, Words};
use super::pen::{Pen, clean, fitting, piece, width};
use super::times;
use crate::model::Timestamp;
use crate::model::event::Level;
use crate::tui::model::{Model, PaneId, Stamps};
use crate::tui::pane::{self, Pane, Shown};

/// What the log of a pane is called.
fn name(id: PaneId) -> &'static str {
    match id {
        PaneId::Agent => "Agent log",
        PaneId::Updater => "Updater log",
        _ => "Build log",
    }
}

/// Draws the pane.
pub fn draw(model: &Model, areas: &Areas, id: PaneId, area: Rect, pen: &mut Pen<'_>) {
    let Some(log) = model.log(id) else { return };
    let words = words(model, areas, log, name(id), pen);
    let inside = panel::open(model, areas, id, area, words, pen);
    if inside.width < 2 || inside.height == 0 {
        return;
    }
    // The last column is the scrollbar's.
    let text = Rect { width: inside.width - 1, ..inside };
    let place = log.place();
    if place.rows == 0 {
        match model.view {
            None => super::pipeline::nothing(model, inside, pen),
            Some(_) if log.is_empty() => panel::empty(inside, &["Nothing yet."], pen),
            Some(_) => panel::empty(inside, &["No line fits the filter."], pen),
        }
        return;
    }
    rows(model, areas, log, text, pen);
    bar(inside, place.rows, place.percent, pen);
}

fn words<'a>(model: &Model, areas: &Areas, log: &'a Pane, name: &'static str, pen: &Pen<'_>) -> Words<'a> {
    let theme = pen.theme;
    let place = log.place();
    let mut words = Words::default();
    words.title.push(piece(name, theme.strong));
    words.title.push(piece(" ─ ", theme.border));
    match log.follows() {
        true => words.title.push(piece("follow", theme.faint)),
        false => words.title.push(piece("paused", theme.warn)),
    }
    if model.wrap && areas.form > Form::Narrow {
        words.title.push(piece(" wrap", theme.faint));
    }
    // A number that grows may not push the frame.
    words.count.push(piece(
        format!(
            "{:>6} {}",
            times::number(place.rows as u64),
            if place.rows == 1 { "line " } else { "lines" }
        ),
        theme.plain,
    ));
    let level = match log.level() {
        Some(Level::Info) => "  info and more",
        Some(Level::Warn) => "  warnings and errors",
        Some(Level::Error) => "  errors",
        Some(Level::Debug) | None => "",
    };
    words.title.push(piece(level, theme.warn));
    let (search, filter) = log.wanted();
    let wanted = &mut words.wanted;
    if !search.is_empty() {
        wanted.push(piece(format!("/{search}"), theme.strong));
        let (at, of) = place.found.unwrap_or_default();
        wanted.push(piece(
            match of {
                0 => "  not found".to_owned(),
                _ => format!("  {} of {}", times::number(at as u64), times::number(of as u64)),
            },
            theme.plain,
        ));
    }
    if !filter.is_empty() {
        wanted.push(piece(if wanted.is_empty() { "&" } else { "  &" }, theme.strong));
        wanted.push(piece(filter, theme.strong));
    }
    words.place.push(piece(format!("{:>3}%", place.percent), theme.faint));
    words
}

/// How the rows on the screen are written: columns that none of them needs take no room.
struct Columns {
    stamp: u16,
    format: &'static str,
    level: u16,
    /// A mark stands in the last column before the text: where there is none, this is it.
    mark: u16,
}

impl Columns {
    fn of(model: &Model, areas: &Areas, rows: &[Shown<'_>]) -> Self {
        let stamps = rows.iter().filter_map(|shown| shown.row.at);
        let mut stamps = stamps.peekable();
        let (stamp, format) = match model.stamps {
            _ if stamps.peek().is_none() => (0, ""),
            Stamps::Off => (0, ""),
            Stamps::Relative => (7, ""),
            Stamps::Utc => (10, "%H:%M:%SZ "),
            Stamps::Local => match stamps.all(|at| times::is_today(at, model.now, &model.zone)) {
                true => (9, "%H:%M:%S "),
                false => (15, "%m-%d %H:%M:%S "),
            },
        };
        let levels = rows.iter().any(|shown| shown.row.level.is_some());
        let level = if !levels {
            0
        } else if areas.form == Form::Narrow {
            2
        } else {
            6
        };
        // Where there is hardly room for the text, it is the text that counts.
        let stamp = if areas.form == Form::Narrow && model.stamps == Stamps::Local { 0 } else { stamp };
        let mark = u16::from(stamp + level == 0 && rows.iter().any(|shown| shown.marked));
        Self { stamp, format, level, mark }
    }

    /// Columns before the text.
    fn before(&self) -> u16 {
        self.stamp + self.level + self.mark
    }

    fn stamp(&self, model: &Model, at: Timestamp) -> String {
        match model.stamps {
            Stamps::Relative => {
                let age = crate::render::words::age(at, model.now);
                format!(
                    "{:>6} ",
                    age.trim_end_matches(" ago").trim_start_matches("in ").replace("just now", "now")
                )
            }
            Stamps::Utc => at.strftime(self.format).to_string(),
            _ => at.to_zoned(model.zone.clone()).strftime(self.format).to_string(),
        }
    }
}

/// How the word of a level is written.
fn level_style(level: Level, pen: &Pen<'_>) -> Style {
    match level {
        Level::Debug | Level::Info => pen.theme.faint,
        Level::Warn => pen.theme.warn,
        Level::Error => pen.theme.bad,
    }
}

/// A row as it is laid out: its clean text, and the bytes of it at which its lines on the screen begin.
struct Laid<'a> {
    shown: &'a Shown<'a>,
    text: Cow<'a, str>,
    starts: Vec<usize>,
}

impl<'a> Laid<'a> {
    fn of(model: &Model, columns: &Columns, shown: &'a Shown<'a>, area: Rect) -> Self {
        let text = clean(&shown.row.text);
        let starts = if model.wrap { parts(&text, room(columns, area)) } else { vec![0] };
        Self { shown, text, starts }
    }

    fn lines(&self) -> i32 {
        i32::try_from(self.starts.len()).unwrap_or(i32::MAX)
    }
}

fn rows(model: &Model, areas: &Areas, log: &Pane, area: Rect, pen: &mut Pen<'_>) {
    let room = usize::from(area.height);
    let mut shown: Vec<Shown<'_>> = log.upwards().take(room).collect();
    let above = shown.len();
    // What the rows above do not fill is filled by those below.
    shown.extend(log.below().take(room - above));
    let columns = Columns::of(model, areas, &shown);
    let (above, below) = shown.split_at(above);
    let height = i32::from(area.height);
    let (mut laid, mut lines) = (Vec::new(), 0);
    for shown in above {
        if lines >= height {
            break;
        }
        let row = Laid::of(model, &columns, shown, area);
        lines += row.lines();
        laid.push(row);
    }
    // The lowest row is there for sure: the others go up from it, and what they leave is for those below.
    let split = i32::from(area.y) + lines.min(height);
    let mut top = split;
    for row in &laid {
        top -= row.lines();
        write(model, &columns, row, area, top, pen);
    }
    let mut top = split;
    for shown in below {
        if top >= i32::from(area.bottom()) {
            break;
        }
        let row = Laid::of(model, &columns, shown, area);
        write(model, &columns, &row, area, top, pen);
        top += row.lines();
    }
}

fn room(columns: &Columns, area: Rect) -> u16 {
    area.width.saturating_sub(columns.before()).max(1)
}

/// The bytes at which the rows of a wrapped line begin.
fn parts(text: &str, columns: u16) -> Vec<usize> {
    let mut starts = vec![0];
    let mut at = 0;
    loop {
        let end = fitting(&text[at..], columns);
        at += end;
        if end == 0 || at >= text.len() {
            return starts;
        }
        starts.push(at);
    }
}

/// Writes the lines of a row from `top` on, as far as they are inside the area.
fn write(model: &Model, columns: &Columns, row: &Laid<'_>, area: Rect, top: i32, pen: &mut Pen<'_>) {
    let Laid { shown, text, starts } = row;
    let x = area.x + columns.before();
    let style = match shown.row.level {
        Some(Level::Error) => pen.theme.bad,
        Some(Level::Warn) => pen.theme.warn,
        Some(Level::Debug) => pen.theme.faint,
        _ => pen.theme.plain,
    };
    // What was cleaned here once more has its matches elsewhere.
    let found = shown.found.filter(|_| shown.row.text.starts_with(&**text));
    for (line, start) in starts.iter().enumerate() {
        let y = top + i32::try_from(line).unwrap_or(i32::MAX);
        let Some(y) = u16::try_from(y).ok().filter(|y| (area.top()..area.bottom()).contains(y)) else {
            continue;
        };
        let end = starts.get(line + 1).copied().unwrap_or(text.len());
        let part = &text[*start..end];
        if line == 0 {
            head(model, columns, shown, Rect { y, height: 1, ..area }, pen);
        }
        match model.wrap {
            true => pen.put(area, x, y, part, style),
            false => pen.cut(area, x, y, part, style),
        };
        if let Some((from, to, here)) = found {
            highlight(
                part,
                (from.saturating_sub(*start), to.saturating_sub(*start)),
                here,
                (area, x, y),
                pen,
            );
        }
        if shown.selected {
            pen.paint(Rect { y, height: 1, ..area }, pen.theme.selected);
        }
    }
}

fn head(model: &Model, columns: &Columns, shown: &Shown<'_>, row: Rect, pen: &mut Pen<'_>) {
    let mut x = row.x;
    if columns.stamp > 0 {
        if let Some(at) = shown.row.at {
            let style = if shown.marked { pen.theme.key } else { pen.theme.faint };
            pen.put(row, x, row.y, &columns.stamp(model, at), style);
        }
        x += columns.stamp;
    }
    if let Some(weight) = shown.row.level.filter(|_| columns.level > 0) {
        let word = pane::word(weight);
        let word = if columns.level < 6 { &word[..1] } else { word };
        pen.put(row, x, row.y, word, level_style(weight, pen));
    }
    if shown.marked {
        let x = row.x + columns.before().saturating_sub(1);
        pen.put(row, x, row.y, "▸", pen.theme.key);
    }
}

fn highlight(part: &str, (from, to): (usize, usize), here: bool, place: (Rect, u16, u16), pen: &mut Pen<'_>) {
    let (area, x, y) = place;
    let to = to.min(part.len());
    let (Some(before), Some(hit)) = (part.get(..from), part.get(from..to)) else { return };
    if hit.is_empty() {
        return;
    }
    let style = if here { pen.theme.found_here } else { pen.theme.found };
    let start = x.saturating_add(width(before));
    let wide = width(hit).min(area.right().saturating_sub(start));
    pen.paint(Rect::new(start, y, wide, 1), style);
}

/// The scrollbar: which part of the log is on the screen.
fn bar(inside: Rect, rows: usize, percent: u8, pen: &mut Pen<'_>) {
    let height = usize::from(inside.height);
    if rows <= height {
        return;
    }
    let thumb = (height * height / rows).clamp(1, height);
    // How far down one is says where the lowest row shown is.
    let top = (height * usize::from(percent.min(100)) / 100).saturating_sub(thumb);
    let x = inside.right() - 1;
    for (at, y) in (inside.top()..inside.bottom()).enumerate() {
        if (top..top + thumb).contains(&at) {
            pen.cell(x, y, "█", pen.theme.faint);
        }
    }
}
