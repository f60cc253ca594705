//! The twelve steps of a run: identity, title, status.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A step of a run, in the order of its table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepId {
    /// Ask the module system.
    Check,
    /// Compare installed and offered.
    Detect,
    /// Everything that can be known before anything is done.
    Preflight,
    /// Download and compile.
    Build,
    /// Prove what was built, and stage it beside the agent's binary.
    Prove,
    /// Stop the agent.
    Stop,
    /// Copy the agent's database.
    Snapshot,
    /// Put the new binary in place.
    Install,
    /// Bring the service's definition up to date.
    Register,
    /// Start the agent.
    Start,
    /// Watch it run.
    Verify,
    /// Record the outcome and tidy up.
    Commit,
}

impl StepId {
    /// All steps in order.
    pub const ALL: [Self; 12] = [
        Self::Check,
        Self::Detect,
        Self::Preflight,
        Self::Build,
        Self::Prove,
        Self::Stop,
        Self::Snapshot,
        Self::Install,
        Self::Register,
        Self::Start,
        Self::Verify,
        Self::Commit,
    ];

    /// The identifier used in JSON and in the journal.
    pub fn id(self) -> &'static str {
        match self {
            Self::Check => "check",
            Self::Detect => "detect",
            Self::Preflight => "preflight",
            Self::Build => "build",
            Self::Prove => "prove",
            Self::Stop => "stop",
            Self::Snapshot => "snapshot",
            Self::Install => "install",
            Self::Register => "register",
            Self::Start => "start",
            Self::Verify => "verify",
            Self::Commit => "commit",
        }
    }

    /// The title shown to people.
    pub fn title(self) -> &'static str {
        match self {
            Self::Check => "Version check",
            Self::Detect => "Update detection",
            Self::Preflight => "Preflight",
            Self::Build => "Download & compile",
            Self::Prove => "Prove & stage",
            Self::Stop => "Stop agent",
            Self::Snapshot => "Snapshot",
            Self::Install => "Install binary",
            Self::Register => "Uninstall & reinstall service",
            Self::Start => "Start agent",
            Self::Verify => "Verify",
            Self::Commit => "Commit",
        }
    }
}

impl fmt::Display for StepId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.id())
    }
}

/// How far a step is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepStatus {
    /// Not reached yet.
    #[default]
    Pending,
    /// Under way, forward or back.
    Running,
    /// Finished.
    Done,
    /// Not needed; the note says why.
    Skipped,
    /// It failed; the note says why.
    Failed,
    /// It was done and then taken back.
    Undone,
    /// Never reached because the run ended before it; the note says why.
    NotRun,
}

/// One step of a run as it is shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepRow {
    /// Which step.
    pub id: StepId,
    /// Its title.
    pub title: String,
    /// How far it is.
    pub status: StepStatus,
    /// How long it took, in milliseconds.
    pub took_ms: Option<u64>,
    /// A remark: why it was skipped, what it found, why it failed.
    pub note: Option<String>,
}

impl StepRow {
    /// A step that has not been reached.
    pub fn pending(id: StepId) -> Self {
        Self { id, title: id.title().to_owned(), status: StepStatus::Pending, took_ms: None, note: None }
    }
}
