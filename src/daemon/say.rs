//! Log lines: the one way into the log.

use crate::model::EventKind;
use crate::model::event::Level;
use crate::render;

/// Writes the log line of an event, if it has one.
pub(super) fn log(kind: &EventKind) {
    let Some((level, line)) = render::line(kind) else { return };
    let target = match kind {
        EventKind::Output { .. } => Target::Build,
        EventKind::AgentSeen { .. } => Target::Agent,
        _ => Target::Engine,
    };
    write(level, target, &line);
}

/// What a log line is about.
#[derive(Clone, Copy)]
pub(super) enum Target {
    Engine,
    Build,
    Agent,
    Hook,
    Service,
}

/// Writes a log line.
pub(super) fn write(level: Level, target: Target, line: &str) {
    macro_rules! at {
        ($target:literal) => {
            match level {
                Level::Debug => tracing::debug!(target: $target, "{line}"),
                Level::Info => tracing::info!(target: $target, "{line}"),
                Level::Warn => tracing::warn!(target: $target, "{line}"),
                Level::Error => tracing::error!(target: $target, "{line}"),
            }
        };
    }
    match target {
        Target::Engine => at!("updater::engine"),
        Target::Build => at!("updater::build"),
        Target::Agent => at!("updater::agent"),
        Target::Hook => at!("updater::hook"),
        Target::Service => at!("updater::service"),
    }
}
