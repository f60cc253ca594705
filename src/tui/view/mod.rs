//! The screen: a pure function of the model.
//!
//! One widget a file. Every text reaches a cell through the `pen`, which makes it harmless; every place
//! comes from `layout`, which the mouse and the keys ask too. What never comes in: a clock, a file, the
//! terminal.

mod alerts;
mod buttons;
mod card;
mod confirm;
mod detail;
mod diagnostics;
mod footer;
mod help;
mod history;
mod layout;
mod log_pane;
mod next;
mod overlay;
mod palette;
mod panel;
mod pen;
mod pipeline;
mod prompt;
mod status;
mod tabs;
mod times;

use ratatui::Frame;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

pub use layout::{Areas, Form, areas};
pub use pen::fitting;

use super::model::{Link, Model, PaneId};
use super::theme::Theme;
use pen::Pen;

/// Draws the model. The frame is empty before, as every new one is.
pub fn view(model: &Model, frame: &mut Frame<'_>) {
    paint(model, frame.buffer_mut());
}

/// Draws the model on a buffer of any size, whatever was in it.
pub fn draw(model: &Model, buffer: &mut Buffer) {
    buffer.reset();
    paint(model, buffer);
}

fn paint(model: &Model, buffer: &mut Buffer) {
    let areas = layout::within(model, buffer.area);
    let mut pen = Pen { buffer, theme: Theme::of(model.caps) };
    let screen = areas.screen;
    if areas.form == Form::Tiny {
        let text = format!("terminal too small {}x{}, q to detach", screen.width, screen.height);
        for (line, y) in pen::wrapped(&text, screen.width).into_iter().zip(screen.top()..screen.bottom()) {
            pen.put(screen, screen.x, y, line, pen.theme.plain);
        }
    } else {
        status::header(model, &areas, &mut pen);
        let theme = pen.theme;
        if model.link != Link::Connected && model.view.is_some() {
            pen.theme = theme.old();
        }
        status::agent(model, &areas, &mut pen);
        status::run(model, &areas, &mut pen);
        tabs::draw(model, &areas, &mut pen);
        card::draw(model, &areas, &mut pen);
        for (id, area) in &areas.panes {
            pane(model, &areas, *id, *area, &mut pen);
        }
        pen.theme = theme;
        alerts::draw(model, &areas, &mut pen);
        buttons::draw(model, &areas, &mut pen);
        footer::draw(model, &areas, &mut pen);
        overlay::draw(model, &areas, &mut pen);
        prompt::draw(model, &areas, &mut pen);
    }
    pen::finish(buffer, model.caps.ascii);
}

fn pane(model: &Model, areas: &Areas, id: PaneId, area: Rect, pen: &mut Pen<'_>) {
    let theme = pen.theme;
    match id {
        PaneId::Pipeline => pipeline::draw(model, areas, area, pen),
        PaneId::Build | PaneId::Updater | PaneId::Agent => log_pane::draw(model, areas, id, area, pen),
        PaneId::History => history::draw(model, areas, area, pen),
        PaneId::Diagnostics => diagnostics::draw(model, areas, area, pen),
    }
    pen.theme = theme;
}

/// A place on the screen that a click means something to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// The button or the tab of an action.
    Action(super::keys::Action),
    /// A pane.
    Pane(PaneId),
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
    if model.overlay.is_some() {
        // What lies below is out of reach.
        let choice = overlay::choice(model, &areas, at).map(Target::Choice);
        return choice.or_else(|| overlay::command(model, &areas, at).map(Target::Action));
    }
    let pressed = buttons::places(model, &areas)
        .into_iter()
        .chain(footer::places(model, &areas))
        .chain(tabs::places(&areas))
        .find(|(area, _)| area.contains(at));
    if let Some((_, action)) = pressed {
        return Some(Target::Action(action));
    }
    areas.panes.iter().find(|(_, area)| area.contains(at)).map(|(id, _)| Target::Pane(*id))
}

/// How much of what scrolls on top is seen: rows inside its frame, and lines in all. Both 0: nothing does.
pub fn overlay_extent(model: &Model) -> (u16, usize) {
    overlay::extent(model, &areas(model))
}
