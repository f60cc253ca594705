//! The status document, schema 1.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::agent::Life;
use super::{Held, OnProbation, Run, Timestamp};

/// What the updater is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// It does not run.
    #[default]
    Off,
    /// It deals with a run that was interrupted.
    Recovering,
    /// It waits for the next check.
    Idle,
    /// It asks the module system.
    Checking,
    /// It builds; the agent is untouched.
    Building,
    /// It switches the agent over.
    Switching,
    /// It watches the new version.
    Verifying,
    /// It takes the switch back.
    RollingBack,
    /// Neither version runs; nothing automatic happens.
    Stuck,
}

impl State {
    /// The name used in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Recovering => "recovering",
            Self::Idle => "idle",
            Self::Checking => "checking",
            Self::Building => "building",
            Self::Switching => "switching",
            Self::Verifying => "verifying",
            Self::RollingBack => "rolling_back",
            Self::Stuck => "stuck",
        }
    }
}

/// The whole status.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// 1.
    pub schema: u32,
    /// The updater itself.
    pub updater: UpdaterStatus,
    /// The agent.
    pub agent: AgentStatus,
    /// The newest version on offer.
    pub latest: Latest,
    /// The run under way.
    pub run: Option<Run>,
    /// The run that ended last.
    pub last_run: Option<Run>,
    /// Versions not taken automatically.
    pub held: Vec<Held>,
    /// What needs an administrator's eye.
    pub alerts: Vec<Alert>,
}

impl Default for Status {
    fn default() -> Self {
        Self {
            schema: 1,
            updater: UpdaterStatus::default(),
            agent: AgentStatus::default(),
            latest: Latest::default(),
            run: None,
            last_run: None,
            held: Vec::new(),
            alerts: Vec::new(),
        }
    }
}

/// The updater's part of the status.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct UpdaterStatus {
    /// Its version.
    pub version: String,
    /// Its process; null when it does not run.
    pub pid: Option<u32>,
    /// When it started.
    pub started_at: Option<Timestamp>,
    /// What it is doing.
    pub state: State,
    /// Whether automatic updates are paused.
    pub paused: Option<Paused>,
    /// The version that is still being watched after its commit.
    #[serde(default)]
    pub probation: Option<OnProbation>,
    /// When it asks next.
    pub next_check_at: Option<Timestamp>,
    /// The service manager in use.
    pub manager: String,
}

/// A pause of automatic updates.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Paused {
    /// Since when.
    pub since: Timestamp,
    /// Until when; null: until `resume`.
    pub until: Option<Timestamp>,
    /// Why.
    pub reason: Option<String>,
    /// Who.
    pub by: String,
}

impl Paused {
    /// True while automatic updates are paused by it.
    pub fn holds(&self, now: Timestamp) -> bool {
        self.until.is_none_or(|until| now < until)
    }
}

/// The agent's life as the status shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AgentLife {
    /// Runs.
    Running,
    /// Does not run; stopped in order.
    Stopped,
    /// Does not run, or not for long.
    Failed,
    /// Not installed.
    #[default]
    Absent,
}

impl AgentLife {
    /// The name used in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Stopped => "stopped",
            Self::Failed => "failed",
            Self::Absent => "absent",
        }
    }
}

/// The agent's part of the status.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct AgentStatus {
    /// Its service.
    pub service: String,
    /// Running, stopped, failed, absent.
    pub state: AgentLife,
    /// Its main process.
    pub pid: Option<u32>,
    /// Its version by its build information; `unknown` without; null when absent.
    pub version: Option<String>,
    /// Its binary.
    pub binary: PathBuf,
    /// SHA-256 of the binary.
    pub sha256: Option<String>,
    /// Since when it is in this state.
    pub since: Option<Timestamp>,
    /// Automatic restarts by the service manager.
    pub restarts: u32,
    /// Whether the installed version has been retracted by its authors.
    pub retracted: bool,
}

impl AgentStatus {
    /// Takes over what the service manager says.
    pub fn see(&mut self, state: &super::ServiceState) {
        self.state = Self::life_of(state);
        self.pid = state.pid;
        // What is not there has not been so since some time.
        self.since = state.since.filter(|_| state.life != Life::Absent);
        self.restarts = state.restarts;
    }

    /// The status' word for what the service manager says.
    fn life_of(state: &super::ServiceState) -> AgentLife {
        match state.life {
            Life::Running => AgentLife::Running,
            Life::Stopped => AgentLife::Stopped,
            Life::Failed => AgentLife::Failed,
            Life::Changing if state.is_failing() => AgentLife::Failed,
            Life::Changing => AgentLife::Stopped,
            Life::Absent => AgentLife::Absent,
        }
    }
}

/// What is known of the newest version on offer.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Latest {
    /// The version that policy leads to; null: none known.
    pub version: Option<String>,
    /// Its author's word for when it was made.
    pub commit_time: Option<Timestamp>,
    /// When this updater first saw it offered.
    pub first_seen_at: Option<Timestamp>,
    /// When the module system was last asked successfully.
    pub checked_at: Option<Timestamp>,
    /// Why the last check failed.
    pub error: Option<String>,
    /// Whether it is newer than the installed one.
    pub update_available: bool,
    /// Why it is not taken now.
    pub reason: Option<String>,
}

/// Something that needs an administrator's eye.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alert {
    /// Stable name: `retracted`, `changed_outside`, `unknown_version`, `agent_removed`, `masked`…
    pub id: String,
    /// What is the matter and what to do.
    pub text: String,
    /// Since when.
    pub since: Timestamp,
}
