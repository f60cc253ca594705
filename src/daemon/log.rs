//! Where log lines go: the rotating file, and for the service standard error too, always both. Standard
//! error is the journal under systemd, which reads the level from a prefix (sd-daemon(3)).

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};
use tracing_subscriber::registry::LookupSpan;

use crate::config::{LogLevel, Settings};
use crate::host::rotate::RotatingFile;

/// Lines of this program have targets below this; those of libraries are for developers only.
const OURS: &str = "updater";

/// The open log.
#[derive(Clone)]
pub(super) struct Log {
    shared: Arc<Shared>,
}

struct Shared {
    file: Mutex<RotatingFile>,
    level: Mutex<Level>,
    error: Error,
}

/// What standard error is to the log.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Error {
    /// The journal.
    Journal,
    /// A terminal, or whatever the service was started with.
    Plain,
    /// Not the log's: a command talks there.
    Unused,
}

impl Log {
    /// Opens the file and makes this log, with standard error, the one of the process.
    pub(super) fn open(settings: &Settings) -> Self {
        let journal = crate::config::env::read("JOURNAL_STREAM").is_some();
        Self::with(settings, if journal { Error::Journal } else { Error::Plain })
    }

    /// The same without standard error.
    pub(super) fn file_only(settings: &Settings) -> Self {
        Self::with(settings, Error::Unused)
    }

    fn with(settings: &Settings, error: Error) -> Self {
        let log = Self {
            shared: Arc::new(Shared {
                file: Mutex::new(open(&settings.log_file(), settings)),
                level: Mutex::new(level(settings.updater.log_level)),
                error,
            }),
        };
        let subscriber = tracing_subscriber::registry().with(Lines(log.clone()));
        // A second log in one process is a test's: the first one stays.
        drop(tracing::subscriber::set_global_default(subscriber));
        log
    }

    /// Opens the file anew, as after a rotation by another program, with the limits of `settings`.
    pub(super) fn reopen(&self, settings: &Settings) {
        let mut file = self.shared.file.lock().unwrap_or_else(PoisonError::into_inner);
        file.set_limits(settings.updater.max_log_size, settings.updater.max_log_files);
        file.reopen();
        drop(file);
        *self.shared.level.lock().unwrap_or_else(PoisonError::into_inner) = level(settings.updater.log_level);
    }

    fn write(&self, level: Level, target: &str, message: &str) {
        let now = jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%S%.3fZ");
        let line = format!("{now} {level} {target}: {message}\n");
        let mut file = self.shared.file.lock().unwrap_or_else(PoisonError::into_inner);
        // Neither can be allowed to fail an update: the file counts what it loses.
        drop(file.write_all(line.as_bytes()));
        drop(file);
        let line = match (self.shared.error, level) {
            (Error::Unused, _) => return,
            (Error::Plain, _) => line,
            (Error::Journal, Level::ERROR) => format!("<3>{target}: {message}\n"),
            (Error::Journal, Level::WARN) => format!("<4>{target}: {message}\n"),
            (Error::Journal, Level::INFO) => format!("<6>{target}: {message}\n"),
            (Error::Journal, _) => format!("<7>{target}: {message}\n"),
        };
        drop(std::io::stderr().write_all(line.as_bytes()));
    }
}

fn open(path: &Path, settings: &Settings) -> RotatingFile {
    RotatingFile::open(path, settings.updater.max_log_size, settings.updater.max_log_files)
}

fn level(level: LogLevel) -> Level {
    match level {
        LogLevel::Debug => Level::DEBUG,
        LogLevel::Info => Level::INFO,
        LogLevel::Warn => Level::WARN,
        LogLevel::Error => Level::ERROR,
    }
}

/// Turns records into lines: one record, one line.
struct Lines(Log);

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Lines {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let metadata = event.metadata();
        let target = metadata.target();
        let Some(target) = target.strip_prefix(OURS).and_then(|rest| rest.strip_prefix("::")) else { return };
        let wanted = *self.0.shared.level.lock().unwrap_or_else(PoisonError::into_inner);
        if *metadata.level() > wanted {
            return;
        }
        let mut message = Message(String::new());
        event.record(&mut message);
        self.0.write(*metadata.level(), target, &crate::host::text::clean(&message.0));
    }
}

struct Message(String);

impl Visit for Message {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        let separator = if self.0.is_empty() { "" } else { " " };
        let written = match field.name() {
            "message" => write!(self.0, "{separator}{value:?}"),
            name => write!(self.0, "{separator}{name}={value:?}"),
        };
        let _ = written;
    }
}
