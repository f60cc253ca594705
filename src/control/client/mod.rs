//! The client: one for dashboard, commands and tests, over the socket or any pair of streams.
//!
//! A task of its own reads and writes; it ends, and with it the connection, when the last handle is dropped.

mod driver;
mod inbox;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::{mpsc, oneshot};

use super::endpoint;
use super::protocol::{Hello, PROTOCOL, Welcome};
use super::{Notice, Request};
use crate::model::{Class, Failure, Outcome};
use driver::{Ask, Driver};
use inbox::Inbox;

/// How long the service may take to let a client in and to answer `hello`.
const PATIENCE: Duration = Duration::from_secs(5);
/// Requests that wait to be written.
const WAITING: usize = 16;

/// A connection that has said `hello`.
#[derive(Debug)]
pub struct Connection {
    /// Asks.
    pub client: Client,
    /// Who answers.
    pub welcome: Welcome,
    /// Hears what was not asked for.
    pub notices: Notices,
}

/// The asking end of a connection. Clones ask over the same connection, also at the same time.
#[derive(Debug, Clone)]
pub struct Client {
    asks: mpsc::Sender<Ask>,
    inbox: Arc<Inbox>,
}

/// The hearing end of a connection.
#[derive(Debug)]
pub struct Notices {
    inbox: Arc<Inbox>,
    /// The connection lives as long as this end does.
    _asks: mpsc::Sender<Ask>,
}

impl Client {
    /// Connects to the service at `socket` and says `hello` as version `program` of this program. Call it on a
    /// runtime with input, output and time.
    ///
    /// # Errors
    /// `Unreachable` when nobody listens there or answers within 5 s; `Permission` when this user may not;
    /// `Security` when whoever listens is neither root nor this user; `Usage` when service and program speak
    /// different protocols: both must be of the same version, and another try does not help; `Busy` when the
    /// service has too many clients.
    pub async fn connect(socket: &Path, program: &str) -> Outcome<Connection> {
        let greeted = async {
            let stream = endpoint::dial(socket).await?;
            let (reader, writer) = tokio::io::split(stream);
            Self::greet(reader, writer, program).await
        };
        within(PATIENCE, greeted).await
    }

    /// The same over streams that lead to a service, as those of a remote shell, with so much patience for the
    /// answer to `hello`.
    ///
    /// # Errors
    /// As [`connect`](Self::connect).
    pub async fn over(
        reader: impl AsyncRead + Unpin + Send + 'static,
        writer: impl AsyncWrite + Unpin + Send + 'static,
        program: &str,
        patience: Duration,
    ) -> Outcome<Connection> {
        within(patience, Self::greet(reader, writer, program)).await
    }

    async fn greet(
        reader: impl AsyncRead + Unpin + Send + 'static,
        writer: impl AsyncWrite + Unpin + Send + 'static,
        program: &str,
    ) -> Outcome<Connection> {
        let (asks, receiver) = mpsc::channel(WAITING);
        let inbox = Arc::new(Inbox::default());
        tokio::spawn(Driver::new(receiver, inbox.clone()).run(reader, writer));
        let client = Self { asks: asks.clone(), inbox: inbox.clone() };
        let hello = Request::Hello(Hello { protocol: PROTOCOL, program: program.to_owned() });
        let answer = client.send(&hello).await?;
        let theirs = answer.get("protocol").and_then(Value::as_u64);
        if theirs.is_some_and(|theirs| theirs != u64::from(PROTOCOL)) {
            return Err(other_protocol(&answer, program));
        }
        let welcome = understand(&hello, answer)?;
        Ok(Connection { client, welcome, notices: Notices { inbox, _asks: asks } })
    }

    /// Asks, and waits for the answer as long as it takes: some need the network. May be dropped: then the answer
    /// is thrown away, and what was asked for happens nevertheless.
    ///
    /// # Errors
    /// The service's own; `Unreachable` when the connection ends before the answer.
    pub async fn send(&self, request: &Request) -> Outcome<Value> {
        let (answer, answered) = oneshot::channel();
        let ask = Ask { request: request.clone(), answer };
        if self.asks.send(ask).await.is_err() {
            return Err(self.inbox.reason());
        }
        answered.await.unwrap_or_else(|_| Err(self.inbox.reason()))
    }

    /// Asks, and reads the answer as what it is.
    ///
    /// # Errors
    /// As [`send`](Self::send); `Internal` when the answer is something else.
    pub async fn ask<T: DeserializeOwned>(&self, request: &Request) -> Outcome<T> {
        understand(request, self.send(request).await?)
    }
}

impl Notices {
    /// The next one, in order. May be dropped and called again: nothing is lost. Who does not call it makes the
    /// service drop lines, not itself grow.
    ///
    /// # Errors
    /// Why the connection is over, then and whenever it is called again.
    pub async fn next(&mut self) -> Outcome<Notice> {
        self.inbox.next().await
    }

    /// The same without waiting; none: there is nothing yet.
    ///
    /// # Errors
    /// As [`next`](Self::next).
    pub fn try_next(&mut self) -> Option<Outcome<Notice>> {
        self.inbox.take()
    }
}

impl Drop for Notices {
    fn drop(&mut self) {
        self.inbox.nobody_listens();
    }
}

/// An answer as what was asked for.
///
/// # Errors
/// `Internal` when it is something else.
pub fn understand<T: DeserializeOwned>(request: &Request, answer: Value) -> Outcome<T> {
    serde_json::from_value(answer).map_err(|error| {
        let what = format!("the service's answer to `{}` is not understood", request.method());
        Failure::new(Class::Internal, what)
            .cause(error.to_string())
            .hint("use the same version of sentinel-updater on both sides")
    })
}

/// A connection that is made in time.
async fn within(
    patience: Duration,
    greeted: impl Future<Output = Outcome<Connection>>,
) -> Outcome<Connection> {
    tokio::time::timeout(patience, greeted).await.unwrap_or_else(|_| Err(silent(patience)))
}

fn silent(patience: Duration) -> Failure {
    let what = format!("the updater's service does not answer within {} s", patience.as_secs());
    Failure::new(Class::Unreachable, what).hint("look into its log, or restart it")
}

fn other_protocol(welcome: &Value, program: &str) -> Failure {
    let theirs = &welcome["protocol"];
    let version = welcome["program"].as_str().unwrap_or("?");
    let what = format!(
        "the service is sentinel-updater {version} with protocol {theirs}, this program is {program} with \
         protocol {PROTOCOL}: they do not understand each other"
    );
    Failure::new(Class::Usage, what).hint(
        "install the same version for both, and start again what was running before: service or program",
    )
}
