//! A question before something is asked of the service. What does nothing is chosen at first.

use ratatui::layout::{Position, Rect};

use super::layout::Areas;
use super::overlay;
use super::pen::{Pen, clean, piece, width, wrapped};
use crate::tui::model::Confirm;

/// The widest question: a sentence is read best in a narrow column.
const WIDEST: u16 = 66;

struct Shape {
    place: Rect,
    inside: Rect,
    /// Rows of the text.
    text: u16,
    /// Where each answer is.
    choices: Vec<Rect>,
}

fn rows(question: &Confirm, columns: u16) -> Vec<String> {
    let room = columns.saturating_sub(2);
    let fold = |line: &String| {
        let line = clean(line);
        match line.is_empty() {
            true => vec![String::new()],
            false => wrapped(&line, room).into_iter().map(ToOwned::to_owned).collect(),
        }
    };
    question.lines.iter().flat_map(fold).collect()
}

fn shape(question: &Confirm, areas: &Areas) -> Shape {
    let columns = overlay::columns(areas).min(WIDEST);
    let rows = rows(question, columns).len();
    let wide: Vec<u16> = question.choices.iter().map(|choice| width(&clean(&choice.label)) + 4).collect();
    let in_row = wide.iter().fold(1_u16, |sum, wide| sum.saturating_add(wide + 1)) <= columns;
    let answers = if in_row { 1 } else { wide.len() };
    let place = overlay::place(areas, columns, rows + 3 + answers);
    let inside = Rect {
        x: place.x + 1.min(place.width),
        y: place.y + 1.min(place.height),
        width: place.width.saturating_sub(2),
        height: place.height.saturating_sub(2),
    };
    // The answers are always there, whatever becomes of the text.
    let answers = u16::try_from(answers).unwrap_or(u16::MAX).min(inside.height);
    let gap = u16::from(inside.height > answers + 2);
    let first = inside.bottom() - answers - gap;
    let text = first.saturating_sub(inside.y + gap).min(u16::try_from(rows + 1).unwrap_or(u16::MAX));
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
    Shape { place, inside, text, choices }
}

/// Draws it.
pub fn draw(question: &Confirm, areas: &Areas, pen: &mut Pen<'_>) {
    let shape = shape(question, areas);
    let hint = "Tab chooses, Enter does it, Esc cancels";
    let inside = overlay::open(shape.place, &clean(&question.title), hint, pen);
    let top = inside.y + u16::from(shape.inside.height > shape.text + 3);
    for (row, y) in rows(question, inside.width).iter().zip(top..(inside.y + shape.text + 1).min(inside.bottom())) {
        pen.put(inside, inside.x + 1, y, row, pen.theme.plain);
    }
    for (at, (choice, area)) in question.choices.iter().zip(&shape.choices).enumerate() {
        if area.height == 0 {
            continue;
        }
        pen.clear(Rect { x: inside.x, width: inside.width, ..*area }.intersection(if at == 0 { inside } else { *area }));
        let style = if at == question.chosen { pen.theme.selected } else { pen.theme.plain };
        let pieces = [piece("[ ", style), piece(clean(&choice.label).into_owned(), style), piece(" ]", style)];
        pen.pieces(*area, area.x, area.y, &pieces);
    }
}

/// The answer at a cell.
pub fn choice(question: &Confirm, areas: &Areas, at: Position) -> Option<usize> {
    shape(question, areas).choices.iter().position(|area| area.contains(at))
}
