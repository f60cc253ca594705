//! Records for the diagnostics page: this program's own, and what the service says.
//!
//! tui-logger is fed record by record and told to sort them in once a batch. Its own thread, which
//! `init_logger` would start, wakes up a hundred times a second.

use std::fmt::Write as _;

use log::Record;
use tracing::field::{Field, Visit};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};

use crate::control::protocol::{Log, LogLines};
use crate::host::text::clean;
use crate::model::event::Level;
use crate::model::{Event, EventKind};
use crate::render;

/// How many records are kept, and how many may come in one batch.
const DEPTH: usize = 2_000;
const BATCH: usize = 500;

/// Makes the page ready, and lets this program's own records go there.
pub fn begin() {
    tui_logger::set_hot_buffer_depth(BATCH);
    tui_logger::set_buffer_depth(DEPTH);
    tui_logger::set_default_level(tui_logger::LevelFilter::Debug);
    // A test may have begun already.
    drop(tracing::subscriber::set_global_default(tracing_subscriber::registry().with(ToPage)));
}

/// What the service says happened. The output of a build has a page of its own and would push out the rest.
pub fn event(event: &Event) {
    if matches!(event.kind, EventKind::Output { .. } | EventKind::Progress { .. }) {
        return;
    }
    if let Some((level, text)) = render::line(&event.kind) {
        record(of_level(level), "svc::event", &format!("{} {}", event.at, clean(&text)));
    }
}

/// Lines of the updater's own log: `TIME LEVEL TARGET: TEXT`.
pub fn lines(lines: &LogLines) {
    if lines.log != Log::Updater {
        return;
    }
    for line in &lines.lines {
        let (level, target, text) = parts(line);
        record(level, &format!("svc::{target}"), &text);
    }
}

/// Sorts in what was recorded since the last time.
pub fn settle() {
    tui_logger::move_events();
}

fn record(level: log::Level, target: &str, text: &str) {
    tui_logger::Drain::new()
        .log(&Record::builder().level(level).target(target).args(format_args!("{text}")).build());
}

fn of_level(level: Level) -> log::Level {
    match level {
        Level::Debug => log::Level::Debug,
        Level::Info => log::Level::Info,
        Level::Warn => log::Level::Warn,
        Level::Error => log::Level::Error,
    }
}

/// Level, target, and time with text of a line; one of another form is all text.
fn parts(line: &str) -> (log::Level, &str, String) {
    let known = || {
        let (time, rest) = line.split_once(' ')?;
        let (level, rest) = rest.trim_start().split_once(' ')?;
        let (target, text) = rest.trim_start().split_once(": ")?;
        let plain = target.chars().all(|symbol| symbol.is_ascii_alphanumeric() || ":_-.".contains(symbol));
        Some((level.parse().ok().filter(|_| plain)?, target, format!("{time} {}", clean(text))))
    };
    known().unwrap_or_else(|| (log::Level::Info, "updater", clean(line)))
}

/// Takes this program's own records.
struct ToPage;

impl<S: tracing::Subscriber> Layer<S> for ToPage {
    fn enabled(&self, metadata: &tracing::Metadata<'_>, _: Context<'_, S>) -> bool {
        *metadata.level() <= tracing::Level::DEBUG
    }

    fn on_event(&self, event: &tracing::Event<'_>, _: Context<'_, S>) {
        let mut text = Text::default();
        event.record(&mut text);
        let level = match *event.metadata().level() {
            tracing::Level::ERROR => log::Level::Error,
            tracing::Level::WARN => log::Level::Warn,
            tracing::Level::INFO => log::Level::Info,
            _ => log::Level::Debug,
        };
        record(level, event.metadata().target(), &clean(&text.0));
    }
}

#[derive(Default)]
struct Text(String);

impl Visit for Text {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        // A text cannot refuse to be written to.
        let _ = match field.name() {
            "message" => write!(self.0, "{value:?}"),
            name => write!(self.0, " {name}={value:?}"),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_the_log_is_taken_apart() {
        let line = "2026-11-24T10:00:00Z WARN updater::check: no answer\u{1b}[31m";
        assert_eq!(
            parts(line),
            (log::Level::Warn, "updater::check", "2026-11-24T10:00:00Z no answer".to_owned())
        );
        for odd in ["", "x", "a b c", "2026 LOUD x: y", "2026 WARN a b: y"] {
            assert_eq!(parts(odd), (log::Level::Info, "updater", odd.to_owned()), "{odd}");
        }
    }
}
