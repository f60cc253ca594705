//! The screen: a pure function of the model.

use ratatui::Frame;

use super::model::Model;

/// Draws the model.
pub fn view(model: &Model, frame: &mut Frame<'_>) {
    frame.render_widget(model.now.to_string(), frame.area());
}

/// A place on the screen that a click means something to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// The button or the tab of an action.
    Action(super::keys::Action),
    /// A pane, and the row of it that was hit, from its top.
    Pane(super::model::PaneId, u16),
    /// An answer of the question that lies on top, from 0.
    Choice(usize),
}

/// What lies at a cell. Uses the same layout as the drawing.
pub fn hit(_model: &Model, _column: u16, _row: u16) -> Option<Target> {
    None
}

/// Rows of text that a pane has inside its frame; 0: it is not on the screen.
pub fn pane_height(model: &Model, _pane: super::model::PaneId) -> u16 {
    model.size.1.saturating_sub(7)
}

/// Rows of text that the overlay has inside its frame; 0: nothing that scrolls lies on top.
pub fn overlay_height(model: &Model) -> u16 {
    model.size.1.saturating_sub(4)
}

/// Lines that the overlay has in all.
pub fn overlay_lines(_model: &Model) -> usize {
    super::keys::BINDINGS.len()
}
