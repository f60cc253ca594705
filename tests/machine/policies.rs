//! When updates are taken, on the real thing.

use libtest_mimic::Trial;
use sentinel_updater::cli::demo::Variant;

use super::host::Host;
use super::scenario;
use crate::kit::Result;
use crate::kit::base::Base;

pub(crate) fn scenarios() -> Vec<Trial> {
    vec![
        scenario("policies::a_staged_version_waits_and_is_switched_to_without_a_second_compile", staged),
        scenario("policies::a_pause_survives_a_restart", paused),
        scenario("policies::a_database_is_always_restored_where_the_policy_says_so", always),
    ]
}

fn builds(host: &Host) -> usize {
    host.machine.sh("ls /var/lib/sentinelgo/updater/builds").ok().stdout.lines().count()
}

fn staged(base: &Base) -> Result<()> {
    let host = Host::new(base)?;
    host.install();
    host.publish("v1.1.0", Variant::Good)?;
    let (pid, before) = (host.pid(), builds(&host));
    let done = host.updater(&["update", "--stage-only"]);
    assert_eq!(done.code, Some(0), "{done}");
    let run = host.last_run("staged");
    assert_eq!((&run["to"], &run["error"], &run["downtime_ms"]), (&"v1.1.0".into(), &().into(), &().into()));
    assert_eq!((host.pid(), builds(&host)), (pid.clone(), before + 1));
    assert!(!host.machine.path("/usr/local/bin/.sentinel.next").exists());
    let versions = host.updater(&["versions"]).ok();
    assert!(
        versions.stdout.lines().any(|line| line.starts_with("v1.1.0") && line.contains("staged")),
        "{versions}"
    );
    let preview = host.updater(&["update", "--dry-run"]).ok();
    assert!(preview.stdout.contains("built and proven already"), "{preview}");
    let refused = host.updater(&["rollback", "v1.1.0"]);
    assert_eq!(refused.code, Some(6), "{refused}");

    let done = host.updater(&["update"]);
    assert_eq!(done.code, Some(0), "{done}");
    let run = host.last_run("updated");
    let build =
        run["steps"].as_array().expect("steps").iter().find(|step| step["id"] == "build").expect("build");
    assert_eq!(build["status"], "skipped", "{run:#}");
    assert_eq!(builds(&host), before + 1, "no second compile");
    assert_eq!(host.agent_version(), "v1.1.0");
    let versions = host.updater(&["versions"]).ok();
    assert!(!versions.stdout.contains("staged"), "{versions}");
    Ok(())
}

fn paused(base: &Base) -> Result<()> {
    let host = Host::new(base)?;
    host.install();
    host.updater(&["pause", "--reason", "freeze"]).ok();
    host.publish("v1.1.0", Variant::Good)?;
    host.start_service();
    host.wait_for_log("v1.1.0 is available and not taken now: paused: freeze");
    host.machine.exec(&["systemctl", "restart", "sentinelgo-updater"]).ok();
    host.wait("it runs again", || (host.status()["updater"]["state"] == "idle").then_some(()));
    let status = host.status();
    assert_eq!(
        (&status["updater"]["paused"]["reason"], &status["agent"]["version"]),
        (&"freeze".into(), &"v1.0.0".into())
    );
    host.machine.exec(&["systemctl", "stop", "sentinelgo-updater"]).ok();
    assert_eq!(host.agent_version(), "v1.0.0");
    assert_eq!(host.updater(&["update"]).code, Some(0), "a command is not paused");
    assert_eq!(host.agent_version(), "v1.1.0");
    host.updater(&["resume"]).ok();
    assert_eq!(host.status()["updater"]["paused"], serde_json::Value::Null);
    Ok(())
}

fn always(base: &Base) -> Result<()> {
    let host = Host::with(base, "policy.restore_database = \"always\"\n")?;
    host.install();
    host.publish("v1.1.0", Variant::CrashLoop)?;
    host.once(3);
    host.last_run("rolled_back");
    assert_eq!(host.agent_version(), "v1.0.0");
    let aside = host.machine.sh("ls /var/lib/sentinelgo/sentinel.db.aside-*").ok().stdout;
    assert_eq!(aside.lines().count(), 1, "what the failed version left is kept: {aside}");
    host.machine.exec(&["systemctl", "stop", "sentinelgo"]).ok();
    let check = host.machine.sh("sqlite3 /var/lib/sentinelgo/sentinel.db 'PRAGMA integrity_check'").ok();
    assert_eq!(check.stdout.trim(), "ok");
    Ok(())
}
