//! The screen: a pure function of the model.
//!
//! One widget a file. Every text reaches a cell through the [`pen`], which makes it harmless; every place
//! comes from [`layout`], which the mouse and the keys ask too. What never comes in: a clock, a file, the
//! terminal.

mod alerts;
mod buttons;
mod card;
mod footer;
mod history;
mod layout;
mod log_pane;
mod next;
mod panel;
mod pen;
mod pipeline;
mod status;
mod tabs;
mod times;

use ratatui::Frame;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

pub use layout::{Areas, Form, areas};

use super::model::{Link, Model, PaneId};
use super::theme::Theme;
use pen::Pen;

/// Draws the model.
pub fn view(model: &Model, frame: &mut Frame<'_>) {
    draw(model, frame.buffer_mut());
}

/// Draws the model on a buffer of any size.
pub fn draw(model: &Model, buffer: &mut Buffer) {
    let areas = layout::within(model, buffer.area);
    let mut pen = Pen { buffer, theme: Theme::of(model.caps) };
    let screen = areas.screen;
    pen.clear(screen);
    if areas.form == Form::Tiny {
        let text = format!("terminal too small {}x{}, q to detach", screen.width, screen.height);
        pen.put(screen, screen.x, screen.y, &text, pen.theme.plain);
    } else {
        status::header(model, &areas, &mut pen);
        status::agent(model, &areas, &mut pen);
        status::run(model, &areas, &mut pen);
        tabs::draw(model, &areas, &mut pen);
        card::draw(model, &areas, &mut pen);
        for (id, area) in &areas.panes {
            pane(model, &areas, *id, *area, &mut pen);
        }
        grey(model, &areas, &mut pen);
        alerts::draw(model, &areas, &mut pen);
        buttons::draw(model, &areas, &mut pen);
        footer::draw(model, &areas, &mut pen);
    }
    pen::finish(buffer, model.caps.ascii);
}

fn pane(model: &Model, areas: &Areas, id: PaneId, area: Rect, pen: &mut Pen<'_>) {
    match id {
        PaneId::Pipeline => pipeline::draw(model, areas, area, pen),
        PaneId::Build | PaneId::Updater | PaneId::Agent => log_pane::draw(model, areas, id, area, pen),
        PaneId::History => history::draw(model, areas, area, pen),
        PaneId::Diagnostics => {}
    }
}

/// What may be old looks old.
fn grey(model: &Model, areas: &Areas, pen: &mut Pen<'_>) {
    if model.link == Link::Connected || model.view.is_none() {
        return;
    }
    let stale = pen.theme.stale;
    let panes = areas.panes.iter().map(|(_, area)| *area);
    for area in panes.chain([areas.agent, areas.run, areas.card]) {
        for y in area.top()..area.bottom() {
            for x in area.left()..area.right() {
                if let Some(cell) = pen.buffer.cell_mut((x, y)) {
                    // The cursor stays: one may look around in what is old.
                    let modifier = cell.modifier & ratatui::style::Modifier::REVERSED;
                    cell.set_style(ratatui::style::Style::reset().add_modifier(modifier).patch(stale));
                }
            }
        }
    }
}

/// A place on the screen that a click means something to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// The button or the tab of an action.
    Action(super::keys::Action),
    /// A pane, and the row of it that was hit, from its top.
    Pane(PaneId, u16),
    /// An answer of the question that lies on top, from 0.
    Choice(usize),
}

/// What lies at a cell. Uses the same layout as the drawing.
pub fn hit(model: &Model, column: u16, row: u16) -> Option<Target> {
    let areas = areas(model);
    let at = Position::new(column, row);
    if areas.form == Form::Tiny {
        return None;
    }
    let pressed = buttons::places(model, &areas)
        .into_iter()
        .chain(footer::places(model, &areas))
        .chain(tabs::places(model, &areas))
        .find(|(area, _)| area.contains(at));
    if let Some((_, action)) = pressed {
        return Some(Target::Action(action));
    }
    let (id, area) = areas.panes.iter().find(|(_, area)| area.contains(at))?;
    let inside = areas.inside(*area);
    Some(Target::Pane(*id, row.saturating_sub(inside.y).min(inside.height.saturating_sub(1))))
}

/// Rows of text that a pane has inside its frame; 0: it is not on the screen.
pub fn pane_height(model: &Model, pane: PaneId) -> u16 {
    let areas = areas(model);
    let shown = areas.panes.iter().find(|(id, _)| *id == pane);
    shown.map_or(0, |(_, area)| areas.inside(*area).height)
}

/// Rows of text that the overlay has inside its frame; 0: nothing that scrolls lies on top.
pub fn overlay_height(model: &Model) -> u16 {
    model.size.1.saturating_sub(4)
}

/// Lines that the overlay has in all.
pub fn overlay_lines(_model: &Model) -> usize {
    0
}
