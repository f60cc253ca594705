//! One run with its steps and reasons: the words of `history ID`.

use super::overlay::Line;
use super::pen::{clean, fitting, piece, width, wrapped};
use crate::render::run;
use crate::render::words::Glyphs;
use crate::tui::model::Model;
use crate::tui::theme::Theme;

/// The run in lines of at most so many columns.
pub fn lines(model: &Model, id: &str, columns: u16, theme: &Theme) -> Vec<Line> {
    let Some(found) = model.run(id) else {
        return vec![vec![piece(" This run is not known any more.", theme.faint)]];
    };
    let recall = run::recall(found, &model.history);
    let glyphs = Glyphs::Unicode;
    let text = run::text(found, recall, glyphs);
    text.lines().flat_map(|line| folded(&clean(line), columns, theme)).collect()
}

/// A line of a table that is too long goes on below its last column.
fn folded(line: &str, columns: u16, theme: &Theme) -> Vec<Line> {
    let room = columns.saturating_sub(2);
    let indent = line.rfind("  ").map_or(0, |at| width(&line[..at + 2]));
    let indent = if room > indent.saturating_add(20) { indent } else { 2 };
    let mut lines = Vec::new();
    let end = fitting(line, room);
    if end == line.len() {
        return vec![vec![piece(format!(" {line}"), theme.plain)]];
    }
    // The first row is as long as the room, the others as what is behind the indentation.
    let first = wrapped(line, room).first().map_or(end, |first| first.len());
    let lead = line.len() - line.trim_start().len();
    let first = first.max(lead);
    lines.push(vec![piece(format!(" {}", &line[..first]), theme.plain)]);
    let rest = line[first..].trim_start();
    let narrow = room.saturating_sub(indent).max(8);
    for part in wrapped(rest, narrow) {
        lines.push(vec![piece(format!(" {}{part}", " ".repeat(indent.into())), theme.plain)]);
    }
    lines
}
