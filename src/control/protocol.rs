//! The words of the protocol: requests, their results, and what the server says unasked.
//!
//! Readers ignore keys that they do not know, and every parameter has a default, so that an older client
//! understands a newer server and the reverse. What is not compatible raises [`PROTOCOL`].

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::model::{Event, Timestamp, Version, View};

/// Parameters of `update` and `rollback`: what the engine is asked.
pub use crate::model::{DatabaseRequest as Database, RollbackRequest as Rollback, UpdateRequest as Update};

/// The version of the protocol. A client and a server with the same one understand each other.
pub const PROTOCOL: u32 = 1;
/// The longest request, in bytes, without its line end.
pub const REQUEST_LIMIT: usize = 64 * 1024;
/// The longest line that a client reads, in bytes: a list of a thousand runs fits.
pub const ANSWER_LIMIT: usize = 32 * 1024 * 1024;

/// What a caller may do. Decided by the server from what the operating system says of the peer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Look.
    Viewer,
    /// Look and steer.
    Operator,
}

/// A request with its parameters. The first one of a connection is [`Hello`](Request::Hello).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Request {
    /// Who speaks which protocol. Answered with [`Welcome`].
    Hello(Hello),
    /// The status: [`crate::model::Status`].
    Status,
    /// The effective settings: a list of [`crate::model::Setting`].
    Settings,
    /// What an update would do: [`crate::model::Preview`].
    Plan(Plan),
    /// The events from now on, or from a position: [`Subscribed`], then [`Notice`]s.
    Subscribe(Subscribe),
    /// Asks the module system now: [`crate::model::status::Latest`].
    Check,
    /// Begins an update: [`Begun`], as soon as it has begun.
    Update(Update),
    /// Aborts the run, or takes it back where it is watched already: [`Cancelled`].
    Cancel,
    /// Stops automatic updates: [`crate::model::status::Paused`].
    Pause(Pause),
    /// Lets automatic updates go on: [`Was`].
    Resume,
    /// Begins to go back to a kept version: [`Begun`], as soon as it has begun.
    Rollback(Rollback),
    /// Never takes a version automatically: [`Was`].
    Hold(Hold),
    /// Allows it again: [`Was`].
    Unhold(Unhold),
    /// The runs that ended, newest first: a list of [`crate::model::Run`].
    History(History),
    /// What is installed, kept, held and on offer: a list of [`crate::model::VersionRow`].
    Versions,
    /// The end of a log: [`LogTail`], then [`Notice::Log`] if it is followed.
    Logs(Logs),
}

/// Parameters of `hello`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Hello {
    /// The client's [`PROTOCOL`].
    pub protocol: u32,
    /// The client's program version.
    pub program: String,
}

/// The answer to `hello`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Welcome {
    /// The server's [`PROTOCOL`].
    pub protocol: u32,
    /// The service's program version.
    pub program: String,
    /// Changes with each start of the service: sequence numbers count within it.
    pub epoch: String,
    /// What the caller may do.
    pub role: Role,
    /// The machine's name.
    #[serde(default)]
    pub host: String,
    /// The updater's service, for messages.
    #[serde(default)]
    pub service: String,
    /// The agent's module.
    #[serde(default)]
    pub module: String,
}

/// Parameters of `plan`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Plan {
    /// This version; null: the one that policy leads to.
    pub version: Option<Version>,
}

/// Parameters of `subscribe`: where the client's view is. Without an epoch: nowhere yet.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Subscribe {
    /// The epoch of the client's view.
    pub epoch: Option<String>,
    /// The number of the last event in it.
    pub from: u64,
}

/// The answer to `subscribe`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subscribed {
    /// The epoch that the events belong to.
    pub epoch: String,
    /// The whole view; null: the events that the client missed follow, its own view stands.
    pub view: Option<View>,
}

/// The answer to a request that begins a run.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Begun {
    /// The run that has begun; its end is an event. Null: there is nothing to do.
    pub run: Option<String>,
    /// Why there is nothing to do; null when a run has begun.
    pub nothing: Option<String>,
}

/// The answer to `cancel`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cancelled {
    /// What comes of it.
    pub effect: CancelEffect,
    /// The run it is about.
    pub run: Option<String>,
    /// The same for people.
    pub text: String,
}

/// What a `cancel` does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CancelEffect {
    /// No run is under way.
    Nothing,
    /// The run is aborted; the agent is untouched.
    Aborts,
    /// The run is taken back now.
    RollsBack,
}

/// Parameters of `pause`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Pause {
    /// For how long, in milliseconds; null: until `resume`.
    pub for_ms: Option<u64>,
    /// Why.
    pub reason: Option<String>,
}

impl Pause {
    /// For how long.
    pub fn time(&self) -> Option<Duration> {
        self.for_ms.map(Duration::from_millis)
    }
}

/// Parameters of `hold`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hold {
    /// Which version.
    pub version: Version,
    /// Why.
    #[serde(default)]
    pub reason: Option<String>,
}

/// Parameters of `unhold`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unhold {
    /// Which version.
    pub version: Version,
}

/// The answer to a request that is success whether or not there was something to change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Was {
    /// Whether there was: it was paused, the version was held.
    pub was: bool,
}

/// Parameters of `history`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct History {
    /// At most so many; null: all that are kept.
    pub limit: Option<usize>,
}

/// A log of the host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Log {
    /// What the updater did.
    #[default]
    Updater,
    /// What the agent wrote.
    Agent,
    /// The output of the last build.
    Build,
}

/// Parameters of `logs`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Logs {
    /// Which log.
    pub log: Log,
    /// How many lines of its end.
    pub lines: usize,
    /// Go on with what is written from now on.
    pub follow: bool,
}

/// The answer to `logs`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct LogTail {
    /// Its last lines, oldest first, sanitised.
    pub lines: Vec<String>,
    /// The file or the unit they come from; null: there is nothing yet.
    pub source: Option<String>,
}

/// What the server says unasked, to a client that subscribed or follows a log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "method", content = "params", rename_all = "snake_case")]
pub enum Notice {
    /// Something happened.
    Event(Box<Event>),
    /// The client read too slowly: so many lines and droppable events are missing here.
    Dropped(Dropped),
    /// The client read so slowly that only a new view helps: this one.
    Resync(Box<View>),
    /// Lines of a log that is followed.
    Log(LogLines),
}

impl Notice {
    /// Whether a client that reads too slowly may do without it.
    pub fn may_be_dropped(&self) -> bool {
        match self {
            Self::Event(event) => event.kind.may_be_dropped(),
            Self::Log(_) => true,
            Self::Dropped(_) | Self::Resync(_) => false,
        }
    }
}

/// What did not reach a slow client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dropped {
    /// How many notices.
    pub count: u64,
}

/// Lines of a log that is followed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogLines {
    /// Which log.
    pub log: Log,
    /// When they were read.
    pub at: Timestamp,
    /// Oldest first, sanitised.
    pub lines: Vec<String>,
}
