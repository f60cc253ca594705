//! One version of the sample agent, as its author would publish it.

use std::fmt::Write as _;

use jiff::Timestamp;

use super::agent::{SQLITE_MODULE, SQLITE_VERSION, Variant};

/// What to publish. Built from [`Release::new`] by naming only what differs from a plain good version.
#[derive(Debug, Clone)]
pub struct Release {
    pub(super) module: String,
    pub(super) version: String,
    pub(super) time: Timestamp,
    package: String,
    variant: Variant,
    declares: Option<String>,
    go: String,
    retractions: Vec<Retraction>,
    go_mod_extra: String,
    plain: bool,
}

/// A line of a `retract` directive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Retraction {
    /// One version, or a closed range: `[v1.2.0, v1.2.9]`.
    pub versions: String,
    /// The author's reason, one line; go shows it to the user.
    pub rationale: String,
}

impl Release {
    /// A good version of `github.com/BrainStation-23/SentinelGo`, package `cmd/sentinel`.
    pub fn new(version: &str) -> Self {
        Self {
            module: "github.com/BrainStation-23/SentinelGo".into(),
            version: version.into(),
            time: Timestamp::constant(1_767_225_600, 0), // 2026-01-01T00:00:00Z
            package: "cmd/sentinel".into(),
            variant: Variant::Good,
            declares: None,
            go: "1.21".into(),
            retractions: Vec::new(),
            go_mod_extra: String::new(),
            plain: false,
        }
    }

    /// Under another module path; a path of major version 2 or higher ends in `/vN`.
    #[must_use]
    pub fn module(mut self, path: &str) -> Self {
        self.module = path.into();
        self
    }

    /// With its main package elsewhere in the module; empty: the root package.
    #[must_use]
    pub fn package(mut self, path: &str) -> Self {
        self.package = path.into();
        self
    }

    /// With another behaviour.
    #[must_use]
    pub fn variant(mut self, variant: Variant) -> Self {
        self.variant = variant;
        self
    }

    /// With another commit time.
    #[must_use]
    pub fn at(mut self, time: Timestamp) -> Self {
        self.time = time;
        self
    }

    /// With a go.mod that declares another module path than the one it is published under.
    #[must_use]
    pub fn declaring(mut self, path: &str) -> Self {
        self.declares = Some(path.into());
        self
    }

    /// With another `go` line: the lowest version of Go that may build it.
    #[must_use]
    pub fn go(mut self, version: &str) -> Self {
        self.go = version.into();
        self
    }

    /// With a go.mod that retracts `versions` (see [`Retraction::versions`]) because of `rationale`.
    #[must_use]
    pub fn retracting(mut self, versions: &str, rationale: &str) -> Self {
        self.retractions.push(Retraction { versions: versions.into(), rationale: rationale.into() });
        self
    }

    /// With more lines at the end of its go.mod: `replace`, `exclude`, `toolchain`.
    #[must_use]
    pub fn go_mod_extra(mut self, lines: &str) -> Self {
        self.go_mod_extra = lines.into();
        self
    }

    /// Without SQLite, so that it builds without a C compiler and needs no other module.
    #[must_use]
    pub fn plain(mut self, plain: bool) -> Self {
        self.plain = plain;
        self
    }

    /// Its version.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The text of its go.mod.
    pub(super) fn go_mod(&self) -> String {
        let declared = self.declares.as_deref().unwrap_or(&self.module);
        let mut text = format!("module {declared}\n\ngo {}\n", self.go);
        if !self.plain {
            // Writing to a String cannot fail.
            let _ = write!(text, "\nrequire {SQLITE_MODULE} {SQLITE_VERSION}\n");
        }
        for Retraction { versions, rationale } in &self.retractions {
            let _ = write!(text, "\nretract {versions} // {rationale}\n");
        }
        if !self.go_mod_extra.is_empty() {
            let _ = write!(text, "\n{}\n", self.go_mod_extra.trim_end());
        }
        text
    }

    /// Every file of its module, as (path, content).
    pub(super) fn files(&self) -> Vec<(String, String)> {
        let package = match self.package.as_str() {
            "" => String::new(),
            path => format!("{path}/"),
        };
        let mut files = vec![("go.mod".to_owned(), self.go_mod())];
        files.extend(
            self.variant
                .sources(self.plain)
                .into_iter()
                .map(|(name, text)| (format!("{package}{name}"), text)),
        );
        files
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn go_mod_says_what_the_release_says() {
        let release = Release::new("v1.2.1")
            .module("example.test/moved")
            .declaring("example.test/home")
            .go("1.22")
            .retracting("v1.2.1", "published by mistake")
            .retracting("[v1.1.0, v1.1.9]", "loses data")
            .go_mod_extra("toolchain go1.99.0");
        assert_eq!(
            release.go_mod(),
            format!(
                "module example.test/home\n\ngo 1.22\n\nrequire {SQLITE_MODULE} {SQLITE_VERSION}\n\
                 \nretract v1.2.1 // published by mistake\n\
                 \nretract [v1.1.0, v1.1.9] // loses data\n\
                 \ntoolchain go1.99.0\n"
            )
        );
    }

    #[test]
    fn the_package_decides_where_the_sources_lie() {
        let paths = |release: &Release| release.files().into_iter().map(|(path, _)| path).collect::<Vec<_>>();
        let deep = paths(&Release::new("v1.0.0"));
        assert!(
            deep.contains(&"go.mod".to_owned()) && deep.contains(&"cmd/sentinel/main.go".to_owned()),
            "{deep:?}"
        );
        let root = paths(&Release::new("v1.0.0").package(""));
        assert!(root.contains(&"main.go".to_owned()), "{root:?}");
    }
}
