//! The records of the intent log: written and synced before the effect, read only by recovery.

use serde::{Deserialize, Serialize};

use super::{Class, Plan, Run, Snapshot, StepId, Timestamp};

/// Which way a step is being taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// Towards the new version.
    Forward,
    /// Back to the old one.
    Back,
}

/// One record. A run is open from `Begin` to `End`.
///
/// `Enter` means that the step's effect may have begun, and that every step before it is complete.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "record", rename_all = "snake_case")]
pub enum Record {
    /// A run begins; nothing of the agent is touched yet.
    Begin {
        /// What it is going to do.
        plan: Box<Plan>,
    },
    /// The candidate is proven and staged. From here on undo needs this plan.
    Switch {
        /// The complete plan, with the hashes of both binaries.
        plan: Box<Plan>,
    },
    /// A step is entered.
    Enter {
        /// Which one.
        step: StepId,
        /// Which way.
        direction: Direction,
        /// Boot in which it was entered.
        boot: String,
        /// When.
        at: Timestamp,
    },
    /// The database snapshot is complete and durable.
    SnapshotTaken {
        /// The copy; `None`: there was no database.
        snapshot: Option<Snapshot>,
        /// How long it took, in milliseconds.
        took_ms: u64,
    },
    /// The direction is turned: everything is taken back.
    Turn {
        /// Why, for people.
        error: String,
        /// What kind of failure it was.
        class: Class,
        /// The step that failed.
        step: StepId,
        /// How long the new version had run before it failed, in milliseconds.
        survived_ms: u64,
    },
    /// Recovery took the run over.
    Recovered {
        /// How many times by now, starting with 1.
        attempt: u32,
    },
    /// The run ended; this is its whole record in history.
    End {
        /// The run.
        run: Box<Run>,
    },
}
