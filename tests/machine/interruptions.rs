//! An update of the service that is interrupted: by a signal, a reboot, a pulled plug, the agent's death,
//! an operator.

use libtest_mimic::Trial;
use sentinel_updater::cli::demo::Variant;
use serde_json::Value;

use super::host::Host;
use super::scenario;
use crate::kit::Result;
use crate::kit::base::Base;

const UPDATER: &str = "sentinelgo-updater";
/// Long enough to do something in it.
const WINDOW: &str = "verify.window = \"8s\"\n";

pub(crate) fn scenarios() -> Vec<Trial> {
    vec![
        scenario("interruptions::sigterm_during_the_build_aborts_and_leaves_the_agent_alone", term_in_build),
        scenario("interruptions::sigterm_in_the_window_leaves_the_verdict_to_the_next_start", term_in_window),
        scenario("interruptions::a_reboot_while_the_agent_stops_is_taken_up", reboot_in_switch),
        scenario("interruptions::a_reboot_in_the_window_is_taken_up", reboot_in_window),
        scenario("interruptions::a_plug_pulled_between_stop_and_start_is_taken_up", plug_in_switch),
        scenario("interruptions::a_plug_pulled_in_the_window_is_taken_up", plug_in_window),
        scenario("interruptions::an_agent_killed_in_the_window_is_rolled_back_and_held", agent_killed),
        scenario("interruptions::an_operators_restart_begins_the_window_anew", agent_restarted),
    ]
}

fn term_in_build(base: &Base) -> Result<()> {
    let host = serving(base, "")?;
    let pid = host.pid();
    let before = begin(&host, "v1.1.0", "Download & compile begins")?;
    stop(&host);
    assert_eq!(host.pid(), pid, "the agent is the same process");
    let run = host.wait_for_run(&before);
    assert_eq!(run["verdict"], "aborted", "{run:#}");
    let left = host.machine.sh("pgrep -a '^(go|compile|link|cgo|gcc|cc1|as)$' || true");
    assert_eq!(left.stdout, "", "compilers are left running");
    host.assert_settled("v1.0.0");

    host.start_service();
    let run = host.wait_for_run(&run);
    assert_eq!(run["verdict"], "updated", "an aborted version is not held: {run:#}");
    host.assert_settled("v1.1.0");
    Ok(())
}

fn term_in_window(base: &Base) -> Result<()> {
    let host = serving(base, WINDOW)?;
    let before = begin(&host, "v1.1.0", "Verify begins")?;
    let pid = host.pid();
    stop(&host);
    assert_ne!(host.journal().last().expect("records")["record"], "end", "there is no verdict");
    assert_eq!((host.pid(), host.agent_version()), (pid, "v1.1.0".into()), "the new version goes on running");
    host.start_service();
    let run = host.wait_for_run(&before);
    assert_eq!(run["verdict"], "updated", "{run:#}");
    assert_eq!(host.logged("was interrupted: the new version is watched again"), 1);
    host.assert_settled("v1.1.0");
    Ok(())
}

fn reboot_in_switch(base: &Base) -> Result<()> {
    let mut host = serving(base, "")?;
    host.drop_in("sentinelgo", "[Service]\nExecStop=/bin/sleep 3\n");
    let before = begin(&host, "v1.1.0", "Stop agent begins")?;
    host.machine.reboot()?;
    let run = host.wait_for_run(&before);
    assert_eq!(run["verdict"], "updated", "a reboot is nobody's fault: {run:#}");
    host.assert_settled("v1.1.0");
    Ok(())
}

fn reboot_in_window(base: &Base) -> Result<()> {
    let mut host = serving(base, WINDOW)?;
    let before = begin(&host, "v1.1.0", "Verify begins")?;
    host.machine.reboot()?;
    let run = host.wait_for_run(&before);
    assert_eq!(run["verdict"], "updated", "a reboot is nobody's fault: {run:#}");
    assert_eq!(host.logged("was interrupted: the new version is watched again"), 1);
    host.assert_settled("v1.1.0");
    Ok(())
}

fn plug_in_switch(base: &Base) -> Result<()> {
    let mut host = serving(base, "")?;
    host.drop_in("sentinelgo", "[Service]\nExecStartPre=/bin/sleep 3\n");
    let before = begin(&host, "v1.1.0", "Start agent begins")?;
    let rows = host.rows();
    host.machine.kill()?;
    host.machine.reup()?;
    let run = host.wait_for_run(&before);
    assert_eq!(run["verdict"], "updated", "{run:#}");
    assert_eq!(host.logged("was interrupted: it goes on"), 1);
    assert!(host.rows().starts_with(&rows), "no row is lost");
    host.assert_settled("v1.1.0");
    Ok(())
}

fn plug_in_window(base: &Base) -> Result<()> {
    let mut host = serving(base, WINDOW)?;
    let before = begin(&host, "v1.1.0", "Verify begins")?;
    let rows = host.rows();
    host.machine.kill()?;
    host.machine.reup()?;
    let run = host.wait_for_run(&before);
    assert_eq!(run["verdict"], "updated", "{run:#}");
    assert!(host.rows().starts_with(&rows), "no row is lost");
    host.assert_settled("v1.1.0");
    Ok(())
}

fn agent_killed(base: &Base) -> Result<()> {
    let host = serving(base, WINDOW)?;
    let before = begin(&host, "v1.1.0", "Verify begins")?;
    host.machine.exec(&["kill", "-9", &host.pid()]).ok();
    let run = host.wait_for_run(&before);
    assert_eq!(run["verdict"], "rolled_back", "{run:#}");
    assert!(run["error"].as_str().is_some_and(|error| error.contains("did not keep running")), "{run:#}");
    let held = host.status()["held"].clone();
    assert_eq!((&held[0]["version"], &held[0]["retry_at"]), (&"v1.1.0".into(), &Value::Null), "{held:#}");
    host.assert_settled("v1.0.0");
    Ok(())
}

fn agent_restarted(base: &Base) -> Result<()> {
    let host = serving(base, WINDOW)?;
    let before = begin(&host, "v1.1.0", "Verify begins")?;
    let first = host.pid();
    host.machine.exec(&["systemctl", "restart", "sentinelgo"]).ok();
    assert_ne!(host.pid(), first);
    let run = host.wait_for_run(&before);
    assert_eq!(run["verdict"], "updated", "{run:#}");
    assert_eq!(host.logged("was restarted by an operator: its time of proof begins anew"), 1);
    host.assert_settled("v1.1.0");
    Ok(())
}

/// A machine whose service has installed v1.0.0 and waits for more; it starts with the machine.
fn serving(base: &Base, settings: &str) -> Result<Host> {
    let host = Host::new(base)?;
    host.install();
    host.configure(settings);
    host.machine.exec(&["systemctl", "enable", "--quiet", UPDATER]).ok();
    host.start_service();
    Ok(host)
}

/// Offers a version and waits until the service's log says `until`. Returns the run before.
fn begin(host: &Host, version: &str, until: &str) -> Result<Value> {
    let before = host.last_run("updated");
    let known = host.logged(until);
    host.publish(version, Variant::Good)?;
    host.wait(&format!("the log says `{until}`"), || (host.logged(until) > known).then_some(()));
    Ok(before)
}

fn stop(host: &Host) {
    host.machine.exec(&["systemctl", "stop", UPDATER]).ok();
    assert_eq!(host.show(UPDATER, "Result"), "success");
}
