//! A run: one attempt to bring the agent from one version to another.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{Changes, Progress, StepId, StepRow, StepStatus, Timestamp};

/// What a run is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunKind {
    /// To a newer version (or to the one asked for).
    Update,
    /// Back to a kept version.
    Rollback,
    /// The first installation of an absent agent.
    Install,
    /// A binary that vanished is put back.
    Repair,
    /// Somebody else changed the binary; it was adopted.
    External,
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The run reached `to`.
    Updated,
    /// The run is back at `from`.
    RolledBack,
    /// It failed before the agent was touched.
    Failed,
    /// Somebody stopped it before the agent was touched.
    Aborted,
    /// `to` is built and proven, and switched to later; the agent is untouched.
    Staged,
    /// Neither version runs.
    Stuck,
}

/// Who asked for a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum By {
    /// The check interval.
    Timer,
    /// A user, by id.
    Uid(u32),
    /// The watch after commit.
    Probation,
    /// The start after an interruption.
    Recovery,
}

impl fmt::Display for By {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Timer => f.write_str("timer"),
            Self::Uid(uid) => write!(f, "uid {uid}"),
            Self::Probation => f.write_str("probation"),
            Self::Recovery => f.write_str("recovery"),
        }
    }
}

impl FromStr for By {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "timer" => Ok(Self::Timer),
            "probation" => Ok(Self::Probation),
            "recovery" => Ok(Self::Recovery),
            _ => text
                .strip_prefix("uid ")
                .and_then(|uid| uid.parse().ok())
                .map(Self::Uid)
                .ok_or_else(|| format!("`{text}` is not one of timer, uid N, probation, recovery")),
        }
    }
}

impl Serialize for By {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for By {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// The run object: the same keys always, absent ones null.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Run {
    /// Sorts by time: `20261124T031500Z-1a2b`.
    pub id: String,
    /// What it is for.
    pub kind: RunKind,
    /// The version left: null when no agent was installed, `unknown` for a binary without build
    /// information.
    pub from: Option<String>,
    /// The version to reach.
    pub to: Option<String>,
    /// How it ended; null while running.
    pub verdict: Option<Verdict>,
    /// When it started.
    pub started_at: Timestamp,
    /// From start to verdict, in milliseconds.
    pub took_ms: Option<u64>,
    /// How long the agent was down, in milliseconds.
    pub downtime_ms: Option<u64>,
    /// The part of the downtime that the database took, in milliseconds.
    pub snapshot_ms: Option<u64>,
    /// Who asked.
    pub by: By,
    /// Why it did not reach `to`, with what to do next.
    pub error: Option<String>,
    /// The step under way.
    pub step: Option<StepId>,
    /// Progress of that step.
    pub progress: Option<Progress>,
    /// All steps with their status.
    pub steps: Vec<StepRow>,
    /// What differs between the two binaries; null: not known (yet).
    #[serde(default)]
    pub changes: Option<Changes>,
    /// Where the output of its build is kept; null: nothing was built.
    #[serde(default)]
    pub build_log: Option<PathBuf>,
}

impl Run {
    /// A run that has just begun: every step pending.
    pub fn new(id: String, kind: RunKind, by: By, started_at: Timestamp) -> Self {
        Self {
            id,
            kind,
            from: None,
            to: None,
            verdict: None,
            started_at,
            took_ms: None,
            downtime_ms: None,
            snapshot_ms: None,
            by,
            error: None,
            step: None,
            progress: None,
            steps: StepId::ALL.map(StepRow::pending).to_vec(),
            changes: None,
            build_log: None,
        }
    }

    /// The row of `id`, if the run has it.
    pub fn row_mut(&mut self, id: StepId) -> Option<&mut StepRow> {
        self.steps.iter_mut().find(|row| row.id == id)
    }

    /// Marks `id` as begun.
    pub fn step_started(&mut self, id: StepId) {
        self.step = Some(id);
        self.progress = None;
        if let Some(row) = self.row_mut(id) {
            row.status = StepStatus::Running;
        }
    }

    /// Marks `id` as ended.
    pub fn step_ended(&mut self, id: StepId, status: StepStatus, took_ms: Option<u64>, note: Option<String>) {
        if let Some(row) = self.row_mut(id) {
            row.status = status;
            row.took_ms = took_ms.or(row.took_ms);
            row.note = note.or(row.note.take());
        }
    }
}
