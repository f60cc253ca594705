//! The way to the running service: its socket, and what it says, cleaned.
//!
//! Whatever comes over the socket is foreign text: every string in it is cleaned here, once, before anything
//! is made of it. What is printed afterwards, as text or as JSON, can neither steer a terminal nor reorder a
//! line: JSON escapes only the ASCII controls by itself.

use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::runtime::Runtime;

use super::absent;
use crate::config::Settings;
use crate::control::client::{Client, Connection, Heard, Notices};
use crate::control::protocol::Welcome;
use crate::control::{Notice, Request};
use crate::daemon;
use crate::host::text::clean;
use crate::model::{Class, Event, EventKind, Failure, Outcome};

/// Whether there is a service to talk to.
pub(super) enum Reached {
    /// There is.
    Service(Box<Service>),
    /// There is none, or not for us; why, and what to type next.
    Absent(Failure),
}

/// Tries the socket that the settings name.
pub(super) fn reach(settings: &Settings) -> Reached {
    match Service::reach(&settings.paths.socket) {
        Ok(service) => Reached::Service(Box::new(service)),
        Err(failure) => Reached::Absent(absent::explain(settings, failure)),
    }
}

/// Whether the service may be there again at any time: it is away, or others took its seats.
pub(super) fn may_pass(failure: &Failure) -> bool {
    matches!(failure.class, Class::Unreachable | Class::Busy)
}

/// The service, for commands that ask and wait.
pub(super) struct Service {
    runtime: Runtime,
    link: Link,
}

impl Service {
    fn reach(socket: &Path) -> Outcome<Self> {
        let runtime = daemon::runtime()?;
        let link = runtime.block_on(Link::dial(socket))?;
        Ok(Self { runtime, link })
    }

    /// Who it is.
    pub(super) fn welcome(&self) -> &Welcome {
        &self.link.welcome
    }

    /// Asks and waits for the answer.
    ///
    /// # Errors
    /// What the service answers; `Unreachable` when it goes away meanwhile.
    pub(super) fn ask<T: DeserializeOwned>(&mut self, request: Request) -> Outcome<T> {
        self.runtime.block_on(self.link.ask(request))
    }

    /// The connection, and what it runs on.
    pub(super) fn into_parts(self) -> (Runtime, Link) {
        (self.runtime, self.link)
    }
}

/// A connection to the service.
pub(super) struct Link {
    socket: PathBuf,
    client: Client,
    welcome: Welcome,
    notices: Notices,
}

impl Link {
    /// Connects.
    ///
    /// # Errors
    /// As [`Client::connect`].
    pub(super) async fn dial(socket: &Path) -> Outcome<Self> {
        let Connection { client, welcome, notices } = Client::connect(socket, super::BUILD.version).await?;
        Ok(Self { socket: socket.to_owned(), client, welcome: read(welcome, "hello")?, notices })
    }

    /// Connects once more.
    ///
    /// # Errors
    /// As [`Client::connect`].
    pub(super) async fn again(&self) -> Outcome<Self> {
        Self::dial(&self.socket).await
    }

    /// Asks and waits for the answer. May be dropped: what was asked for happens nevertheless.
    ///
    /// # Errors
    /// What the service answers; `Unreachable` when it goes away meanwhile.
    pub(super) async fn ask<T: DeserializeOwned>(&self, request: Request) -> Outcome<T> {
        let answer = self.client.send(&request).await?;
        serde_json::from_value(cleaned(answer)).map_err(|_| strange(request.method()))
    }

    /// The next thing that the service says unasked. May be dropped and called again: nothing is lost.
    ///
    /// # Errors
    /// Why the connection is over.
    pub(super) async fn next(&mut self) -> Outcome<Notice> {
        match self.notices.next().await {
            Some(Heard::Notice(notice)) => cleaned_notice(notice),
            Some(Heard::Closed(failure)) => Err(failure),
            None => Err(Failure::new(Class::Unreachable, "the connection to the service is over")),
        }
    }
}

/// Cleans every string in a value.
fn cleaned(value: Value) -> Value {
    match value {
        Value::String(text) => Value::String(clean(&text)),
        Value::Array(values) => Value::Array(values.into_iter().map(cleaned).collect()),
        Value::Object(fields) => {
            Value::Object(fields.into_iter().map(|(key, value)| (clean(&key), cleaned(value))).collect())
        }
        other => other,
    }
}

/// The same for what was read already.
fn read<T: Serialize + DeserializeOwned>(value: T, what: &str) -> Outcome<T> {
    let value = serde_json::to_value(&value).map_err(|_| strange(what))?;
    serde_json::from_value(cleaned(value)).map_err(|_| strange(what))
}

fn cleaned_notice(notice: Notice) -> Outcome<Notice> {
    match notice {
        // By far the most, and nothing else in it is text.
        Notice::Event(event) if matches!(event.kind, EventKind::Output { .. }) => {
            let Event { seq, at, kind } = *event;
            let EventKind::Output { line } = kind else { return Err(strange("event")) };
            let kind = EventKind::Output { line: clean(&line) };
            Ok(Notice::Event(Box::new(Event { seq, at, kind })))
        }
        notice => read(notice, "notice"),
    }
}

fn strange(what: &str) -> Failure {
    Failure::new(Class::Internal, format!("what the service says (`{what}`) is not understood"))
        .hint("use the same version of sentinel-updater on both sides")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Timestamp;

    #[test]
    fn nothing_that_steers_a_terminal_comes_in() {
        let dirty = serde_json::json!({"a\u{202e}": ["\u{1b}[31mred", {"b": "x\u{9b}2Jy\u{202e}z", "c": 7}]});
        let clean = cleaned(dirty);
        assert_eq!(clean, serde_json::json!({"a": ["red", {"b": "xyz", "c": 7}]}));
        for kind in [
            EventKind::Output { line: "\u{1b}]0;title\u{7}text".into() },
            EventKind::TurnedBack { error: "te\u{85}xt\u{2066}".into() },
        ] {
            let event = Event { seq: 1, at: Timestamp::UNIX_EPOCH, kind };
            let notice = cleaned_notice(Notice::Event(Box::new(event))).expect("still an event");
            let json = serde_json::to_string(&notice).expect("JSON");
            assert!(json.contains(r#""text""#), "{json}");
        }
    }
}
