//! The settings that the engine needs, as typed values.

use std::path::PathBuf;
use std::time::Duration;

use semver::VersionReq;

use crate::model::plan::{AgentPlace, Health, RestorePolicy, ServiceSpec};
use crate::model::{Timestamp, Version, Window};

/// What the administrator wants.
#[derive(Debug, Clone)]
pub struct Policy {
    /// The agent's module.
    pub module: String,
    /// The main package in it, relative; empty: the module's root.
    pub package: String,
    /// Where the agent lives.
    pub place: AgentPlace,
    /// How its service is defined where we define it.
    pub spec: ServiceSpec,
    /// What counts as healthy.
    pub health: Health,
    /// Arguments that make the agent print its version.
    pub version_args: Vec<String>,
    /// The directory of the updater's own state.
    pub state: PathBuf,
    /// Which versions may be taken; `None`: all.
    pub constraint: Option<VersionReq>,
    /// Whether pre-releases may be taken.
    pub prerelease: bool,
    /// Whether the next major numbers may be taken, whose module paths end in `/vN`.
    pub allow_major: bool,
    /// How long a version must have been on offer.
    pub min_age: Duration,
    /// Up to how long a host waits before it takes a version by itself.
    pub splay: Duration,
    /// When an automatic run may stop the agent; none: at any time.
    pub windows: Vec<Window>,
    /// For how long an update may stop the agent; zero: no limit.
    pub max_downtime: Duration,
    /// How many versions are kept.
    pub keep_versions: u32,
    /// What happens to the database on an automatic rollback.
    pub restore: RestorePolicy,
    /// How long a new version is watched after its commit; zero: not at all.
    pub probation: Duration,
    /// Time between two checks.
    pub check_interval: Duration,
    /// How much of the interval is random, 0 to 1.
    pub jitter: f64,
    /// How long a build may take.
    pub build_timeout: Duration,
}

impl Policy {
    /// Why a version may not be taken automatically whatever its age; `None`: it may.
    pub fn excludes(&self, version: &Version) -> Option<String> {
        if version.is_prerelease() && !self.prerelease {
            return Some(format!("{version} is a pre-release"));
        }
        let constraint = self.constraint.as_ref()?;
        // The requirement speaks of releases: whether a pre-release of one is wanted is `prerelease`.
        let mut release = version.semver().clone();
        release.pre = semver::Prerelease::EMPTY;
        release.build = semver::BuildMetadata::EMPTY;
        (!constraint.matches(version.semver()) && !constraint.matches(&release))
            .then(|| format!("{version} is outside the constraint `{constraint}`"))
    }

    /// The expected downtime and its limit, if the limit is exceeded.
    pub fn too_long(&self, expected: Duration) -> Option<(Duration, Duration)> {
        (!self.max_downtime.is_zero() && expected > self.max_downtime)
            .then_some((expected, self.max_downtime))
    }

    /// Until when a version is too young; `None`: it is old enough.
    pub fn too_young(&self, offered_since: Option<Timestamp>, now: Timestamp) -> Option<Timestamp> {
        if self.min_age.is_zero() {
            return None;
        }
        let until = offered_since.unwrap_or(now).checked_add(self.min_age).unwrap_or(Timestamp::MAX);
        (now < until).then_some(until)
    }
}
