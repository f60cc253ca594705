//! A question before something is asked of the service. What does nothing is chosen at first.

use ratatui::layout::{Position, Rect};

use super::layout::Areas;
use super::overlay;
use super::pen::{Pen, clean, folded, piece, width};
use crate::tui::model::Confirm;

/// The widest question: a sentence is read best in a narrow column.
const WIDEST: u16 = 66;

struct Shape {
    place: Rect,
    /// The text, a row each.
    rows: Vec<String>,
    /// Where it is.
    text: Rect,
    /// Where each answer is.
    choices: Vec<Rect>,
}

fn shape(question: &Confirm, areas: &Areas) -> Shape {
    let columns = overlay::columns(areas).min(WIDEST);
    let rows = folded(&question.lines, columns.saturating_sub(2));
    let wide: Vec<u16> = question.choices.iter().map(|choice| width(&clean(&choice.label)) + 4).collect();
    let in_row = wide.iter().fold(1_u16, |sum, wide| sum.saturating_add(wide + 1)) <= columns;
    let answers = if in_row { 1 } else { wide.len() };
    let place = overlay::place(areas, columns, rows.len() + 3 + answers);
    let inside = overlay::inside(place);
    // The answers are always there, whatever becomes of the text.
    let answers = u16::try_from(answers).unwrap_or(u16::MAX).min(inside.height);
    let height = u16::try_from(rows.len()).unwrap_or(u16::MAX);
    let spare = inside.height - answers;
    let airy = spare >= height.saturating_add(3);
    let (from, first) = match airy {
        true => (inside.y + 1, inside.bottom() - answers - 1),
        false => (inside.y, inside.bottom() - answers),
    };
    let text = Rect { y: from, height: (first - from).saturating_sub(u16::from(airy)), ..inside };
    let (mut x, mut y) = (inside.x + 1, first);
    let mut choices = Vec::new();
    for wide in wide {
        let wide = wide.min(inside.right().saturating_sub(x));
        choices.push(Rect { x, y, width: wide, height: u16::from(y < inside.bottom()) });
        match in_row {
            true => x += wide + 1,
            false => y += 1,
        }
    }
    Shape { place, rows, text, choices }
}

/// Draws it.
pub fn draw(question: &Confirm, areas: &Areas, pen: &mut Pen<'_>) {
    let shape = shape(question, areas);
    let hint = "Tab chooses, Enter does it, Esc cancels";
    let inside = overlay::open(shape.place, &clean(&question.title), hint, pen);
    let rows = &shape.rows;
    for ((at, row), y) in rows.iter().enumerate().zip(shape.text.top()..shape.text.bottom()) {
        let end = pen.put(inside, inside.x + 1, y, row, pen.theme.plain);
        if y + 1 == shape.text.bottom() && at + 1 < rows.len() {
            pen.put(inside, end.min(inside.right() - 1), y, "…", pen.theme.warn);
        }
    }
    for (at, (choice, area)) in question.choices.iter().zip(&shape.choices).enumerate() {
        if area.height == 0 {
            continue;
        }
        let style = if at == question.chosen { pen.theme.selected } else { pen.theme.plain };
        let pieces =
            [piece("[ ", style), piece(clean(&choice.label).into_owned(), style), piece(" ]", style)];
        pen.pieces(*area, area.x, area.y, &pieces);
    }
}

/// The answer at a cell.
pub fn choice(question: &Confirm, areas: &Areas, at: Position) -> Option<usize> {
    shape(question, areas).choices.iter().position(|area| area.contains(at))
}
