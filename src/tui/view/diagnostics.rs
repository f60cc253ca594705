//! Records of this program and of the service, with a level for each target: tui-logger's widget in our looks.

use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::widgets::Widget;
use tui_logger::{TuiLoggerLevelOutput, TuiLoggerSmartWidget, TuiLoggerWidget};

use super::layout::{Areas, Form};
use super::panel;
use super::pen::{Pen, piece};
use crate::tui::model::{Model, PaneId};
use crate::tui::theme::Theme;

/// Room that the list of targets and the records need side by side.
const LEAST: (u16, u16) = (56, 4);

/// Draws the page.
pub fn draw(model: &Model, areas: &Areas, area: Rect, pen: &mut Pen<'_>) {
    // What this program says of itself is not old.
    let theme = Theme::of(model.caps);
    pen.theme = theme;
    if area.width < LEAST.0 || area.height < LEAST.1 || areas.form == Form::Narrow {
        records(model, areas, area, pen);
        return;
    }
    let border = panel::border(model, areas, PaneId::Diagnostics, &theme);
    TuiLoggerSmartWidget::default()
        .title_target(" Targets ")
        .title_log("")
        .border_style(border)
        .style(theme.plain)
        .style_error(theme.bad)
        .style_warn(theme.warn)
        .style_info(theme.plain)
        .style_debug(theme.faint)
        .style_trace(theme.faint)
        .style_show(theme.plain)
        .style_hide(theme.faint)
        .style_off(theme.faint)
        .highlight_style(theme.selected)
        // The time is when the record came here, not when it was made: that one is in its text.
        .output_timestamp(None)
        .output_level(Some(TuiLoggerLevelOutput::Long))
        .output_file(false)
        .output_line(false)
        .output_separator(' ')
        .state(&model.diagnostics.0)
        .render(area, pen.buffer);
    title(area, border, pen);
}

/// The widget says how many records there are in a second, which nobody asked for.
fn title(area: Rect, border: Style, pen: &mut Pen<'_>) {
    let is_corner = |x: &u16| pen.buffer.cell((*x, area.y)).is_some_and(|cell| cell.symbol() == "┌");
    let Some(corner) = (area.left()..area.right()).rev().find(is_corner) else { return };
    let edge = Rect { x: corner + 1, width: area.right().saturating_sub(corner + 2), ..area };
    pen.rule(edge, area.y, "─", border);
    pen.pieces(edge, edge.x, area.y, &[piece(" Diagnostics ", pen.theme.strong)]);
}

/// The records alone.
fn records(model: &Model, areas: &Areas, area: Rect, pen: &mut Pen<'_>) {
    let theme = pen.theme;
    let words = panel::Words { title: vec![piece("Diagnostics", theme.strong)], ..Default::default() };
    let inside = panel::open(model, areas, PaneId::Diagnostics, area, words, pen);
    if inside.is_empty() {
        return;
    }
    TuiLoggerWidget::default()
        .style(theme.plain)
        .style_error(theme.bad)
        .style_warn(theme.warn)
        .style_info(theme.plain)
        .style_debug(theme.faint)
        .style_trace(theme.faint)
        .output_timestamp(None)
        .output_level(Some(TuiLoggerLevelOutput::Abbreviated))
        .output_file(false)
        .output_line(false)
        .output_target(false)
        .output_separator(' ')
        .state(&model.diagnostics.0)
        .render(inside, pen.buffer);
}
