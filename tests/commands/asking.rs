//! Questions and orders for later.

use serde_json::Value;

use super::host::Host;
use super::kit::trials::{Test, tests};

pub(crate) fn tests() -> Vec<Test> {
    tests![the_service_answers_every_question_and_takes_every_order,]
}

fn the_service_answers_every_question_and_takes_every_order() {
    let host = Host::running();
    let status = host.ask("status");
    assert_eq!((status.code, status.stderr.as_str()), (Some(0), ""), "{status}");
    assert!(status.stdout.contains("waiting for the next check"), "{status}");
    let status = host.json("status --json");
    assert_eq!(
        (&status["updater"]["state"], &status["agent"]["version"]),
        (&"idle".into(), &"v1.0.0".into())
    );
    assert!(status["updater"]["next_check_at"].is_string(), "only the service knows it: {status}");
    let metrics = host.ask("status --metrics");
    assert_eq!(metrics.code, Some(0), "{metrics}");
    assert!(metrics.stdout.contains("# TYPE "), "{metrics}");

    let check = host.ask("check --exit-code");
    assert_eq!(check.code, Some(0), "{check}");
    host.publish("v1.1.0", sentinel_updater::cli::demo::Variant::Good);
    assert_eq!(host.ask("pause --for 2h --reason so").code, Some(0), "or it would be taken at once");
    let check = host.ask("check --exit-code");
    assert_eq!((check.code, check.stdout.contains("v1.1.0")), (Some(10), true), "{check}");

    let paused = host.json("status --json")["updater"]["paused"].clone();
    assert_eq!(paused["reason"], "so");
    assert!(paused["by"].as_str().is_some_and(|by| by.starts_with("uid ")), "{paused}");
    for said in ["automatic updates are resumed\n", "automatic updates were not paused\n"] {
        // The service must not begin with v1.1.0 meanwhile.
        assert_eq!(host.ask("hold v1.1.0 --reason because").code, Some(0));
        let answer = host.ask("resume");
        assert_eq!((answer.code, answer.stdout.as_str()), (Some(0), said), "{answer}");
    }
    let versions = host.json("versions --json");
    let row = |version: &str| -> Value {
        let rows = versions.as_array().expect("an array");
        rows.iter().find(|row| row["version"] == version).unwrap_or_else(|| panic!("{versions}")).clone()
    };
    assert_eq!((&row("v1.1.0")["held"], &row("v1.0.0")["installed"]), (&true.into(), &true.into()));
    assert!(host.ask("versions").stdout.contains("because"), "{}", host.ask("versions"));
    assert_eq!(host.ask("unhold v0.1.0").stdout, "v0.1.0 was not held\n");

    let history = host.json("history --json");
    assert_eq!(history[0]["to"], "v1.0.0");
    let id = history[0]["id"].as_str().expect("an id");
    let one = host.ask(&format!("history {id}"));
    assert!(one.stdout.contains("  + Commit") && one.stdout.contains("build log"), "{one}");
    let none = host.ask("history nope");
    assert_eq!(none.code, Some(2), "{none}");

    let logs = host.ask("logs -n 1000");
    assert!(logs.stdout.contains("sentinel-updater 0.1.0 starts"), "{logs}");
    assert_eq!(host.ask("logs -n 1").stdout.lines().count(), 1);
    let build = host.ask("logs build");
    assert_eq!(build.code, Some(0), "{build}");

    let config = host.ask("--set build.jobs=3 config show");
    assert!(!config.stdout.contains("jobs = 3"), "the service has its own: {config}");
    assert!(config.stderr.contains("settings of the running service"), "{config}");
    let local = host.ask("--set build.jobs=3 config show --local");
    assert!(local.stdout.contains("jobs = 3") && local.stderr.contains("updater.toml"), "{local}");
}
