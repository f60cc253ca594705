//! What the updater does to an agent, as its administrator sees it.

use libtest_mimic::Trial;
use sentinel_updater::cli::demo::{Release, Variant};
use serde_json::Value;

use super::host::{BINARY, Host};
use super::scenario;
use crate::kit::Result;
use crate::kit::base::Base;

pub(crate) fn scenarios() -> Vec<Trial> {
    vec![
        scenario("updates::good_versions_are_taken_and_bad_ones_are_rolled_back", story),
        scenario("updates::a_schema_change_is_kept_or_taken_back_with_its_rows", schemas),
        scenario("updates::the_seeds_own_flow_and_its_rollback_by_hand", by_hand),
        scenario("updates::an_explicit_rollback_stays", explicit_rollback),
        scenario("updates::the_service_does_it_by_itself_and_says_so", service),
        scenario("updates::the_usual_window_of_a_minute", whole_window),
    ]
}

fn step<'a>(run: &'a Value, id: &str) -> &'a Value {
    let steps = run["steps"].as_array().expect("steps");
    steps.iter().find(|step| step["id"] == id).unwrap_or_else(|| panic!("no step {id}"))
}

/// Three checks that must change nothing.
fn rests(host: &Host) {
    let (version, pid, runs) = (host.agent_version(), host.pid(), host.history().len());
    for _ in 0..3 {
        host.once(0);
    }
    assert_eq!((host.agent_version(), host.pid(), host.history().len()), (version, pid, runs));
}

fn story(base: &Base) -> Result<()> {
    let host = Host::new(base)?;
    host.install();

    host.publish("v1.1.0", Variant::Good)?;
    let rows = host.rows().len();
    host.once(0);
    let run = host.last_run("updated");
    assert_eq!((&run["from"], &run["to"], &run["by"]), (&"v1.0.0".into(), &"v1.1.0".into(), &"timer".into()));
    assert!(run["downtime_ms"].as_u64().is_some_and(|ms| ms < 5_000), "{run:#}");
    assert!(run["snapshot_ms"].as_u64().is_some() && run["took_ms"].as_u64().is_some(), "{run:#}");
    for id in [
        "check",
        "detect",
        "preflight",
        "build",
        "prove",
        "stop",
        "snapshot",
        "install",
        "start",
        "verify",
        "commit",
    ] {
        assert_eq!(step(&run, id)["status"], "done", "{id}: {run:#}");
    }
    assert_eq!(step(&run, "register")["status"], "skipped");
    assert_eq!(host.agent_version(), "v1.1.0");
    assert!(host.rows().len() > rows, "the database goes on");
    assert!(!host.machine.path("/usr/local/bin/.sentinel.next").exists());
    assert!(host.machine.path("/usr/local/bin/sentinel.backup").exists());

    host.publish("v1.2.0", Variant::CrashLoop)?;
    host.once(3);
    let run = host.last_run("rolled_back");
    assert!(run["error"].as_str().is_some_and(|error| error.contains("did not keep running")), "{run:#}");
    assert_eq!(
        (step(&run, "verify")["status"].as_str(), step(&run, "install")["status"].as_str()),
        (Some("failed"), Some("undone"))
    );
    assert_eq!(host.agent_version(), "v1.1.0");
    let held = &host.status()["held"][0];
    assert_eq!((&held["version"], &held["retry_at"]), (&"v1.2.0".into(), &Value::Null));
    rests(&host);

    host.publish("v1.3.0", Variant::BrokenCompile)?;
    let pid = host.pid();
    host.once(1);
    let run = host.last_run("failed");
    assert_eq!((&run["downtime_ms"], step(&run, "stop")["status"].as_str()), (&Value::Null, Some("not_run")));
    assert_eq!(host.pid(), pid, "the agent was not touched");
    let held = host.status()["held"].as_array().cloned().expect("held");
    let waiting = held.iter().find(|held| held["version"] == "v1.3.0").expect("it waits");
    assert!(waiting["retry_at"].is_string(), "{waiting:#}");
    rests(&host);

    let retracting = Release::new("v1.4.0").retracting("v1.4.0", "published by mistake");
    host.tree.publish(&retracting).map_err(|error| error.to_string())?;
    host.publish("v1.5.0-rc.1", Variant::Good)?;
    rests(&host);
    host.publish("v1.6.0", Variant::Good)?;
    host.once(0);
    assert_eq!(host.last_run("updated")["to"], "v1.6.0");
    assert_eq!(host.agent_version(), "v1.6.0");
    Ok(())
}

fn schemas(base: &Base) -> Result<()> {
    let host = Host::new(base)?;
    host.install();
    host.publish("v1.1.0", Variant::SchemaChangeThenFail(2))?;
    host.once(3);
    host.last_run("rolled_back");
    assert_eq!(host.agent_version(), "v1.0.0");
    assert_eq!(host.health()["schema"], 1);
    host.machine.exec(&["systemctl", "stop", "sentinelgo"]).ok();
    let aside = host.machine.sh("ls /var/lib/sentinelgo/*aside*").ok().stdout;
    let aside = aside.lines().next().expect("what the failed version made of it is kept");
    let before = host.machine.sh(&format!("sqlite3 {aside} 'SELECT count(*) FROM beats'")).ok();
    assert!(before.stdout.trim().parse::<u64>().is_ok_and(|rows| rows > 0), "{before}");
    let check = host.machine.sh("sqlite3 /var/lib/sentinelgo/sentinel.db 'PRAGMA integrity_check'").ok();
    assert_eq!(check.stdout.trim(), "ok");
    let rows = host.rows();
    let expected: Vec<String> = (1..=rows.len()).map(|id| id.to_string()).collect();
    assert_eq!(rows, expected, "row for row");
    host.machine.exec(&["systemctl", "start", "sentinelgo"]).ok();

    host.publish("v1.2.0", Variant::SchemaChange(2))?;
    host.once(0);
    assert_eq!(host.last_run("updated")["to"], "v1.2.0");
    assert_eq!(host.health()["schema"], 2);
    assert!(host.rows().len() > rows.len());
    Ok(())
}

fn by_hand(base: &Base) -> Result<()> {
    let host = Host::new(base)?;
    host.install();
    host.publish("v1.1.0", Variant::Good)?;
    host.once(0);
    assert_eq!(host.agent_version(), "v1.1.0");
    // As the seed tells the administrator of a rollback that failed.
    host.machine.sh("systemctl stop sentinelgo-updater sentinelgo").ok();
    host.machine.sh(&format!("cp {BINARY}.backup {BINARY} && chmod +x {BINARY}")).ok();
    assert_eq!(host.machine.exec(&[BINARY, "install"]).code, Some(1), "it is registered already");
    host.machine.sh("systemctl start sentinelgo").ok();
    assert_eq!(host.agent_version(), "v1.0.0");
    host.once(0);
    let run = &host.history()[0];
    assert_eq!(
        (&run["kind"], &run["from"], &run["to"]),
        (&"external".into(), &"v1.1.0".into(), &"v1.0.0".into())
    );
    let status = host.status();
    assert_eq!(status["held"][0]["reason"], "replaced by hand");
    assert!(
        status["alerts"].as_array().expect("alerts").iter().any(|alert| alert["id"] == "changed_outside")
    );
    rests(&host);
    Ok(())
}

fn explicit_rollback(base: &Base) -> Result<()> {
    let host = Host::new(base)?;
    host.install();
    host.publish("v1.1.0", Variant::SchemaChange(2))?;
    assert_eq!(host.updater(&["update"]).code, Some(0));
    assert_eq!(host.agent_version(), "v1.1.0");
    let refused = host.updater(&["rollback"]);
    assert_eq!(refused.code, Some(6), "{refused}");
    assert!(refused.stderr.contains("--restore-database"), "{refused}");
    let done = host.updater(&["rollback", "--restore-database"]);
    assert_eq!(done.code, Some(0), "{done}");
    let run = host.last_run("updated");
    assert_eq!(
        (&run["kind"], &run["to"], &run["by"]),
        (&"rollback".into(), &"v1.0.0".into(), &"uid 0".into())
    );
    assert_eq!((host.agent_version().as_str(), host.health()["schema"].as_u64()), ("v1.0.0", Some(1)));
    rests(&host);
    let refused = host.updater(&["update"]);
    assert_eq!(refused.code, Some(6), "{refused}");
    assert_eq!(host.updater(&["update", "--force"]).code, Some(0));
    assert_eq!(host.agent_version(), "v1.1.0");
    Ok(())
}

fn service(base: &Base) -> Result<()> {
    let host = Host::new(base)?;
    host.start_service();
    host.wait_for_log("installation nothing -> v1.0.0");
    host.wait("v1.0.0 is installed", || (host.history().len() == 1).then_some(()));
    assert_eq!(host.agent_version(), "v1.0.0");
    host.publish("v1.1.0", Variant::Good)?;
    host.wait("v1.1.0 is installed", || (host.history().len() == 2).then_some(()));
    assert_eq!(host.last_run("updated")["to"], "v1.1.0");
    let status = host.status();
    assert_eq!(
        status["updater"]["pid"].to_string(),
        host.show("sentinelgo-updater", "MainPID"),
        "{status:#}"
    );
    assert_eq!(
        (&status["agent"]["version"], &status["agent"]["state"]),
        (&"v1.1.0".into(), &"running".into())
    );
    // The service answers what it can do itself; a second one is refused.
    let answered = host.updater(&["update"]).ok();
    assert!(answered.stdout.contains("v1.1.0 is installed already"), "{answered}");
    let refused = host.updater(&["run"]);
    assert_eq!(refused.code, Some(6), "{refused}");
    assert!(host.show("sentinelgo-updater", "StatusText").contains("v1.1.0"));
    host.machine.exec(&["systemctl", "stop", "sentinelgo-updater"]).ok();
    assert_eq!(host.show("sentinelgo-updater", "Result"), "success");
    assert_eq!(host.updater(&["status"]).code, Some(4), "it is off, and says what can be told");
    assert_eq!(host.agent_version(), "v1.1.0", "the agent does not need it");
    Ok(())
}

/// The one scenario with the window as it is shipped.
fn whole_window(base: &Base) -> Result<()> {
    let host = Host::with(base, "verify.window = \"60s\"\n")?;
    host.install();
    let run = host.last_run("updated");
    assert!(step(&run, "verify")["took_ms"].as_u64().is_some_and(|ms| ms >= 60_000), "{run:#}");
    Ok(())
}
