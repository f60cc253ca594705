//! What a message does to the model.

use super::model::Model;
use super::msg::{Cmd, Msg};

/// Folds a message in and says what is to be done outside.
pub fn update(model: &mut Model, msg: Msg) -> Vec<Cmd> {
    if let Msg::Tick(now) = msg {
        model.now = now;
    }
    Vec::new()
}

/// When the picture changes by time alone.
pub fn wake_at(_model: &Model) -> Option<crate::model::Timestamp> {
    None
}
