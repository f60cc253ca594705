//! The frame of a pane, with what is said on it.

use ratatui::layout::Rect;
use ratatui::style::Style;

use super::layout::{Areas, Form};
use super::pen::{Pen, Piece, folded, piece, width};
use crate::tui::model::{Model, PaneId};
use crate::tui::theme::Theme;

/// What is said on a frame.
#[derive(Debug, Default)]
pub struct Words<'a> {
    /// At the top, from the left: what it is.
    pub title: Vec<Piece<'a>>,
    /// At the top, at the right.
    pub count: Vec<Piece<'a>>,
    /// At the bottom, from the left.
    pub wanted: Vec<Piece<'a>>,
    /// At the bottom, at the right.
    pub place: Vec<Piece<'a>>,
}

/// The looks of a pane's frame: one can see where keys go.
pub fn border(model: &Model, areas: &Areas, id: PaneId, theme: &Theme) -> Style {
    let on = areas.focus(model) == Some(id) && areas.panes.len() > 1;
    if on { theme.border_on } else { theme.border }
}

/// Draws the frame of a pane and says what is inside.
pub fn open(
    model: &Model,
    areas: &Areas,
    id: PaneId,
    area: Rect,
    mut words: Words<'_>,
    pen: &mut Pen<'_>,
) -> Rect {
    let style = border(model, areas, id, &pen.theme);
    if area.height == 0 {
        return area;
    }
    if let Some(number) = number(id).filter(|_| areas.form == Form::Three && !model.zoom) {
        words.title.splice(..0, [piece(number, pen.theme.key), piece(" ", pen.theme.plain)]);
    }
    if areas.form == Form::Narrow {
        pen.rule(area, area.y, "─", style);
        let room = Rect { x: area.x + 1.min(area.width), width: area.width.saturating_sub(2), ..area };
        // Without a frame there is no lower edge: what was searched for goes to the top.
        if !words.wanted.is_empty() {
            words.title.truncate(1);
            words.title.push(piece("  ", pen.theme.plain));
            words.title.append(&mut words.wanted);
        }
        edge(room, area.y, words.title, words.count, pen);
    } else {
        pen.frame(area, style);
        let room = Rect { x: area.x + 1, width: area.width.saturating_sub(3), ..area };
        edge(room, area.y, words.title, words.count, pen);
        if area.height > 1 {
            edge(room, area.bottom() - 1, words.wanted, words.place, pen);
        }
    }
    areas.inside(area)
}

/// The key that leads to a pane: said where no line of pages says it.
fn number(id: PaneId) -> Option<&'static str> {
    match id {
        PaneId::Pipeline => Some("1"),
        PaneId::Build => Some("2"),
        PaneId::Updater | PaneId::Agent => Some("3"),
        PaneId::History => Some("4"),
        PaneId::Diagnostics => None,
    }
}

/// Writes on an edge of the frame, from the left and, where there is room, at the right.
fn edge(room: Rect, y: u16, left: Vec<Piece<'_>>, right: Vec<Piece<'_>>, pen: &mut Pen<'_>) {
    let mut end = room.x;
    if !left.is_empty() {
        // The frame goes on at the right of it, whatever is written there.
        let most = Rect { width: room.width.saturating_sub(1), ..room };
        end = pen.pieces(most, room.x, y, &spaced(left, pen.theme.plain));
    }
    if !right.is_empty() {
        pen.right(room, end + 1, y, &spaced(right, pen.theme.plain));
    }
}

/// Pieces with a space on either side.
fn spaced(mut pieces: Vec<Piece<'_>>, style: Style) -> Vec<Piece<'_>> {
    pieces.insert(0, piece(" ", style));
    pieces.push(piece(" ", style));
    pieces
}

/// A line inside a frame that parts it, with a title.
pub fn part(areas: &Areas, pane: Rect, y: u16, title: &str, pen: &mut Pen<'_>) {
    let style = pen.theme.border;
    let inside = areas.inside(pane);
    if y <= pane.y || y >= inside.bottom() {
        return;
    }
    pen.rule(inside, y, "─", style);
    if areas.form > Form::Narrow {
        pen.cell(pane.x, y, "├", style);
        pen.cell(pane.right() - 1, y, "┤", style);
    }
    let pieces = [piece(" ", style), piece(title, pen.theme.strong), piece(" ", style)];
    if width(title) + 4 < inside.width {
        pen.pieces(inside, inside.x, y, &pieces);
    }
}

/// What says that there is nothing, and why, in the middle of nothing.
pub fn empty(inside: Rect, lines: &[&str], pen: &mut Pen<'_>) {
    let rows = folded(lines, inside.width.saturating_sub(4));
    let height = u16::try_from(rows.len()).unwrap_or(u16::MAX);
    let top = inside.y + inside.height.saturating_sub(height) / 3;
    for (row, y) in rows.into_iter().zip(top..inside.bottom()) {
        let x = inside.x + inside.width.saturating_sub(width(&row)) / 2;
        pen.put(inside, x, y, &row, pen.theme.faint);
    }
}
