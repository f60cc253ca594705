//! Probation on a real systemd: the agent dies after the commit.

use libtest_mimic::Trial;
use sentinel_updater::cli::demo::Variant;
use serde_json::Value;

use super::host::Host;
use super::scenario;
use crate::kit::Result;
use crate::kit::base::Base;

const UPDATER: &str = "sentinelgo-updater";

pub(crate) fn scenarios() -> Vec<Trial> {
    vec![
        scenario("probation::a_crash_is_taken_back_by_the_service_and_a_restart_goes_on_with_it", crash),
        scenario("probation::goes_on_at_the_next_run_once", once),
    ]
}

fn crash(base: &Base) -> Result<()> {
    let host = updated(base)?;
    assert_eq!(host.status()["updater"]["probation"]["version"], "v1.1.0");
    host.start_service();
    host.machine.exec(&["systemctl", "restart", UPDATER]).ok();
    assert_eq!(host.status()["updater"]["probation"]["version"], "v1.1.0");
    let before = host.last_run("updated");
    host.machine.exec(&["kill", "-9", &host.pid()]).ok();
    let run = host.wait_for_run(&before);
    assert_taken_back(&host, &run);
    Ok(())
}

fn once(base: &Base) -> Result<()> {
    let host = updated(base)?;
    host.machine.exec(&["kill", "-9", &host.pid()]).ok();
    host.wait("systemd started the agent again", || {
        (host.show("sentinelgo", "NRestarts") == "1").then_some(())
    });
    host.once(0);
    let run = host.last_run("updated");
    assert_taken_back(&host, &run);
    Ok(())
}

/// A host on which v1.1.0 has just been committed.
fn updated(base: &Base) -> Result<Host> {
    let host = Host::new(base)?;
    host.install();
    host.publish("v1.1.0", Variant::Good)?;
    host.once(0);
    host.last_run("updated");
    assert_eq!(host.agent_version(), "v1.1.0");
    Ok(host)
}

fn assert_taken_back(host: &Host, run: &Value) {
    assert_eq!((&run["kind"], &run["by"]), (&"rollback".into(), &"probation".into()), "{run:#}");
    assert_eq!((&run["verdict"], &run["to"]), (&"updated".into(), &"v1.0.0".into()), "{run:#}");
    let status = host.status();
    assert_eq!(status["updater"]["probation"], Value::Null);
    let held = &status["held"][0];
    assert_eq!((&held["version"], &held["retry_at"]), (&"v1.1.0".into(), &Value::Null), "{held:#}");
    assert!(held["reason"].as_str().is_some_and(|why| why.contains("failed its probation")), "{held:#}");
    host.assert_settled("v1.0.0");
}
