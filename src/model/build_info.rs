//! What the Go linker writes into a binary about its origin.

use serde::{Deserialize, Serialize};

use super::Version;

/// The embedded build information of a Go binary: its identity, whatever it prints about itself.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BuildInfo {
    /// The Go release that compiled it: `go1.26.8`.
    pub go_version: String,
    /// The import path of the main package.
    pub package: String,
    /// The main module.
    pub main: ModuleRef,
    /// The modules compiled in, in the order of the record.
    pub dependencies: Vec<ModuleRef>,
    /// `build` lines: flags and settings such as `CGO_ENABLED=1`, `GOOS=linux`.
    pub settings: Vec<(String, String)>,
}

/// One module of a build.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModuleRef {
    /// The module's path.
    pub path: String,
    /// Its version as written: `v1.2.3`, or `(devel)`.
    pub version: String,
    /// Its content hash, `h1:…`; empty where the linker wrote none.
    pub sum: String,
    /// What replaced it (`=>` line).
    pub replaced_by: Option<Box<ModuleRef>>,
}

impl BuildInfo {
    /// The main module's version, unless the binary was not built from a module version
    /// (`(devel)`) or is replaced.
    pub fn version(&self) -> Option<Version> {
        Version::parse(&self.main.version).ok()
    }

    /// The value of a `build` line.
    pub fn setting(&self, key: &str) -> Option<&str> {
        self.settings.iter().find(|(k, _)| k == key).map(|(_, value)| value.as_str())
    }
}
