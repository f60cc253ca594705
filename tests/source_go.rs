//! Our answer against the go command's own, on generated proxy trees.

#![allow(clippy::print_stdout, reason = "a test says what it passed over and what it measured")]

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use proptest::prelude::*;
use sentinel_updater::host::http::{Http, Options};
use sentinel_updater::model::{Class, Version};
use sentinel_updater::ports::{Cancel, ModuleSource};
use sentinel_updater::source::{Proxies, ProxySource};

#[path = "../src/host/http/test_runtime.rs"]
mod test_runtime;

use test_runtime::TestRuntime;

const PSEUDO: &str = "v0.0.0-20260102030405-abcdefabcdef";

/// A proxy's tree for one module.
struct Tree {
    dir: tempfile::TempDir,
    module: String,
}

impl Tree {
    /// Lists `versions`; the go.mod of each says `module` and what `lines` gives for it.
    fn new(module: &str, versions: &[&str], lines: impl Fn(&str) -> String) -> Self {
        let tree = Self { dir: tempfile::tempdir().expect("directory"), module: module.to_owned() };
        tree.write("@v/list", &versions.join("\n"));
        for version in versions {
            tree.add(version, &lines(version));
        }
        tree
    }

    fn add(&self, version: &str, lines: &str) {
        let folded: String = version.chars().flat_map(fold).collect();
        let info = format!(r#"{{"Version":"{version}","Time":"2026-01-02T03:04:05Z"}}"#);
        self.write(&format!("@v/{folded}.info"), &info);
        self.write(&format!("@v/{folded}.mod"), &format!("module {}\n{lines}", self.module));
    }

    fn with_latest(self, version: &str, lines: &str) -> Self {
        self.add(version, lines);
        self.write("@latest", &format!(r#"{{"Version":"{version}","Time":"2026-01-02T03:04:05Z"}}"#));
        self
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().expect("parent")).expect("directories");
        std::fs::write(path, text).expect("file");
    }

    fn path(&self, name: &str) -> PathBuf {
        let folded: String = self.module.chars().flat_map(fold).collect();
        self.dir.path().join("tree").join(folded).join(name)
    }

    fn goproxy(&self) -> String {
        format!("file://{}/tree", self.dir.path().display())
    }

    /// What `go list -m M@latest` says; `None` when it finds nothing.
    fn go(&self, go: &Path) -> Option<String> {
        let empty = self.dir.path().join("empty");
        std::fs::create_dir_all(&empty).expect("directory");
        let cache = tempfile::tempdir().expect("directory");
        let output = Command::new(go)
            .args(["list", "-m", "-f", "{{.Version}}", &format!("{}@latest", self.module)])
            .current_dir(&empty)
            .env_clear()
            .env("HOME", cache.path())
            .env("GOMODCACHE", cache.path().join("mod"))
            .env("GOPROXY", self.goproxy())
            .envs([
                ("GOSUMDB", "off"),
                ("GOENV", "off"),
                ("GOFLAGS", "-modcacherw"),
                ("GOTOOLCHAIN", "local"),
            ])
            .output()
            .expect("go runs");
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
    }

    /// What our source says, with the go command's choice among what is on offer.
    fn ours(&self) -> Result<Option<String>, Class> {
        let runtime = TestRuntime::start();
        let http = Arc::new(Http::new(runtime.handle(), Options::default()));
        let mut source = ProxySource::new(http, Proxies::parse(&self.goproxy()).expect("proxies"), None);
        let answer = match source.check(&self.module, &Cancel::new()) {
            Ok(answer) => answer,
            Err(failure) if failure.class == Class::Module => return Ok(None),
            Err(failure) => return Err(failure.class),
        };
        let usable: Vec<Version> =
            answer.offered.into_iter().filter(|o| o.retracted.is_none()).map(|o| o.version).collect();
        let best = usable.iter().rev().find(|v| !v.is_prerelease()).or_else(|| usable.last());
        Ok(best.map(ToString::to_string))
    }
}

fn fold(symbol: char) -> Vec<char> {
    if symbol.is_ascii_uppercase() { vec!['!', symbol.to_ascii_lowercase()] } else { vec![symbol] }
}

/// The go command, or a line that says why the test was passed over.
fn go() -> Option<PathBuf> {
    let output =
        Command::new("go").args(["env", "GOROOT"]).output().ok().filter(|output| output.status.success());
    let Some(output) = output else {
        println!("passed over: there is no go command on PATH");
        return None;
    };
    Some(Path::new(String::from_utf8_lossy(&output.stdout).trim()).join("bin/go"))
}

const REAL: &str = "\ngo 1.21\n";

#[test]
fn every_rule_of_latest() {
    let Some(go) = go() else { return };
    let m = "example.test/Agent";
    let real = |_: &str| REAL.to_owned();
    let says = |of: &'static str, line: &'static str| {
        move |version: &str| if version == of { format!("{REAL}{line}\n") } else { REAL.to_owned() }
    };
    let cases = [
        ("release", Tree::new(m, &["v1.0.0", "v1.1.0", "v1.1.0-RC1", "v1.2.0-rc.1"], real), Some("v1.1.0")),
        (
            "prerelease",
            Tree::new(m, &["v1.0.0-alpha.2", "v1.0.0-alpha.10", "v1.0.0-beta"], real),
            Some("v1.0.0-beta"),
        ),
        (
            "retracted on top",
            Tree::new(
                m,
                &["v1.0.0", "v1.1.0", "v1.2.0", "v1.2.1", "v1.3.0-rc.1"],
                says("v1.2.1", "// bad\nretract [v1.2.0, v1.2.1]"),
            ),
            Some("v1.1.0"),
        ),
        (
            "retracted in a prerelease",
            Tree::new(m, &["v1.0.0", "v1.1.0", "v1.2.0-rc.1"], says("v1.2.0-rc.1", "retract v1.1.0")),
            Some("v1.1.0"),
        ),
        (
            "retracted but for a prerelease",
            Tree::new(m, &["v1.0.0", "v1.1.0", "v1.1.1-rc.1"], says("v1.1.0", "retract [v1.0.0, v1.1.0]")),
            Some("v1.1.1-rc.1"),
        ),
        (
            "all retracted",
            Tree::new(m, &["v1.0.0", "v1.1.0"], says("v1.1.0", "retract (\n v1.0.0\n v1.1.0\n)")),
            None,
        ),
        (
            "all retracted, a commit",
            Tree::new(m, &["v1.0.0"], says("v1.0.0", "retract v1.0.0")).with_latest(PSEUDO, REAL),
            Some(PSEUDO),
        ),
        (
            "all retracted, the commit too",
            Tree::new(m, &["v1.0.0"], says("v1.0.0", "retract [v0.0.0-0, v1.0.0]")).with_latest(PSEUDO, REAL),
            None,
        ),
        ("no tag", Tree::new(m, &[], real).with_latest(PSEUDO, REAL), Some(PSEUDO)),
        (
            "no tag, retracted by itself",
            Tree::new(m, &[], real).with_latest(PSEUDO, &format!("{REAL}retract [v0.0.0-0, v0.0.1]\n")),
            None,
        ),
        ("nothing", Tree::new(m, &[], real), None),
        ("only a commit in the list", Tree::new(m, &[PSEUDO], real), Some(PSEUDO)),
        (
            "incompatible, before modules",
            Tree::new(m, &["v1.0.0", "v2.0.0+incompatible"], |_| String::new()),
            Some("v2.0.0+incompatible"),
        ),
        (
            "incompatible, with modules",
            Tree::new(m, &["v1.0.0", "v2.0.0+incompatible"], |v| {
                if v == "v1.0.0" { REAL.to_owned() } else { String::new() }
            }),
            Some("v1.0.0"),
        ),
        ("other major", Tree::new("example.test/agent/v2", &["v2.0.0", "v2.1.0"], real), Some("v2.1.0")),
        ("ancient package path", Tree::new("gopkg.in/agent.v3", &["v3.0.0", "v3.0.1"], real), Some("v3.0.1")),
    ];
    for (name, tree, expected) in cases {
        assert_eq!(tree.go(&go).as_deref(), expected, "go: {name}");
        assert_eq!(tree.ours(), Ok(expected.map(str::to_owned)), "ours: {name}");
    }
}

#[test]
fn where_the_go_command_lets_a_retracted_version_through_we_do_not() {
    let Some(go) = go() else { return };
    let tree = Tree::new("example.test/agent", &["v1.0.0", "v1.1.0"], |_| format!("{REAL}retract v1.1.0\n"));
    assert_eq!(tree.go(&go).as_deref(), Some("v1.0.0"));
    std::fs::remove_file(tree.path("@v/v1.1.0.mod")).expect("removed");
    assert_eq!(tree.go(&go).as_deref(), Some("v1.1.0"));
    assert_eq!(tree.ours(), Err(Class::Network));
}

/// Versions from which trees are drawn: enough to meet every rule, few enough to meet them often.
const POOL: [&str; 12] = [
    "v0.1.0",
    "v1.0.0-rc.1",
    "v1.0.0",
    "v1.1.0",
    "v1.2.0-RC2",
    "v1.2.0-rc.10",
    "v1.2.0",
    "v1.3.0-0.20260102030405-abcdefabcdef",
    "v2.0.0-pre+incompatible",
    "v2.0.0+incompatible",
    "v2.1.0+incompatible",
    "v3.0.0+incompatible",
];

/// How a go.mod ends: made up by a proxy, written, or written with a retraction.
#[derive(Debug, Clone)]
enum Rules {
    MadeUp,
    Real,
    Retracts(usize, usize),
}

fn rules() -> impl Strategy<Value = Rules> {
    prop_oneof![
        2 => Just(Rules::MadeUp),
        2 => Just(Rules::Real),
        3 => (0..POOL.len(), 0..POOL.len()).prop_map(|(a, b)| Rules::Retracts(a.min(b), a.max(b))),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_trees(
        chosen in proptest::collection::vec(any::<bool>(), POOL.len()),
        rules in proptest::collection::vec(rules(), POOL.len() + 1),
        latest: bool,
    ) {
        let Some(go) = go() else { return Ok(()) };
        let text = |index: usize| match &rules[index] {
            Rules::MadeUp => String::new(),
            Rules::Real => REAL.to_owned(),
            Rules::Retracts(low, high) => format!("{REAL}retract [{}, {}]\n", POOL[*low], POOL[*high]),
        };
        let versions: Vec<&str> = POOL.iter().zip(&chosen).filter(|(_, chosen)| **chosen).map(|(v, _)| *v).collect();
        let of = |version: &str| text(POOL.iter().position(|v| *v == version).expect("in the pool"));
        let mut tree = Tree::new("example.test/agent", &versions, of);
        if latest {
            tree = tree.with_latest(PSEUDO, &text(POOL.len()));
        }
        prop_assert_eq!(tree.ours(), Ok(tree.go(&go)), "{:?} {:?}", versions, rules);
    }
}
