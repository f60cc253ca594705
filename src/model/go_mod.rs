//! The rules that a go.mod file states.

mod lines;
mod major;
mod parse;

use super::{Class, Failure, Outcome, Version};

/// What a module says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct GoMod {
    /// The `module` line: the path by which it must be required.
    pub module: String,
    /// The `go` line: the release it needs (`1.22`, `1.23.4`).
    pub go: Option<String>,
    /// The `toolchain` line.
    pub toolchain: Option<String>,
    /// The `require` lines: module path and lowest version.
    pub requires: Vec<(String, String)>,
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

impl Retraction {
    /// True when `version` lies between the ends, by precedence: `+incompatible` does not count.
    pub fn covers(&self, version: &Version) -> bool {
        let version = version.semver();
        self.low.semver().cmp_precedence(version).is_le()
            && version.cmp_precedence(self.high.semver()).is_le()
    }
}

/// Checks that `version` may exist under the path `module`: from major 2 on the path ends in `/vN`,
/// unless the version says `+incompatible`; under `gopkg.in` every path ends in `.vN`.
///
/// # Errors
/// `Module` with the rule that does not hold.
pub fn check_major(module: &str, version: &Version) -> Outcome<()> {
    major::check(module, version)
}

/// The path under which `version` of the agent's module exists: that of `module`, whatever major number
/// that one stands for, at the version's own.
pub fn path_of(module: &str, version: &Version) -> String {
    major::path_of(module, version)
}

/// The path of the next major number of `module`; `None` where its ending is invalid.
pub fn next_major(module: &str) -> Option<String> {
    major::next(module)
}

/// `other`, if it is `module` at a higher major number; else `module`.
pub fn later_major<'a>(module: &'a str, other: &'a str) -> &'a str {
    major::later(module, other)
}

impl GoMod {
    /// Reads a go.mod as the go command reads that of a dependency: unknown directives, blocks of an unknown
    /// kind and words after a retraction are for newer releases and are passed over.
    ///
    /// A retraction is read strictly: one that cannot be understood might be the one that matters.
    ///
    /// # Errors
    /// `Module` naming the line that cannot be read.
    pub fn parse(text: &str) -> Outcome<Self> {
        parse::parse(text)
    }

    /// The reason why `version` was taken back, possibly empty; `None` when it was not.
    pub fn retracted(&self, version: &Version) -> Option<String> {
        let mut covering = self.retractions.iter().filter(|retraction| retraction.covers(version)).peekable();
        covering.peek()?;
        let reasons: Vec<&str> = covering
            .map(|retraction| retraction.rationale.as_str())
            .filter(|reason| !reason.is_empty())
            .collect();
        Some(reasons.join("; "))
    }

    /// Checks that this go.mod belongs to `version` of `module`: a fork or a renamed module still
    /// declares its old path, and the compiler would refuse it only after the download.
    ///
    /// # Errors
    /// `Module` with both paths, or with the rule about major versions that does not hold.
    pub fn check_declares(&self, module: &str, version: &Version) -> Outcome<()> {
        if self.module != module {
            let declared = self.module.escape_debug();
            return Err(Failure::new(
                Class::Module,
                format!(
                    "module declares its path as {declared} but is required as {}",
                    module.escape_debug()
                ),
            )
            .hint(format!("set agent.module to {declared} if the module was renamed")));
        }
        if version.is_incompatible() && self.is_real {
            return Err(Failure::new(
                Class::Module,
                format!("{module} has a go.mod, so {version} needs the path {module}/v{}", version.major()),
            )
            .hint("ask for a version without +incompatible"));
        }
        check_major(module, version)
    }
}

#[cfg(test)]
mod tests;
