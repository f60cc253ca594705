//! What is there is told: status, history, versions.

use sentinel_updater::host::lock::Lock;
use sentinel_updater::model::changes::Change;
use sentinel_updater::model::held::HeldCause;
use sentinel_updater::model::status::Paused;
use sentinel_updater::model::{Changes, Held, Verdict, Version};
use sentinel_updater::ports::Records;
use serde_json::Value;

use super::place::{MODULE, Place, ask, at, done, keys};

#[test]
fn status_without_anything_is_whole_and_ends_with_4() {
    let place = Place::new();
    let answer = place.run("status --json");
    assert_eq!(answer.code, Some(4), "{answer:?}");
    let socket = place.path("control.sock").display().to_string();
    assert!(answer.talk.starts_with("error: ") && answer.talk.contains(&socket), "{answer:?}");
    assert!(answer.talk.contains("\n  next: start `sentinel-updater run`\n"), "{answer:?}");
    let status = answer.json();
    assert_eq!(keys(&status), ["agent", "alerts", "held", "last_run", "latest", "run", "schema", "updater"]);
    assert_eq!(
        keys(&status["updater"]),
        ["manager", "next_check_at", "paused", "pid", "probation", "started_at", "state", "version"]
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
    assert_eq!(running.code, Some(4), "somebody holds the lock, but cannot be asked: {running:?}");
    assert!(running.talk.contains(&format!("at work (pid {})", std::process::id())), "{running:?}");
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
    let log = place.layout().build_log(&later.id).expect("a path");
    std::fs::write(&log, "compiling\n").expect("write");
    later.build_log = Some(log.clone());
    later.changes = Some(Changes {
        go: Some(Change { name: "go".into(), from: Some("go1.25.1".into()), to: Some("go1.26.8".into()) }),
        ..Changes::default()
    });
    let mut earlier = done();
    earlier.build_log = Some(place.path("removed.log"));
    records.put_run(&later).expect("write");
    records.put_run(&earlier).expect("write");

    let list = place.run("history --json").json();
    let ids: Vec<&Value> = list.as_array().expect("an array").iter().map(|run| &run["id"]).collect();
    assert_eq!(ids, ["20261125T031500Z-ffff", "20261124T031500Z-1a2b"]);
    for run in list.as_array().expect("an array") {
        assert_eq!(keys(run).len(), 16, "the keys of a run object are always the same");
    }
    assert_eq!(list[0]["build_log"], log.display().to_string());
    assert_eq!(list[0]["changes"]["go"]["to"], "go1.26.8");
    assert_eq!((&list[1]["build_log"], &list[1]["changes"]), (&Value::Null, &Value::Null), "it is gone");
    let one = place.run("history 20261125");
    for said in [
        "outcome       rolled back",
        "reason        it died",
        "  + Stop agent",
        "changes       Go go1.25.1 -> go1.26.8",
        &log.display().to_string(),
    ] {
        assert!(one.out.contains(said), "{said}: {one:?}");
    }
    assert_eq!(place.run("history 20261124T031500Z-1a2b --json").json()["verdict"], "updated");
    for id in ["nope", "../updater", "", "2026112"] {
        let mut command = place.command(["history", id]);
        let missing = ask(&mut command);
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
        [
            "available",
            "commit_time",
            "first_seen_at",
            "held",
            "installed",
            "kept",
            "retracted",
            "schema_differs",
            "snapshot_at",
            "staged",
            "version"
        ]
    );
    assert_eq!(rows[0]["available"], true);
    assert_eq!(rows[0]["first_seen_at"], "2026-11-24T03:00:00Z");
}
