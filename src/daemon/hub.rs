//! The one place through which the engine's events pass: numbered, folded, logged, told to the service
//! manager.

use std::sync::{Arc, Mutex, PoisonError};

use super::hook::Hook;
use crate::config::Settings;
use crate::engine::Sink;
use crate::host::notify;
use crate::model::event::Level;
use crate::model::status::State;
use crate::model::{Event, EventKind, Status, Timestamp, View};
use crate::render;

/// The fold of everything that happened since the start.
#[derive(Clone)]
pub(super) struct Hub {
    inner: Arc<Mutex<Inner>>,
    hook: Hook,
}

struct Inner {
    view: View,
    ready: bool,
}

impl Hub {
    /// A hub that starts from `status` and tells `hook` of runs that end.
    pub(super) fn new(status: Status, hook: Hook) -> Self {
        Self { inner: Arc::new(Mutex::new(Inner { view: View::new(status, 0), ready: false })), hook }
    }

    /// The engine's end of it.
    pub(super) fn sink(&self) -> Sink {
        let hub = self.clone();
        Box::new(move |kind| hub.take(kind))
    }

    fn take(&self, kind: EventKind) {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        let event = Event { seq: inner.view.seq + 1, at: Timestamp::now(), kind };
        let before = inner.view.status.updater.state;
        inner.view.apply(&event);
        let state = inner.view.status.updater.state;
        if state == State::Recovering {
            // What recovery does is decided: those who wait for us need not wait for its end.
            inner.ready();
        }
        if state != before
            || matches!(event.kind, EventKind::NextCheck { .. } | EventKind::StepStarted { .. })
        {
            notify::status(&render::status_line(&inner.view.status));
        }
        drop(inner);
        log(&event.kind);
        if let EventKind::RunEnded { run } = &event.kind {
            self.hook.tell(run);
        }
    }

    /// Other settings.
    pub(super) fn configure(&self, settings: &Settings) {
        self.hook.configure(settings);
    }

    /// Tells the service manager that we are up; once.
    pub(super) fn ready(&self) {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner).ready();
    }
}

impl Inner {
    fn ready(&mut self) {
        if !self.ready {
            self.ready = true;
            notify::ready();
        }
    }
}

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
