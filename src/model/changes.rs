//! What a new version is made of that the old one was not: Go release, dependencies, build settings.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::BuildInfo;
use super::build_info::ModuleRef;
use super::go_mod::GoMod;

/// The differences between two versions. In JSON all of them; displays cap long lists.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Changes {
    /// The Go release; null: the same.
    pub go: Option<Change>,
    /// Modules that came, went or have another version, by path.
    pub dependencies: Vec<Change>,
    /// Build settings that differ, by name.
    pub settings: Vec<Change>,
}

/// One difference.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// What differs: `go`, a module's path, a setting's name.
    pub name: String,
    /// What it was; null: it is new.
    pub from: Option<String>,
    /// What it is now; null: it is gone.
    pub to: Option<String>,
}

impl Changes {
    /// What two binaries say of themselves, compared. The main module's own version is not in it: the
    /// run tells that.
    pub fn between(old: &BuildInfo, new: &BuildInfo) -> Self {
        let go = |info: &BuildInfo| Some(info.go_version.clone()).filter(|version| !version.is_empty());
        let modules = |info: &BuildInfo| {
            info.dependencies.iter().map(|module| (module.path.clone(), effective(module))).collect()
        };
        Self {
            go: differs("go", go(old), go(new)),
            dependencies: differences(modules(old), modules(new)),
            settings: differences(
                old.settings.iter().cloned().collect(),
                new.settings.iter().cloned().collect(),
            ),
        }
    }

    /// What two go.mod files declare, compared: known before anything is built. The build may choose
    /// higher versions, and compiles only what is imported.
    pub fn declared(old: &GoMod, new: &GoMod) -> Self {
        Self {
            go: differs("go", old.go.clone(), new.go.clone()),
            dependencies: differences(
                old.requires.iter().cloned().collect(),
                new.requires.iter().cloned().collect(),
            ),
            settings: Vec::new(),
        }
    }

    /// True when nothing differs.
    pub fn is_empty(&self) -> bool {
        self.go.is_none() && self.dependencies.is_empty() && self.settings.is_empty()
    }
}

/// The version that is compiled in: a replacement's, where there is one.
fn effective(module: &ModuleRef) -> String {
    match &module.replaced_by {
        None => module.version.clone(),
        Some(other) => {
            format!("{} => {} {}", module.version, other.path, other.version).trim_end().to_owned()
        }
    }
}

fn differs(name: &str, from: Option<String>, to: Option<String>) -> Option<Change> {
    (from != to).then(|| Change { name: name.to_owned(), from, to })
}

fn differences(mut old: BTreeMap<String, String>, new: BTreeMap<String, String>) -> Vec<Change> {
    let mut changes: Vec<Change> =
        new.into_iter().filter_map(|(name, to)| differs(&name, old.remove(&name), Some(to))).collect();
    changes.extend(old.into_iter().map(|(name, from)| Change { name, from: Some(from), to: None }));
    changes.sort_by(|a, b| a.name.cmp(&b.name));
    changes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn module(path: &str, version: &str) -> ModuleRef {
        ModuleRef { path: path.into(), version: version.into(), ..ModuleRef::default() }
    }

    fn info(go: &str, dependencies: &[(&str, &str)], settings: &[(&str, &str)]) -> BuildInfo {
        BuildInfo {
            go_version: go.into(),
            dependencies: dependencies.iter().map(|(path, version)| module(path, version)).collect(),
            settings: settings.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect(),
            ..BuildInfo::default()
        }
    }

    /// `name from>to`, with `-` for nothing.
    fn rows(changes: &[Change]) -> Vec<String> {
        let word = |value: &Option<String>| value.clone().unwrap_or_else(|| "-".into());
        changes
            .iter()
            .map(|change| format!("{} {}>{}", change.name, word(&change.from), word(&change.to)))
            .collect()
    }

    #[test]
    fn binaries_are_compared_by_what_they_say() {
        let old = info(
            "go1.25.1",
            &[("b.test/gone", "v1.0.0"), ("a.test/same", "v0.1.0"), ("c.test/moved", "v1.0.0")],
            &[("CGO_ENABLED", "1"), ("-tags", "old"), ("GOOS", "linux")],
        );
        let new = info(
            "go1.26.8",
            &[("c.test/moved", "v1.2.0"), ("a.test/same", "v0.1.0"), ("a.test/new", "v2.0.0+incompatible")],
            &[("CGO_ENABLED", "0"), ("GOOS", "linux"), ("GOAMD64", "v3")],
        );
        let changes = Changes::between(&old, &new);
        assert_eq!(rows(changes.go.as_slice()), ["go go1.25.1>go1.26.8"]);
        assert_eq!(
            rows(&changes.dependencies),
            ["a.test/new ->v2.0.0+incompatible", "b.test/gone v1.0.0>-", "c.test/moved v1.0.0>v1.2.0"]
        );
        assert_eq!(rows(&changes.settings), ["-tags old>-", "CGO_ENABLED 1>0", "GOAMD64 ->v3"]);
        assert!(Changes::between(&old, &old).is_empty() && !changes.is_empty());
    }

    #[test]
    fn a_replacement_is_what_counts() {
        let replaced = |path: &str, version: &str| {
            let mut module = module("a.test/x", "v1.0.0");
            module.replaced_by = Some(Box::new(self::module(path, version)));
            BuildInfo { dependencies: vec![module], ..BuildInfo::default() }
        };
        let plain = info("", &[("a.test/x", "v1.0.0")], &[]);
        for (old, new, expected) in [
            (&plain, &replaced("f.test/x", "v1.0.1"), "a.test/x v1.0.0>v1.0.0 => f.test/x v1.0.1"),
            (
                &replaced("f.test/x", "v1.0.1"),
                &replaced("./local", ""),
                "a.test/x v1.0.0 => f.test/x v1.0.1>v1.0.0 => ./local",
            ),
        ] {
            assert_eq!(rows(&Changes::between(old, new).dependencies), [expected]);
        }
        assert!(Changes::between(&replaced("f", "v1"), &replaced("f", "v1")).is_empty());
    }

    #[test]
    fn go_mod_files_are_compared_by_what_they_declare() {
        let read = |text: &str| GoMod::parse(&format!("module a.test/x\n{text}")).expect("a go.mod");
        let old = read("go 1.22\nrequire b.test/y v1.0.0\n");
        for (text, go, dependencies) in [
            ("go 1.22\nrequire b.test/y v1.0.0 // indirect\n", vec![], vec![]),
            (
                "go 1.26\nrequire (\n\tb.test/y v1.1.0\n\tc.test/z v0.1.0\n)\n",
                vec!["go 1.22>1.26"],
                vec!["b.test/y v1.0.0>v1.1.0", "c.test/z ->v0.1.0"],
            ),
            ("", vec!["go 1.22>-"], vec!["b.test/y v1.0.0>-"]),
        ] {
            let changes = Changes::declared(&old, &read(text));
            assert_eq!(
                (rows(changes.go.as_slice()), rows(&changes.dependencies)),
                (
                    go.iter().map(|s| (*s).to_owned()).collect(),
                    dependencies.iter().map(|s| (*s).to_owned()).collect()
                ),
                "{text}"
            );
        }
    }

    #[test]
    fn json_keeps_its_keys_and_reads_less() {
        let changes = Changes::between(&info("go1.25.1", &[], &[]), &info("go1.26.8", &[], &[]));
        assert_eq!(
            serde_json::to_string(&changes).expect("JSON"),
            r#"{"go":{"name":"go","from":"go1.25.1","to":"go1.26.8"},"dependencies":[],"settings":[]}"#
        );
        assert_eq!(serde_json::from_str::<Changes>("{}").expect("read"), Changes::default());
    }
}
