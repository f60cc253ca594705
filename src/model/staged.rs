//! A candidate that is built and proven, and switched to later.

use serde::{Deserialize, Serialize};

use super::{Kept, Timestamp, Version};

/// The candidate in the version store, and what it was made from: where that changed it is built again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Staged {
    /// Its version.
    pub version: Version,
    /// The module it was built from.
    pub module: String,
    /// The package in it, relative; empty: the module's root.
    pub package: String,
    /// What the build depended on: go, gcc, settings.
    pub fingerprint: String,
    /// Where it lies. It is not a version to go back to before it was committed.
    pub kept: Kept,
    /// When it was proven.
    pub at: Timestamp,
    /// The run that built it.
    pub run: String,
    /// Somebody forced it: a hold, a retraction or the policy does not take it away again.
    pub forced: bool,
}
