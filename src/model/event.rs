//! The event stream: what happened, for eyes. Rich, numbered, and droppable where it says so.

use serde::{Deserialize, Serialize};

use super::status::{AgentStatus, Alert, Latest, Paused, State};
use super::{Changes, Held, OnProbation, Run, StepId, StepStatus, Timestamp};

/// How far a step is, in numbers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// What is being done: `download`, `compile`, `verify`…
    pub phase: String,
    /// How much of it.
    pub done: u64,
    /// Of how much; 0: not known.
    pub total: u64,
    /// The thing in hand: a module, a C file, seconds left.
    pub detail: Option<String>,
}

/// One numbered event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// Rises by one with each event of an epoch.
    pub seq: u64,
    /// When it was emitted.
    pub at: Timestamp,
    /// What happened.
    #[serde(flatten)]
    pub kind: EventKind,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum EventKind {
    /// The engine's state changed.
    StateChanged {
        /// The new state.
        state: State,
    },
    /// A version check ended with something new to say.
    Checked {
        /// What is known of the newest version.
        latest: Latest,
    },
    /// The time of the next check was set.
    NextCheck {
        /// When; null: none is planned. The event itself has an `at` already.
        #[serde(rename = "next_check_at")]
        at: Option<Timestamp>,
    },
    /// A run began. It carries the whole plan: every step that can happen.
    RunStarted {
        /// The run, every step pending.
        run: Run,
    },
    /// A step began.
    StepStarted {
        /// Which one.
        step: StepId,
    },
    /// A step ended or changed its status.
    StepEnded {
        /// Which one.
        step: StepId,
        /// How.
        status: StepStatus,
        /// In milliseconds.
        took_ms: Option<u64>,
        /// Why, or what was found.
        note: Option<String>,
    },
    /// Progress of the step under way; only the newest matters, so any may be dropped.
    Progress {
        /// How far.
        progress: Progress,
    },
    /// A line of build output, sanitised; may be dropped.
    Output {
        /// The line.
        line: String,
    },
    /// It became known what differs between the two binaries.
    ChangesKnown {
        /// The differences.
        changes: Changes,
    },
    /// The direction turned: the run is being taken back.
    TurnedBack {
        /// Why.
        error: String,
    },
    /// A run ended.
    RunEnded {
        /// The whole run.
        run: Run,
    },
    /// The agent's state as it was last seen.
    AgentSeen {
        /// The state.
        agent: AgentStatus,
    },
    /// The list of held versions changed.
    HeldChanged {
        /// The whole list.
        held: Vec<Held>,
    },
    /// Something needs an administrator's eye.
    AlertRaised {
        /// What.
        alert: Alert,
    },
    /// An alert is over.
    AlertCleared {
        /// Which one.
        id: String,
    },
    /// Automatic updates were paused or resumed.
    PausedChanged {
        /// null: not paused.
        paused: Option<Paused>,
    },
    /// A new version's time of probation began or is over.
    ProbationChanged {
        /// null: nothing is on probation.
        probation: Option<OnProbation>,
    },
    /// A remark for the log.
    Note {
        /// `info`, `warn` or `error`.
        level: Level,
        /// The remark.
        text: String,
    },
}

/// How much a remark matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// For developers.
    Debug,
    /// For the record.
    Info,
    /// Somebody should look.
    Warn,
    /// Something is broken.
    Error,
}

impl EventKind {
    /// True for events that a slow reader may lose without its view becoming wrong.
    pub fn may_be_dropped(&self) -> bool {
        matches!(self, Self::Progress { .. } | Self::Output { .. } | Self::Note { .. })
    }
}
