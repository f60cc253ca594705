//! The sample agent's Go sources, and what differs between its versions.

/// The module path of the agent's only dependency: SQLite, compiled through CGO.
pub const SQLITE_MODULE: &str = "github.com/mattn/go-sqlite3";
/// The version of [`SQLITE_MODULE`] that every release requires.
pub const SQLITE_VERSION: &str = "v1.14.53";

/// How a published version of the agent behaves. It is compiled in, as the faults of real releases are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Variant {
    /// Works, with schema 1.
    Good,
    /// Healthy for 2 s after each start, then exit status 1.
    CrashLoop,
    /// Goes on running, but after 1 s its health endpoint answers 503.
    Unhealthy,
    /// `go install` fails on an undefined name.
    BrokenCompile,
    /// Migrates the database to this schema and works.
    SchemaChange(u32),
    /// Migrates the database to this schema and exits with status 1 after 1 s.
    SchemaChangeThenFail(u32),
}

impl Variant {
    /// The newest database schema that this variant understands.
    pub fn schema(self) -> u32 {
        match self {
            Self::SchemaChange(schema) | Self::SchemaChangeThenFail(schema) => schema,
            _ => 1,
        }
    }

    /// The Go files of the agent's package, as (name, content).
    /// `plain`: for a host without a C compiler.
    pub(super) fn sources(self, plain: bool) -> Vec<(&'static str, String)> {
        let mut files: Vec<_> = COMMON.iter().map(|(name, text)| (*name, (*text).to_owned())).collect();
        files.push(("store.go", if plain { PLAIN_STORE } else { SQLITE_STORE }.to_owned()));
        files.push(("behaviour.go", self.behaviour().to_owned()));
        files.push((
            "schema.go",
            SCHEMA.replace(SCHEMA_LINE, &format!("const knownSchema = {}", self.schema())),
        ));
        files
    }

    fn behaviour(self) -> &'static str {
        match self {
            Self::Good | Self::SchemaChange(_) => {
                include_str!("../../../assets/demo-agent/behaviour/good.go")
            }
            Self::CrashLoop => include_str!("../../../assets/demo-agent/behaviour/crash_loop.go"),
            Self::Unhealthy => include_str!("../../../assets/demo-agent/behaviour/unhealthy.go"),
            Self::BrokenCompile => include_str!("../../../assets/demo-agent/behaviour/broken_compile.go"),
            Self::SchemaChangeThenFail(_) => {
                include_str!("../../../assets/demo-agent/behaviour/crash_soon.go")
            }
        }
    }
}

const COMMON: [(&str, &str); 4] = [
    ("health.go", include_str!("../../../assets/demo-agent/health.go")),
    ("main.go", include_str!("../../../assets/demo-agent/main.go")),
    ("run.go", include_str!("../../../assets/demo-agent/run.go")),
    ("service.go", include_str!("../../../assets/demo-agent/service.go")),
];

const SQLITE_STORE: &str = include_str!("../../../assets/demo-agent/store.go");
const PLAIN_STORE: &str = include_str!("../../../assets/demo-agent/store_plain.go");

const SCHEMA: &str = include_str!("../../../assets/demo-agent/schema.go");
/// The one line of `schema.go` that a release replaces; the file itself stays valid Go.
const SCHEMA_LINE: &str = "const knownSchema = 1";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_schema_change_is_compiled_in() {
        assert!(SCHEMA.contains(SCHEMA_LINE), "the template line is gone from schema.go");
        let sources = Variant::SchemaChange(3).sources(false);
        let schema = sources.iter().find(|(name, _)| *name == "schema.go").map(|(_, text)| text.as_str());
        assert!(schema.is_some_and(|text| text.contains("const knownSchema = 3\n")), "{schema:?}");
    }

    #[test]
    fn no_two_variants_have_the_same_sources() {
        let variants = [
            Variant::Good,
            Variant::CrashLoop,
            Variant::Unhealthy,
            Variant::BrokenCompile,
            Variant::SchemaChange(2),
            Variant::SchemaChangeThenFail(2),
        ];
        for (i, one) in variants.iter().enumerate() {
            for other in &variants[i + 1..] {
                assert_ne!(one.sources(false), other.sources(false), "{one:?} and {other:?}");
            }
        }
    }
}
