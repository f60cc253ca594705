//! A second updater, a broken configuration, a terminal that goes away.

use libtest_mimic::Trial;
use sentinel_updater::cli::demo::Variant;

use super::host::{Host, UPDATER_PLACE};
use super::scenario;
use crate::kit::Result;
use crate::kit::base::Base;

const UPDATER: &str = "sentinelgo-updater";
const CONFIG: &str = "/etc/sentinelgo/updater.toml";

pub(crate) fn scenarios() -> Vec<Trial> {
    vec![
        scenario("instances::a_second_one_is_refused", second),
        scenario("instances::a_broken_configuration_changes_nothing_on_reload", reload),
        scenario("instances::a_broken_configuration_does_not_keep_an_interrupted_run_open", broken),
        scenario("instances::a_terminal_that_hangs_up_changes_nothing", hang_up),
    ]
}

fn second(base: &Base) -> Result<()> {
    let host = Host::new(base)?;
    host.install();
    host.start_service();
    host.publish("v1.1.0", Variant::Good)?;
    for words in [&["run", "--once"][..], &["run"]] {
        let output = host.updater(words);
        assert_eq!(output.code, Some(6), "{output}");
        let pid = host.show(UPDATER, "MainPID");
        assert!(output.stderr.contains(&pid), "it says who: {output}");
    }
    let first = host.history().pop().expect("the installation");
    assert_eq!(host.wait_for_run(&first)["verdict"], "updated");
    host.assert_settled("v1.1.0");
    Ok(())
}

fn reload(base: &Base) -> Result<()> {
    let host = Host::new(base)?;
    host.install();
    host.start_service();
    let pid = host.show(UPDATER, "MainPID");
    host.machine.write(CONFIG, "verify.window = \"soon\"\n");
    host.machine.exec(&["systemctl", "reload", UPDATER]).ok();
    host.wait_for_log("the settings of before stay in force");
    assert!(host.logged("verify.window") > 0, "the log names the key");
    host.publish("v1.1.0", Variant::Good)?;
    // Commands read the file, too, so the log is the witness.
    host.wait_for_log("v1.0.0 -> v1.1.0: done");
    assert_eq!(host.show(UPDATER, "MainPID"), pid, "the same process goes on");
    host.configure("");
    host.machine.exec(&["systemctl", "reload", UPDATER]).ok();
    host.wait_for_log("configuration read again");
    host.last_run("updated");
    host.assert_settled("v1.1.0");
    Ok(())
}

fn broken(base: &Base) -> Result<()> {
    let host = Host::new(base)?;
    host.install();
    // The agent starts slowly: time to be killed in between.
    host.drop_in("sentinelgo", "[Service]\nExecStartPre=/bin/sleep 3\n");
    host.start_service();
    host.publish("v1.1.0", Variant::Good)?;
    host.wait_for_log("v1.0.0 -> v1.1.0 begins");
    host.wait("the agent is started", || (host.logged("Start agent begins") > 1).then_some(()));
    host.machine.write(CONFIG, "this is no TOML");
    host.machine.exec(&["kill", "-9", &host.show(UPDATER, "MainPID")]).ok();

    host.wait("the service gives up", || (host.show(UPDATER, "ActiveState") == "failed").then_some(()));
    assert_eq!(host.show(UPDATER, "ExecMainStatus"), "2");
    let restarts = host.show(UPDATER, "NRestarts");
    assert_eq!(restarts, "1", "started again after the kill and not after the bad configuration");
    assert_eq!(host.journal().last().expect("records")["record"], "end", "the run was finished first");

    host.configure("");
    host.last_run("updated");
    host.assert_settled("v1.1.0");
    Ok(())
}

/// The pseudo terminal is closed while the agent is down.
fn hang_up(base: &Base) -> Result<()> {
    let host = Host::new(base)?;
    host.install();
    host.drop_in("sentinelgo", "[Service]\nExecStartPre=/bin/sleep 2\n");
    for (words, version) in [("update", "v1.1.0"), ("rollback", "v1.0.0")] {
        if words == "update" {
            host.publish(version, Variant::Good)?;
        }
        let before = host.history().into_iter().next().expect("a run");
        let terminal =
            host.machine.spawn(&["script", "-qec", &format!("{UPDATER_PLACE} {words}"), "/dev/null"])?;
        host.wait("the agent is down", || {
            let journal = host.journal();
            let last = journal.last()?;
            (last["step"] == "start" && last["record"] == "enter").then_some(())
        });
        host.machine.sh("pkill -9 -x script").ok();
        drop(terminal);
        let run = host.wait_for_run(&before);
        assert_eq!((&run["verdict"], &run["to"]), (&"updated".into(), &version.into()), "{words}: {run:#}");
        host.assert_settled(version);
    }
    Ok(())
}
