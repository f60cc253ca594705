//! What an update would do: `update --dry-run`, and the `plan` method of the control socket.

use serde::{Deserialize, Serialize};

use super::{Changes, StepId};

/// What an update would do, with every gate's verdict.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Preview {
    /// The installed version.
    pub installed: Option<String>,
    /// The version to reach.
    pub target: String,
    /// Whether it is installed already.
    pub current: bool,
    /// Every gate with its verdict.
    pub gates: Vec<Gate>,
    /// The steps in their order.
    pub steps: Vec<Step>,
    /// What the go.mod files of both versions declare; null: one of them is not known. What is compiled in
    /// is known after the build.
    pub declared_changes: Option<Changes>,
    /// It is built and proven already.
    pub staged: bool,
    /// How long the agent is expected to be down, in milliseconds; null: none is installed.
    pub expected_downtime_ms: Option<u64>,
    /// The same in words; `""`: not given.
    #[serde(default, skip_serializing)]
    pub expected: String,
}

/// A condition of an update.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gate {
    /// Its stable name.
    pub id: String,
    /// What it asks for.
    pub title: String,
    /// Whether it is met.
    pub passes: bool,
    /// Why it is not.
    pub reason: Option<String>,
}

/// A step that would be done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// Which one.
    pub id: StepId,
    /// Its title.
    pub title: String,
}

impl Preview {
    /// Whether some condition is not met. Staging stops nothing, so it may take as long as it likes.
    pub fn is_refused(&self, stage_only: bool) -> bool {
        let counts = |gate: &&Gate| !(stage_only && gate.id == "max_downtime");
        self.gates.iter().filter(counts).any(|gate| !gate.passes)
    }
}
