//! Every key, in groups.

use super::overlay::Line;
use super::pen::{piece, wrapped};
use crate::tui::keys::{self, Action};
use crate::tui::model::Model;
use crate::tui::theme::Theme;

const GROUPS: [&str; 5] = ["The agent", "Pages and panes", "Moving", "Logs", "The dashboard"];
/// Room for the keys.
const KEYS: u16 = 10;
/// Room for the name.
const NAME: u16 = 13;

fn group(action: Action) -> usize {
    use Action::*;
    match action {
        Update | Pause | Rollback | Cancel | Check | Hold => 0,
        Tab(_) | Next | Previous | Zoom | Enter | Back => 1,
        Up | Down | HalfUp | HalfDown | PageUp | PageDown | Home | End => 2,
        Search | NextMatch | PreviousMatch | Filter | Level | Follow | Wrap | Stamps | Mark | Select
        | Copy | CopyAll | Pager | Save => 3,
        Palette | Mouse | Repaint | Help | Suspend | Detach => 4,
    }
}

/// The help in lines of at most so many columns.
pub fn lines(model: &Model, columns: u16, theme: &Theme) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::new();
    for (number, heading) in GROUPS.iter().enumerate() {
        if number > 0 {
            lines.push(Vec::new());
        }
        lines.push(vec![piece(format!(" {heading}"), theme.strong)]);
        let rows = keys::BINDINGS.iter().filter(|row| group(row.action) == number);
        for row in rows.filter(|row| keys::is_offered(model, row)) {
            let keys = piece(format!("  {:<1$}", row.shown, usize::from(KEYS)), theme.key);
            // Where there is little room the sentence says what the name says.
            let name = if columns >= 60 { NAME } else { 0 };
            let text: Vec<&str> =
                wrapped(row.help, columns.saturating_sub(KEYS + NAME.min(name) + 3).max(10));
            for (line, text) in text.into_iter().enumerate() {
                let first = line == 0;
                let head =
                    if first { keys.clone() } else { piece(" ".repeat(usize::from(KEYS) + 2), theme.plain) };
                let label = if first && name > 0 { row.label } else { "" };
                let label = format!("{label:<0$}", usize::from(name));
                lines.push(vec![head, piece(label, theme.plain), piece(text.to_owned(), theme.faint)]);
            }
        }
    }
    lines
}
