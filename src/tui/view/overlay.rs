//! What lies over everything else: where it lies, and its frame.

use ratatui::layout::Rect;

use super::layout::{Areas, Form};
use super::pen::{Pen, Piece, piece, width};
use super::{confirm, detail, help, palette};
use crate::tui::keys::Action;
use crate::tui::model::{Model, Overlay};
use crate::tui::theme::Theme;

/// A line of an overlay.
pub type Line = Vec<Piece<'static>>;

/// The widest overlay.
const WIDEST: u16 = 88;

/// How many columns an overlay has inside.
pub fn columns(areas: &Areas) -> u16 {
    let around = if areas.form > Form::Narrow { 6 } else { 2 };
    areas.screen.width.saturating_sub(around).min(WIDEST)
}

/// Where an overlay of so many columns and rows lies, with its frame: in the middle, a bit above it.
pub fn place(areas: &Areas, columns: u16, rows: usize) -> Rect {
    let screen = areas.screen;
    let width = columns.saturating_add(2).min(screen.width);
    let most = if areas.form > Form::Narrow { screen.height.saturating_sub(2) } else { screen.height };
    let height = u16::try_from(rows).unwrap_or(u16::MAX).saturating_add(2).min(most);
    let x = screen.x + (screen.width - width) / 2;
    let y = screen.y + (screen.height - height) * 2 / 5;
    Rect { x, y, width, height }
}

/// What is inside the frame of an overlay.
pub fn inside(place: Rect) -> Rect {
    Rect {
        x: place.x + 1.min(place.width),
        y: place.y + 1.min(place.height),
        width: place.width.saturating_sub(2),
        height: place.height.saturating_sub(2),
    }
}

/// Empties a place, frames it, and writes what is said on the frame; says what is inside.
pub fn open(place: Rect, title: &str, hint: &str, pen: &mut Pen<'_>) -> Rect {
    pen.clear(place);
    let style = pen.theme.border_on;
    let inside = pen.frame(place, style);
    let edge = Rect { x: place.x + 1, width: place.width.saturating_sub(2), ..place };
    let space = || piece(" ", style);
    pen.pieces(edge, edge.x, place.y, &[space(), piece(title.to_owned(), pen.theme.strong), space()]);
    if place.height > 1 && width(hint) + 2 <= edge.width {
        let hint = [space(), piece(hint.to_owned(), pen.theme.faint), space()];
        pen.right(edge, edge.x, place.bottom() - 1, &hint);
    }
    inside
}

/// Writes lines from `top` on.
fn lines(inside: Rect, lines: &[Line], top: usize, pen: &mut Pen<'_>) {
    let top = top.min(lines.len().saturating_sub(usize::from(inside.height)));
    for (line, y) in lines[top..].iter().zip(inside.top()..inside.bottom()) {
        pen.pieces(inside, inside.x, y, line);
    }
}

/// The lines of an overlay that scrolls, and the row it is scrolled to.
fn scrolled(model: &Model, areas: &Areas, theme: &Theme) -> Option<(Vec<Line>, usize, String)> {
    match model.overlay.as_ref()? {
        Overlay::Help { top } => Some((help::lines(model, columns(areas), theme), *top, "Keys".to_owned())),
        Overlay::Run { id, top } => {
            let lines = detail::lines(model, id, columns(areas), theme);
            Some((lines, *top, format!("Run {id}")))
        }
        Overlay::Confirm(_) | Overlay::Palette { .. } => None,
    }
}

/// Draws what lies on top.
pub fn draw(model: &Model, areas: &Areas, pen: &mut Pen<'_>) {
    if let Some((all, top, title)) = scrolled(model, areas, &pen.theme) {
        let place = place(areas, columns(areas), all.len());
        let rows = usize::from(inside(place).height);
        let hint = match all.len() > rows {
            true => {
                let last = top.min(all.len() - rows) + rows;
                format!("{last} of {} lines, Esc closes", all.len())
            }
            false => "Esc closes".to_owned(),
        };
        let inside = open(place, &title, &hint, pen);
        lines(inside, &all, top, pen);
        return;
    }
    match &model.overlay {
        Some(Overlay::Confirm(confirm)) => confirm::draw(confirm, areas, pen),
        Some(Overlay::Palette { text, chosen }) => palette::draw(model, text, *chosen, areas, pen),
        _ => {}
    }
}

/// Whether a cell is a row of the palette, and what it would do.
pub fn command(model: &Model, areas: &Areas, at: ratatui::layout::Position) -> Option<Action> {
    match &model.overlay {
        Some(Overlay::Palette { text, chosen }) => palette::command(model, text, *chosen, areas, at),
        _ => None,
    }
}

/// The answer at a cell.
pub fn choice(model: &Model, areas: &Areas, at: ratatui::layout::Position) -> Option<usize> {
    match &model.overlay {
        Some(Overlay::Confirm(question)) => confirm::choice(question, areas, at),
        _ => None,
    }
}

/// Rows and lines of what scrolls on top.
pub fn extent(model: &Model, areas: &Areas) -> (u16, usize) {
    match scrolled(model, areas, &Theme::of(model.caps)) {
        Some((lines, ..)) => {
            let place = place(areas, columns(areas), lines.len());
            (inside(place).height, lines.len())
        }
        None => (0, 0),
    }
}
