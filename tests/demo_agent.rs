//! The sample agent and its module proxy under the real go command: every kind of release builds, fails
//! and behaves as it says. Needs go, a C compiler and, the first time, the network.
#![cfg(unix)]

mod kit;

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use kit::child::{self, Output};
use kit::proxy::Workshop;
use kit::{network, proxy};
use rustix::process::{Pid, Signal, kill_process};
use sentinel_updater::cli::demo::{Release, Tree, Variant};

const MODULE: &str = "github.com/BrainStation-23/SentinelGo";
/// Longer than any variant takes to end by itself.
const RUN: Duration = Duration::from_secs(30);

#[test]
fn each_working_release_installs_and_knows_its_version() {
    let lab = Lab::new();
    let cases = [
        (Release::new("v1.0.0"), format!("{MODULE}/cmd/sentinel"), "sentinel", 1),
        (Release::new("v1.1.0-RC1"), format!("{MODULE}/cmd/sentinel"), "sentinel", 1),
        (
            Release::new("v1.4.0").variant(Variant::SchemaChange(2)),
            format!("{MODULE}/cmd/sentinel"),
            "sentinel",
            2,
        ),
        (
            Release::new("v2.1.0").module("example.test/agent/v2"),
            "example.test/agent/v2/cmd/sentinel".into(),
            "sentinel",
            1,
        ),
        (
            Release::new("v1.0.0").module("example.test/Root").package(""),
            "example.test/Root".into(),
            "Root",
            1,
        ),
        (
            Release::new("v0.0.0-20260101000000-abcdefabcdef")
                .module("example.test/untagged")
                .package("cmd/Agent"),
            "example.test/untagged/cmd/Agent".into(),
            "Agent",
            1,
        ),
    ];
    for (release, package, binary, schema) in cases {
        lab.publish(&release);
        let version = release.version();
        lab.install(&format!("{package}@{version}")).ok();
        let said = lab.run(binary, &["--version"]).ok().stdout;
        assert_eq!(said, format!("SentinelGo agent {version} (schema {schema})\n"));
    }
}

#[test]
fn a_release_that_cannot_be_built_fails_for_its_own_reason() {
    let lab = Lab::new();
    let cases = [
        (Release::new("v1.3.0").variant(Variant::BrokenCompile), "undefined: undefinedDuration"),
        (
            Release::new("v1.3.1").declaring("example.test/home"),
            "module declares its path as: example.test/home",
        ),
        (Release::new("v1.3.2").go("1.99"), "requires go >= 1.99"),
        (Release::new("v1.3.3").go_mod_extra("replace example.test/a => ./a"), "replace directives"),
    ];
    for (release, reason) in cases {
        lab.publish(&release);
        let output = lab.install(&format!("{MODULE}/cmd/sentinel@{}", release.version()));
        assert_eq!(output.code, Some(1), "{output}");
        assert!(output.stderr.contains(reason), "no `{reason}` in {output}");
    }
}

#[test]
fn go_sees_what_is_published_retracted_and_withdrawn() {
    let lab = Lab::new();
    lab.publish(&Release::new("v1.1.0"));
    lab.publish(&Release::new("v1.2.0").variant(Variant::CrashLoop));
    assert_eq!(lab.latest(), "v1.2.0");
    lab.publish(&Release::new("v1.2.1").retracting("[v1.2.0, v1.2.1]", "stops after two seconds"));
    assert_eq!(lab.latest(), "v1.1.0");
    lab.publish(&Release::new("v1.3.0-rc.1"));
    assert_eq!(lab.latest(), "v1.1.0", "a release is preferred to a prerelease");
    lab.publish(&Release::new("v1.3.0"));
    assert_eq!(lab.latest(), "v1.3.0", "v1.3.0 retracts nothing");
    lab.tree.withdraw(MODULE, "v1.3.0").expect("withdrawn");
    assert_eq!(lab.latest(), "v1.1.0");
}

#[test]
fn the_agent_beats_migrates_and_refuses_a_newer_database() {
    let lab = Lab::new();
    let old = lab.build(&Release::new("v1.0.0"));
    let new = lab.build(&Release::new("v1.4.0").variant(Variant::SchemaChange(2)));
    let database = lab.path("data/sentinel.db");

    let agent = Agent::start(&old, &database);
    let health = agent.health(200);
    assert_eq!(
        (health["status"].as_str(), health["version"].as_str()),
        (Some("ok"), Some("v1.0.0")),
        "{health}"
    );
    assert_eq!(
        (health["schema"].as_u64(), health["pid"].as_u64()),
        (Some(1), Some(agent.pid().into())),
        "{health}"
    );
    let beats = health["beats"].as_u64().expect("a number of beats");
    assert!(beats >= 1, "{health}");
    assert_eq!(agent.stop(), Some(0), "SIGTERM is a clean end");

    let agent = Agent::start(&new, &database);
    let health = agent.health(200);
    assert!(health["beats"].as_u64() > Some(beats), "the beats of before are still there: {health}");
    assert_eq!(agent.stop(), Some(0));

    let output = lab.run_on(&old, &database);
    assert_eq!(output.code, Some(3), "{output}");
    assert_eq!(schema(&database), 2, "the old version left the newer database alone");
}

#[test]
fn each_faulty_release_fails_in_its_own_way() {
    let lab = Lab::new();
    let crash = lab.build(&Release::new("v1.2.0").variant(Variant::CrashLoop));
    let migrate = lab.build(&Release::new("v1.5.0").variant(Variant::SchemaChangeThenFail(3)));
    let sick = lab.build(&Release::new("v1.6.0").variant(Variant::Unhealthy));

    let agent = Agent::start(&crash, &lab.path("crash.db"));
    assert_eq!(agent.health(200)["status"], "ok", "it looks well at first");
    assert_eq!(agent.end(), Some(1));

    let database = lab.path("migrate.db");
    assert_eq!(lab.run_on(&migrate, &database).code, Some(1));
    assert_eq!(schema(&database), 3, "it fails after the migration");

    let agent = Agent::start(&sick, &lab.path("sick.db"));
    assert_eq!(agent.health(200)["status"], "ok", "it looks well at first");
    assert_eq!(agent.health(503)["status"], "failing");
    assert_eq!(agent.stop(), Some(0), "it goes on running");
}

/// A module proxy, and a go command that sees nothing else.
struct Lab {
    shop: Workshop,
    tree: Tree,
    proxy: String,
}

impl Lab {
    fn new() -> Self {
        let shop = Workshop::enter().expect("a workshop");
        let tree = Tree::new(shop.home().join("proxy")).expect("a tree");
        let proxy = proxy::goproxy(&tree).expect("the dependencies");
        Self { shop, tree, proxy }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.shop.home().join(name)
    }

    fn publish(&self, release: &Release) {
        self.tree.publish(release).expect("published");
    }

    fn go(&self, arguments: &[&str]) -> Output {
        let mut command = self.shop.go(&self.proxy);
        command.args(arguments);
        child::run(command, proxy::BUILD).expect("go ends")
    }

    fn install(&self, package: &str) -> Output {
        self.go(&["install", "-trimpath", package])
    }

    /// The version that `MODULE@latest` means.
    fn latest(&self) -> String {
        let output = self.go(&["list", "-m", "-f", "{{.Version}}", &format!("{MODULE}@latest")]).ok();
        output.stdout.trim().to_owned()
    }

    /// Publishes and installs a release of the default module; the binary under its version's name.
    fn build(&self, release: &Release) -> PathBuf {
        self.publish(release);
        self.install(&format!("{MODULE}/cmd/sentinel@{}", release.version())).ok();
        let binary = self.path(release.version());
        std::fs::rename(self.path("bin/sentinel"), &binary).expect("go put it into GOBIN");
        binary
    }

    fn run(&self, binary: &str, arguments: &[&str]) -> Output {
        let mut command = Command::new(self.path("bin").join(binary));
        command.args(arguments);
        child::run(command, RUN).expect("the agent ends")
    }

    /// Runs a binary on a database until it ends by itself.
    fn run_on(&self, binary: &Path, database: &Path) -> Output {
        let mut command = Command::new(binary);
        command.arg("-db").arg(database);
        child::run(command, RUN).expect("the agent ends")
    }
}

/// A running agent.
struct Agent {
    process: Child,
    port: u16,
}

impl Agent {
    /// Returns when the agent says that it runs.
    fn start(binary: &Path, database: &Path) -> Self {
        let port = network::free_port().expect("a port");
        let mut command = Command::new(binary);
        command.arg("-db").arg(database).env("SENTINEL_HEALTH", format!("127.0.0.1:{port}"));
        let mut process = command.stderr(Stdio::piped()).spawn().expect("the agent starts");
        let mut line = String::new();
        let stderr = process.stderr.as_mut().expect("a pipe");
        BufReader::new(stderr).read_line(&mut line).expect("a line");
        assert!(line.contains(" runs, schema "), "{line}");
        Self { process, port }
    }

    fn pid(&self) -> u32 {
        self.process.id()
    }

    /// Asks for its health until the answer has this status: versions that fail do so after a while.
    fn health(&self, status: u16) -> serde_json::Value {
        loop {
            let (got, body) = network::get(self.port, "/healthz").expect("the agent answers");
            if got == status {
                return serde_json::from_str(&body).expect("JSON");
            }
            std::thread::yield_now();
        }
    }

    /// Sends SIGTERM; the exit code.
    fn stop(self) -> Option<i32> {
        kill_process(Pid::from_child(&self.process), Signal::TERM).expect("it runs");
        self.end()
    }

    /// Waits for the end; the exit code.
    fn end(mut self) -> Option<i32> {
        self.process.wait().expect("it ends").code()
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        // After the end there is nothing to kill.
        let _ = self.process.kill();
    }
}

fn schema(database: &Path) -> u32 {
    let connection = rusqlite::Connection::open(database).expect("a database");
    connection.query_row("PRAGMA user_version", [], |row| row.get(0)).expect("a schema")
}
