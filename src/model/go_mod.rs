//! The rules that a go.mod file states.

use super::Version;

/// What a module says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct GoMod {
    /// The `module` line: the path by which it must be required.
    pub module: String,
    /// The `go` line: the release it needs (`1.22`, `1.23.4`).
    pub go: Option<String>,
    /// The `toolchain` line.
    pub toolchain: Option<String>,
    /// Versions its authors took back.
    pub retractions: Vec<Retraction>,
    /// It has `replace` or `exclude` lines: `go install MODULE@VERSION` refuses those.
    pub has_replace_or_exclude: bool,
    /// It says more than its module line: the proxy made it up otherwise.
    pub is_real: bool,
}

/// One `retract` directive: both ends included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Retraction {
    /// The lowest version meant.
    pub low: Version,
    /// The highest version meant.
    pub high: Version,
    /// The authors' reason, one line.
    pub rationale: String,
}
