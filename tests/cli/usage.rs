//! Usage, help and the configuration.

use std::process::Stdio;

use sentinel_updater::model::Timestamp;

use super::place::{Place, ask, bare};

#[test]
fn the_version_tells_when_and_from_what_it_was_built() {
    let answer = ask(bare().arg("--version"));
    let rest = answer.out.strip_prefix("sentinel-updater 0.1.0 (built ").expect("the name").trim_end();
    let (time, commit) = rest.strip_suffix(')').and_then(|rest| rest.split_once(", commit ")).expect("both");
    assert!(time.parse::<Timestamp>().is_ok(), "{time}");
    assert!(commit == "unknown" || (commit.len() == 7 && commit.bytes().all(|b| b.is_ascii_hexdigit())));
    assert_eq!(answer.code, Some(0));
}

#[test]
fn help_lists_every_command_for_people_and_no_other() {
    let answer = ask(bare().arg("--help"));
    let (_, rest) = answer.out.split_once("Commands:\n").expect("commands");
    let (list, _) = rest.split_once("\n\n").expect("an end");
    let names: Vec<&str> = list.lines().filter_map(|line| line.split_whitespace().next()).collect();
    let all = [
        "run", "status", "check", "update", "rollback", "cancel", "hold", "unhold", "pause", "resume",
        "history", "versions", "logs", "config", "demo", "tui",
    ];
    assert_eq!(names, all);
    for name in all {
        let answer = ask(bare().args([name, "--help"]));
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
        ("pause --for soon", "a duration such as"),
        ("pause --for 0s", "it is zero"),
        ("resume now", "unexpected argument"),
        ("logs kernel", "updater, agent, build"),
        ("--set nonsense status", "it is not KEY=VALUE"),
    ] {
        let answer = ask(bare().args(line.split_whitespace()));
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
        for said in ["build.jobs = 0", "verify.window = \"soon\"", "updater.toml:15"] {
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
    let answer = ask(bare().args(["--config", "/nonexistent/updater.toml", "status"]));
    assert_eq!(answer.code, Some(2));
    assert!(answer.talk.contains("/nonexistent/updater.toml: there is no such file"), "{answer:?}");
}

#[test]
fn settings_are_shown_with_their_origin() {
    let place = Place::new();
    let mut command = place.command(["--set", "build.jobs=3", "config", "show", "--origin", "--json"]);
    let answer = ask(command.env("CHECK_INTERVAL", "5m").env("GOPROXY", "https://u:hidden@proxy.test"));
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
    let again = ask(bare().arg("--config").arg(place.path("shown.toml")).args(["config", "show"]));
    assert_eq!((again.code, again.out), (Some(0), plain.out));
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
