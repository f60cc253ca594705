//! The way to the running service: its socket, and what it says.

use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use tokio::runtime::Runtime;

use crate::config::Settings;
use crate::control::protocol::Welcome;
use crate::control::{Client, Connection, Notice, Notices, Request};
use crate::host::event_loop;
use crate::model::{Class, Failure, Outcome};

/// Whether there is a service to talk to.
pub(super) enum Reached {
    /// There is.
    Service(Box<Service>),
    /// There is none, or not for us; why, as the socket says it. [`explain`](super::absent::explain) says what to
    /// type next.
    Absent(Failure),
}

/// Tries the socket that the settings name.
pub(super) fn reach(settings: &Settings) -> Reached {
    match Service::reach(&settings.paths.socket) {
        Ok(service) => Reached::Service(Box::new(service)),
        Err(failure) => Reached::Absent(failure),
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
        let runtime = event_loop::runtime()?;
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
        Ok(Self { socket: socket.to_owned(), client, welcome, notices })
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
        self.client.ask(&request).await
    }

    /// The next thing that the service says unasked. May be dropped and called again: nothing is lost.
    ///
    /// # Errors
    /// Why the connection is over.
    pub(super) async fn next(&mut self) -> Outcome<Notice> {
        self.notices.next().await
    }
}
