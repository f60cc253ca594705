//! What a run is going to do, with every path, name and hash that undoing it needs.
//!
//! A plan goes into the journal before the first effect. Recovery and rescue use the plan, never the
//! settings, which may have changed since.

use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Installed, Kept, Run, Snapshot, Version};

/// Where the agent lives.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgentPlace {
    /// Its service's name.
    pub service: String,
    /// Its binary.
    pub binary: PathBuf,
    /// `BINARY.backup`, the old version for an administrator in need.
    pub backup: PathBuf,
    /// `.BINARY.next`, the new version, one rename away.
    pub staged: PathBuf,
    /// Its database; `None`: it has none.
    pub database: Option<PathBuf>,
}

/// How the agent's service is to be defined where it is not, or is ours to define.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceSpec {
    /// Its name.
    pub service: String,
    /// The binary to run.
    pub binary: PathBuf,
    /// Its arguments.
    pub args: Vec<String>,
    /// Its environment.
    pub env: Vec<(String, String)>,
    /// The user it runs as; `None`: the manager's default.
    pub user: Option<String>,
    /// Arguments with which the agent registers itself; empty: we write the definition.
    pub install_args: Vec<String>,
    /// Its data directory, for the working directory.
    pub data: PathBuf,
}

/// A change of the service's definition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DefinitionChange {
    /// The definition's file.
    pub path: PathBuf,
    /// What it said; `None`: there was none.
    pub before: Option<String>,
    /// What it is to say.
    pub after: String,
}

/// What happens to the agent's database when a run goes to a kept version across a schema change.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DatabaseChoice {
    /// Leave it as it is.
    #[default]
    Keep,
    /// Put this snapshot in its place; today's database is set aside.
    Restore(Snapshot),
}

/// When an automatic rollback puts the database back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RestorePolicy {
    /// When the schema changed.
    #[default]
    Schema,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// What counts as a healthy agent.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Health {
    /// How long the agent must keep running after its start.
    pub window: Duration,
    /// A URL that must answer with a 2xx status.
    pub http: Option<String>,
    /// A command that must exit with 0.
    pub command: Vec<String>,
}

/// Everything a run needs to go forward and back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// The run as it began: id, kind, from, to, by.
    pub run: Run,
    /// Module to build.
    pub module: String,
    /// Package in it, relative; empty: the module's root.
    pub package: String,
    /// Where the agent lives.
    pub place: AgentPlace,
    /// How its service is defined where we define it.
    pub spec: ServiceSpec,
    /// The version to reach.
    pub target: Option<Version>,
    /// The binary found at the start; `None`: none was installed.
    pub old: Option<Installed>,
    /// The old binary in the version store, once it is there.
    pub old_kept: Option<Kept>,
    /// The new binary in the version store, once it is proven.
    pub new_kept: Option<Kept>,
    /// The new binary came into the store by this run: a run that fails takes it out again.
    pub new_is_fresh: bool,
    /// Whether the agent ran, and so must run afterwards.
    pub run_after: bool,
    /// The old version was crash-looping already: coming back to it proves nothing.
    pub was_failing: bool,
    /// Whether the old version passed the configured probes; one that already failed does not count.
    pub probes_passed_before: bool,
    /// The change of the service's definition; `None`: it stays.
    pub definition: Option<DefinitionChange>,
    /// What to do with the database on the way to a kept version.
    pub database_choice: DatabaseChoice,
    /// What to do with it on an automatic rollback.
    pub restore_policy: RestorePolicy,
    /// What counts as healthy.
    pub health: Health,
    /// How many versions are kept after commit.
    pub keep_versions: u32,
    /// Arguments that make the agent print its version; what it prints is recorded, never compared.
    pub version_args: Vec<String>,
    /// How long the build may take.
    pub build_timeout: Duration,
    /// The directory of the updater's own state.
    pub state: PathBuf,
    /// Why the version left is held after this run, for a rollback.
    pub hold_reason: Option<String>,
    /// How long the new version is watched after commit.
    #[serde(default)]
    pub probation: Duration,
    /// How long the agent is expected to be down, in milliseconds; `None`: it does not run, or nobody
    /// worked it out.
    #[serde(default)]
    pub expected_downtime_ms: Option<u64>,
    /// The database snapshot of this run, once taken.
    pub snapshot: Option<Snapshot>,
}

impl Plan {
    /// A plan that knows nothing yet but whose agent it is for.
    pub fn new(run: Run, module: impl Into<String>, place: AgentPlace, spec: ServiceSpec) -> Self {
        Self {
            run,
            module: module.into(),
            package: String::new(),
            place,
            spec,
            target: None,
            old: None,
            old_kept: None,
            new_kept: None,
            new_is_fresh: false,
            run_after: true,
            was_failing: false,
            probes_passed_before: true,
            definition: None,
            database_choice: DatabaseChoice::Keep,
            restore_policy: RestorePolicy::Schema,
            health: Health::default(),
            keep_versions: 0,
            version_args: Vec::new(),
            build_timeout: Duration::ZERO,
            state: PathBuf::new(),
            hold_reason: None,
            probation: Duration::ZERO,
            expected_downtime_ms: None,
            snapshot: None,
        }
    }
}
