//! Short messages, and what is too long for one.

use std::time::Duration;

use super::question;
use crate::host::text::clean;
use crate::model::Failure;
use crate::model::event::Level;
use crate::tui::model::{Model, Toast};

/// How long a message stays.
const SHORT: Duration = Duration::from_secs(5);
/// How long one stays that somebody should read.
const LONG: Duration = Duration::from_secs(12);
/// Columns that a message has around it.
const AROUND: usize = 4;

/// Shows a short message.
pub(super) fn say(model: &mut Model, level: Level, text: &str) {
    let time = if level >= Level::Warn { LONG } else { SHORT };
    let until = model.now.checked_add(time).unwrap_or(model.now);
    model.toast = Some(Toast { level, text: clean(text), until });
}

/// Shows a failure: on one line if it fits, else in a box, unless something else lies there.
pub(super) fn fail(model: &mut Model, failure: &Failure) {
    let text = failure.to_string();
    let fits = text.chars().count() + AROUND <= usize::from(model.size.0);
    if fits || model.overlay.is_some() || model.entry.is_some() {
        return say(model, Level::Error, &text);
    }
    let mut lines = failure.causes.clone();
    if let Some(hint) = &failure.hint {
        lines.extend([String::new(), hint.clone()]);
    }
    question::open(model, question::message(failure.what.clone(), lines));
}

/// What came of something that was asked of the terminal or the disk.
pub(super) fn did(model: &mut Model, result: Result<String, Box<Failure>>) {
    let remark = model.remark.take();
    match (result, remark) {
        (Ok(text), Some(remark)) => say(model, Level::Warn, &format!("{text}; {remark}")),
        (Ok(text), None) => say(model, Level::Info, &text),
        (Err(failure), _) => fail(model, &failure),
    }
}

/// Takes away a message whose time is over.
pub(super) fn expire(model: &mut Model) {
    if model.toast.as_ref().is_some_and(|toast| toast.until <= model.now) {
        model.toast = None;
    }
}
