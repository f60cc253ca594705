//! The real program, run as people and scripts run it: without a service, in a state of its own.
#![allow(clippy::print_stdout)]

use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use sentinel_updater::cli::demo::{Release, Tree};
use sentinel_updater::host::lock::Lock;
use sentinel_updater::host::privilege::is_root;
use sentinel_updater::model::held::HeldCause;
use sentinel_updater::model::status::Paused;
use sentinel_updater::model::{By, Held, Run, RunKind, StepId, StepStatus, Timestamp, Verdict, Version};
use sentinel_updater::ports::Records;
use sentinel_updater::store::{Layout, SqliteRecords};
use serde_json::Value;

const PROGRAM: &str = env!("CARGO_BIN_EXE_sentinel-updater");
const MODULE: &str = "example.test/agent";

/// A host as far as these commands see one: a configuration, and the folders that it names.
struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    fn new() -> Self {
        let place = Self { folder: tempfile::tempdir().expect("a directory") };
        place.configure("");
        place
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn layout(&self) -> Layout {
        Layout::new(self.path("state"))
    }

    /// Writes the configuration, with more lines at its end.
    fn configure(&self, more: &str) {
        let at = |name: &str| self.path(name).display().to_string();
        let text = format!(
            "[updater]\nservice_name = \"cli-test-updater\"\n[service]\nmanager = \"process\"\n\
             [agent]\nmodule = \"{MODULE}\"\nservice_name = \"cli-test-agent\"\nbinary = \"{}\"\n\
             [paths]\ndata = \"{}\"\nstate = \"{}\"\ncache = \"{}\"\n{more}",
            at("agent"),
            at("data"),
            at("state"),
            at("cache"),
        );
        std::fs::write(self.path("updater.toml"), text).expect("the configuration");
    }

    fn records(&self) -> SqliteRecords {
        self.layout().create().expect("the state");
        SqliteRecords::new(self.layout().records())
    }

    fn command<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> Command {
        let mut command = bare();
        command.arg("--config").arg(self.path("updater.toml")).args(args);
        command
    }

    fn run(&self, line: &str) -> Answer {
        answer(&mut self.command(line.split_whitespace()))
    }
}

/// The program with an environment that sets nothing.
fn bare() -> Command {
    let mut command = Command::new(PROGRAM);
    command.env_clear().stdin(Stdio::null());
    command
}

#[derive(Debug)]
struct Answer {
    code: Option<i32>,
    out: String,
    talk: String,
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

fn answer(command: &mut Command) -> Answer {
    let Output { status, stdout, stderr } = command.output().expect("the program starts");
    Answer {
        code: status.code(),
        out: String::from_utf8(stdout).expect("text"),
        talk: String::from_utf8(stderr).expect("text"),
    }
}

fn keys(value: &Value) -> Vec<&str> {
    value.as_object().expect("an object").keys().map(String::as_str).collect()
}

fn at(text: &str) -> Timestamp {
    text.parse().expect("a time")
}

fn done() -> Run {
    let mut run =
        Run::new("20261124T031500Z-1a2b".into(), RunKind::Update, By::Uid(0), at("2026-11-24T03:15:00Z"));
    run.from = Some("v1.0.0".into());
    run.to = Some("v1.1.0".into());
    run.verdict = Some(Verdict::Updated);
    run.took_ms = Some(41_000);
    run.downtime_ms = Some(180);
    for step in StepId::ALL {
        run.step_ended(step, StepStatus::Done, Some(1), None);
    }
    run
}

#[test]
fn the_version_tells_when_and_from_what_it_was_built() {
    let answer = answer(bare().arg("--version"));
    let rest = answer.out.strip_prefix("sentinel-updater 0.1.0 (built ").expect("the name").trim_end();
    let (time, commit) = rest.strip_suffix(')').and_then(|rest| rest.split_once(", commit ")).expect("both");
    assert!(time.parse::<Timestamp>().is_ok(), "{time}");
    assert!(commit == "unknown" || (commit.len() == 7 && commit.bytes().all(|b| b.is_ascii_hexdigit())));
    assert_eq!(answer.code, Some(0));
}

#[test]
fn help_lists_every_command_for_people_and_no_other() {
    let answer = answer(bare().arg("--help"));
    let (_, rest) = answer.out.split_once("Commands:\n").expect("commands");
    let (list, _) = rest.split_once("\n\n").expect("an end");
    let names: Vec<&str> = list.lines().filter_map(|line| line.split_whitespace().next()).collect();
    let all = [
        "run", "status", "check", "update", "rollback", "hold", "unhold", "history", "versions", "logs",
        "config",
    ];
    assert_eq!(names, all);
    for name in all {
        let answer = self::answer(bare().args([name, "--help"]));
        assert_eq!(answer.code, Some(0), "{name}");
        assert!(answer.out.contains(&format!("Usage: sentinel-updater {name}")), "{answer:?}");
    }
}

#[test]
fn wrong_usage_is_told_and_ends_with_2() {
    for (line, said) in [
        ("", "Usage:"),
        ("statsu", "a similar subcommand exists: 'status'"),
        ("status --jsno", "a similar argument exists: '--json'"),
        ("hold", "<VERSION>"),
        ("update 1.2", "`1.2` is not a module version; write it in full, like v1.4.2"),
        ("rollback --keep-database --restore-database", "cannot be used with"),
        ("logs kernel", "updater, agent, build"),
        ("--set nonsense status", "it is not KEY=VALUE"),
    ] {
        let answer = answer(bare().args(line.split_whitespace()));
        assert_eq!(answer.code, Some(2), "{line}: {answer:?}");
        assert!(answer.talk.contains(said), "{line}: {answer:?}");
        assert_eq!(answer.out, "", "{line}");
    }
}

#[test]
fn every_problem_of_the_configuration_is_told_at_once() {
    let place = Place::new();
    place.configure("[build]\njobs = 0\n[verify]\nwindow = \"soon\"\n[policy]\nprereleese = true\n");
    for line in
        ["config check", "config show", "status", "history", "versions", "check", "update", "run", "logs"]
    {
        let answer = place.run(line);
        assert_eq!(answer.code, Some(2), "{line}: {answer:?}");
        for said in ["build.jobs = 0", "verify.window = \"soon\"", "updater.toml:14"] {
            assert!(answer.talk.contains(said), "{line}: {answer:?}");
        }
    }
    let answer = place.run("config check");
    assert!(answer.talk.contains("the configuration has 2 problems"), "{answer:?}");
    assert!(answer.talk.contains("warning: ") && answer.talk.contains("policy.prerelease"), "{answer:?}");
    assert!(answer.talk.contains("\n  next: "), "{answer:?}");
}

#[test]
fn a_named_configuration_must_exist() {
    let answer = answer(bare().args(["--config", "/nonexistent/updater.toml", "status"]));
    assert_eq!(answer.code, Some(2));
    assert!(answer.talk.contains("/nonexistent/updater.toml: there is no such file"), "{answer:?}");
}

#[test]
fn settings_are_shown_with_their_origin() {
    let place = Place::new();
    let mut command = place.command(["--set", "build.jobs=3", "config", "show", "--origin", "--json"]);
    let answer = answer(command.env("CHECK_INTERVAL", "5m").env("GOPROXY", "https://u:hidden@proxy.test"));
    assert_eq!(answer.code, Some(0), "{answer:?}");
    let settings = answer.json();
    let find = |key: &str| {
        let all = settings.as_array().expect("an array");
        all.iter().find(|setting| setting["key"] == key).unwrap_or_else(|| panic!("{key}"))
    };
    for (key, value, from) in [
        ("updater.check_interval", "\"5m\"", "environment"),
        ("build.jobs", "3", "flag"),
        ("agent.service_name", "\"cli-test-agent\"", "file"),
        ("policy.keep_versions", "3", "default"),
    ] {
        let setting = find(key);
        assert_eq!(setting["origin"]["from"], from, "{setting}");
        assert_eq!(setting["value"], value, "{setting}");
    }
    assert!(!answer.out.contains("hidden"));

    let text = place.run("config show --origin");
    let line = text.out.lines().find(|line| line.starts_with("service_name = \"cli-test-agent\""));
    assert!(
        line.is_some_and(|line| line.contains("# file ") && line.ends_with("updater.toml:7")),
        "{text:?}"
    );
    let plain = place.run("config show");
    assert!(!plain.out.contains('#') && plain.out.contains("[policy]\n"), "{plain:?}");

    // What is shown is a configuration.
    std::fs::write(place.path("shown.toml"), &text.out).expect("write");
    let again = self::answer(bare().arg("--config").arg(place.path("shown.toml")).args(["config", "show"]));
    assert_eq!((again.code, again.out), (Some(0), plain.out));
}

#[test]
fn status_without_anything_is_whole_and_ends_with_4() {
    let place = Place::new();
    let answer = place.run("status --json");
    assert_eq!((answer.code, answer.talk.as_str()), (Some(4), ""), "{answer:?}");
    let status = answer.json();
    assert_eq!(keys(&status), ["agent", "alerts", "held", "last_run", "latest", "run", "schema", "updater"]);
    assert_eq!(
        keys(&status["updater"]),
        ["manager", "next_check_at", "paused", "pid", "started_at", "state", "version"]
    );
    assert_eq!(
        keys(&status["agent"]),
        ["binary", "pid", "restarts", "retracted", "service", "sha256", "since", "state", "version"]
    );
    assert_eq!(
        keys(&status["latest"]),
        ["checked_at", "commit_time", "error", "first_seen_at", "reason", "update_available", "version"]
    );
    assert_eq!(status["schema"], 1);
    assert_eq!(status["updater"]["state"], "off");
    assert_eq!(status["updater"]["manager"], "process");
    assert_eq!(status["agent"]["state"], "absent");
    assert_eq!(status["agent"]["service"], "cli-test-agent");
    assert_eq!(status["run"], Value::Null);
    let text = place.run("status");
    assert_eq!(text.code, Some(4));
    assert!(
        text.out.contains("not running") && text.out.contains("cli-test-agent: not installed"),
        "{text:?}"
    );
    assert!(!place.path("state").exists(), "a look leaves nothing behind");
}

#[test]
fn status_tells_what_the_updater_remembers() {
    let place = Place::new();
    let mut records = place.records();
    let now = at("2026-11-24T03:20:00Z");
    records.put_run(&done()).expect("write");
    let version = Version::parse("v1.2.0").expect("a version");
    let held = Held {
        version,
        reason: "it died".into(),
        at: now,
        retry_at: None,
        cause: HeldCause::Failed,
        attempts: 1,
        fingerprint: None,
    };
    records.hold(&held).expect("write");
    let paused = Paused { since: now, until: None, reason: Some("freeze".into()), by: "uid 0".into() };
    records.set_paused(Some(&paused)).expect("write");

    let status = place.run("status --json").json();
    assert_eq!(status["last_run"]["verdict"], "updated");
    assert_eq!(status["held"][0]["version"], "v1.2.0");
    assert_eq!(status["updater"]["paused"]["reason"], "freeze");
    let text = place.run("status").out;
    assert!(text.contains("update v1.0.0 -> v1.1.0: done in 41 s, agent down for 180 ms"), "{text}");

    let lock = Lock::acquire(&place.layout().lock()).expect("free");
    let running = place.run("status --json");
    assert_eq!(running.code, Some(0), "somebody holds the lock: {running:?}");
    assert_eq!(running.json()["updater"]["state"], "idle");
    assert_eq!(running.json()["updater"]["pid"], std::process::id());
    records.set_stuck(Some("v1.2.0")).expect("write");
    assert_eq!(place.run("status --json").json()["updater"]["state"], "stuck");
    drop(lock);
    assert_eq!(place.run("status --json").json()["updater"]["state"], "off");
}

#[test]
fn history_lists_runs_and_shows_one() {
    let place = Place::new();
    let none = place.run("history --json");
    assert_eq!((none.code, none.out.as_str()), (Some(0), "[]\n"));
    let none = place.run("history");
    assert_eq!((none.code, none.out.as_str(), none.talk.as_str()), (Some(0), "", "no run has ended yet\n"));

    let mut records = place.records();
    let mut later = done();
    later.id = "20261125T031500Z-ffff".into();
    later.started_at = at("2026-11-25T03:15:00Z");
    later.verdict = Some(Verdict::RolledBack);
    later.error = Some("it died".into());
    records.put_run(&later).expect("write");
    records.put_run(&done()).expect("write");
    let log = place.layout().build_log(&later.id).expect("a path");
    std::fs::write(&log, "compiling\n").expect("write");

    let list = place.run("history --json").json();
    let ids: Vec<&Value> = list.as_array().expect("an array").iter().map(|run| &run["id"]).collect();
    assert_eq!(ids, ["20261125T031500Z-ffff", "20261124T031500Z-1a2b"]);
    assert_eq!(keys(&list[0]).len(), 14, "the keys of a run object are always the same");
    let one = place.run("history 20261125T031500Z-ffff");
    for said in
        ["outcome       rolled back", "reason        it died", "  + Stop agent", &log.display().to_string()]
    {
        assert!(one.out.contains(said), "{said}: {one:?}");
    }
    assert_eq!(place.run("history 20261124T031500Z-1a2b --json").json()["verdict"], "updated");
    for id in ["nope", "../updater", ""] {
        let mut command = place.command(["history", id]);
        let missing = answer(&mut command);
        assert_eq!((missing.code, missing.out.as_str()), (Some(2), ""), "{missing:?}");
        assert!(missing.talk.contains("next: `sentinel-updater history`"), "{missing:?}");
    }
    let logs = place.run("logs build");
    assert_eq!((logs.code, logs.out.as_str()), (Some(0), "compiling\n"));
}

#[test]
fn versions_are_joined_from_all_that_is_known() {
    let place = Place::new();
    assert_eq!(place.run("versions --json").out, "[]\n");
    let mut records = place.records();
    let offered = ["v1.0.0", "v1.10.0", "v1.9.0"].map(|text| Version::parse(text).expect("a version"));
    records.note_offered(MODULE, &offered, at("2026-11-24T03:00:00Z")).expect("write");
    let rows = place.run("versions --json").json();
    let names: Vec<&Value> = rows.as_array().expect("an array").iter().map(|row| &row["version"]).collect();
    assert_eq!(names, ["v1.10.0", "v1.9.0", "v1.0.0"]);
    assert_eq!(
        keys(&rows[0]),
        ["available", "commit_time", "first_seen_at", "held", "installed", "kept", "retracted", "version"]
    );
    assert_eq!(rows[0]["available"], true);
    assert_eq!(rows[0]["first_seen_at"], "2026-11-24T03:00:00Z");
}

#[test]
fn check_asks_and_writes_nothing_where_it_may_not() {
    let place = Place::new();
    let tree = Tree::new(place.path("proxy")).expect("a tree");
    tree.publish(&Release::new("v1.0.0").module(MODULE)).expect("publish");
    tree.publish(&Release::new("v1.1.0").module(MODULE)).expect("publish");
    place.configure(&format!("[build]\ngoproxy = \"{}\"\ngosumdb = \"off\"\n", tree.url()));
    let plain = place.run("check");
    assert_eq!((plain.code, plain.out.as_str()), (Some(0), "v1.1.0 is available\n"), "{plain:?}");
    let coded = place.run("check --exit-code --json");
    assert_eq!(coded.code, Some(10), "{coded:?}");
    let latest = coded.json();
    assert_eq!(
        keys(&latest),
        ["checked_at", "commit_time", "error", "first_seen_at", "reason", "update_available", "version"]
    );
    assert_eq!(latest["version"], "v1.1.0");
    assert!(latest["commit_time"].is_string(), "{latest}");
    assert!(!place.path("state").exists(), "nothing was written");

    // A dry run tells the same and each condition.
    let dry = place.run("update --dry-run --json");
    assert_eq!(dry.code, Some(0), "{dry:?}");
    assert_eq!(dry.json()["target"], "v1.1.0");
    let gates: Vec<Value> = dry.json()["gates"].as_array().expect("gates").clone();
    assert!(gates.len() == 4 && gates.iter().all(|gate| gate["passes"] == true), "{gates:?}");
    assert_eq!(dry.json()["steps"].as_array().map(Vec::len), Some(12));
    place.configure(&format!(
        "[build]\ngoproxy = \"{}\"\ngosumdb = \"off\"\n[policy]\nconstraint = \"<1.1\"\n",
        tree.url()
    ));
    let outside = place.run("update v1.1.0 --dry-run");
    assert_eq!(outside.code, Some(6), "{outside:?}");
    assert!(outside.out.contains("v1.1.0 is outside the constraint"), "{outside:?}");
    assert_eq!(place.run("update v1.1.0 --dry-run --force").code, Some(0));
}

#[test]
fn a_check_that_fails_says_so_in_both_ways() {
    let place = Place::new();
    place.configure("[build]\ngoproxy = \"http://127.0.0.1:1\"\ngosumdb = \"off\"\n");
    let failed = place.run("check --exit-code --json");
    assert_eq!(failed.code, Some(1), "{failed:?}");
    assert!(failed.json()["error"].as_str().is_some_and(|text| text.contains("127.0.0.1:1")), "{failed:?}");
    assert!(failed.talk.starts_with("error: ") && failed.talk.contains("127.0.0.1:1"), "{failed:?}");
}

#[test]
fn a_reader_who_left_is_no_error() {
    let place = Place::new();
    for line in ["status --json", "config show", "history --json", "--help"] {
        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        let mut command = place.command(line.split_whitespace());
        let output = command.stdout(writer).stderr(Stdio::piped()).output().expect("the program starts");
        assert_eq!(output.status.code(), Some(0), "{line}");
        assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{line}");
    }
}

#[test]
fn logs_show_the_end_cleaned_and_follow_it() {
    let place = Place::new();
    let missing = place.run("logs");
    assert_eq!((missing.code, missing.out.as_str()), (Some(0), ""), "{missing:?}");
    assert!(missing.talk.contains("updater.log` yet"), "{missing:?}");
    std::fs::create_dir(place.path("data")).expect("a directory");
    let log = place.path("data/updater.log");
    std::fs::write(&log, "one\n\u{1b}[31mtwo\u{1b}[0m\nthree\n").expect("write");
    assert_eq!(place.run("logs updater -n 2").out, "two\nthree\n");
    std::fs::write(place.path("data/agent.log"), "from the agent\n").expect("write");
    assert_eq!(place.run("logs agent").out, "from the agent\n");
    let none = place.run("logs build");
    assert_eq!(
        (none.code, none.out.as_str(), none.talk.as_str()),
        (Some(0), "", "nothing has been built yet\n")
    );

    let mut follower =
        place.command(["logs", "-f", "-n", "1"]).stdout(Stdio::piped()).spawn().expect("the program starts");
    let mut lines = BufReader::new(follower.stdout.take().expect("a pipe")).lines();
    let mut next = || lines.next().expect("a line").expect("text");
    assert_eq!(next(), "three");
    append(&log, "four\n");
    assert_eq!(next(), "four");
    std::fs::rename(&log, place.path("data/updater.log.1")).expect("rotate");
    append(&log, "five\n");
    assert_eq!(next(), "five");
    follower.kill().expect("ours");
    follower.wait().expect("ended");
}

fn append(path: &Path, text: &str) {
    let mut file = std::fs::File::options().append(true).create(true).open(path).expect("open");
    file.write_all(text.as_bytes()).expect("write");
}

#[test]
fn a_change_beside_another_updater_is_refused_with_its_process() {
    if !is_root() {
        println!("skipped: needs root");
        return;
    }
    let place = Place::new();
    place.layout().create().expect("the state");
    let _lock = Lock::acquire(&place.layout().lock()).expect("free");
    for line in ["update", "rollback", "hold v1.0.0", "unhold v1.0.0"] {
        let refused = place.run(line);
        assert_eq!((refused.code, refused.out.as_str()), (Some(6), ""), "{line}: {refused:?}");
        assert!(refused.talk.contains(&format!("(pid {})", std::process::id())), "{line}: {refused:?}");
        assert!(refused.talk.contains("\n  next: "), "{line}: {refused:?}");
    }
}

#[test]
fn without_a_service_manager_only_the_running_updater_switches() {
    if !is_root() {
        println!("skipped: needs root");
        return;
    }
    let place = Place::new();
    for line in ["update", "rollback", "run --once"] {
        let refused = place.run(line);
        assert_eq!((refused.code, refused.out.as_str()), (Some(6), ""), "{line}: {refused:?}");
    }
}

#[test]
fn who_is_not_root_is_told_how_to_become_it() {
    let place = Place::new();
    place.layout().create().expect("the state");
    let Some(mut as_nobody) = as_nobody(&place) else {
        println!("skipped: needs root and setpriv");
        return;
    };
    for (line, remedy) in [
        ("update", "sudo sentinel-updater update"),
        ("rollback", "sudo sentinel-updater rollback"),
        ("hold v1.0.0", "sudo sentinel-updater hold v1.0.0"),
        ("unhold v1.0.0", "sudo sentinel-updater unhold v1.0.0"),
        ("history", "sudo sentinel-updater history"),
        ("versions", "sudo sentinel-updater versions"),
        ("logs build", "sudo sentinel-updater logs build"),
        ("status", "sudo sentinel-updater status"),
    ] {
        let refused = as_nobody(line);
        assert_eq!(refused.code, Some(5), "{line}: {refused:?}");
        assert!(refused.talk.contains(&format!("\n  next: `{remedy}`")), "{line}: {refused:?}");
    }
    assert!(as_nobody("status").out.contains("cli-test-agent"), "what can be seen is shown");
    assert_eq!(as_nobody("config check").code, Some(0));
}

/// Runs the program as a user without rights; `None` where that cannot be done.
fn as_nobody(place: &Place) -> Option<impl FnMut(&str) -> Answer> {
    use std::os::unix::fs::PermissionsExt;
    let setpriv = ["/usr/bin/setpriv", "/bin/setpriv"].iter().find(|path| Path::new(path).exists())?;
    if !is_root() {
        return None;
    }
    // The test's own program may lie where only its owner looks.
    let program = place.path("program");
    std::fs::copy(PROGRAM, &program).expect("copy");
    std::fs::set_permissions(place.folder.path(), PermissionsExt::from_mode(0o755)).expect("mode");
    let config = place.path("updater.toml");
    Some(move |line: &str| {
        let mut command = Command::new(setpriv);
        command.args(["--reuid", "65534", "--regid", "65534", "--clear-groups"]);
        command.arg(&program).arg("--config").arg(&config).args(line.split_whitespace());
        answer(command.env_clear().stdin(Stdio::null()))
    })
}
