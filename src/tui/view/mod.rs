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
