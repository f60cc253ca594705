//! What a service sees at its SIGTERM: is it alone, or does the whole system stop?

use std::fs;

use libtest_mimic::{Failed, Trial};
use sentinel_updater::ports::ServiceManager;
use tokio::signal::unix::{SignalKind, signal};

use super::{INSIDE as PLAY, PROGRAM, Scenario, setup, systemd};
use crate::kit::base::Base;
use crate::kit::machine::{Machine, Setup};

pub(crate) const INSIDE: [Scenario; 1] = [("shutdown::witness", witness)];

const TESTIMONY: &str = "/var/lib/testimony";

pub(crate) fn scenarios() -> Vec<Trial> {
    vec![Trial::test("shutdown::a_stopping_system_is_known_at_our_sigterm", || {
        shutdown().map_err(Failed::from)
    })]
}

fn shutdown() -> crate::kit::Result<()> {
    let mut machine = Machine::boot(&Base::get()?, setup(Setup::new())?)?;
    let unit = format!(
        "[Service]\nType=notify\nExecStart={PROGRAM} {PLAY} shutdown::witness\n[Install]\nWantedBy=multi-user.target\n"
    );
    machine.write("/etc/systemd/system/witness.service", unit);
    machine.write("/etc/systemd/system/agent.service", "[Service]\nExecStart=/bin/sleep infinity\n");
    machine.exec(&["systemctl", "enable", "--now", "witness"]).ok();
    machine.exec(&["systemctl", "stop", "witness"]).ok();
    assert_eq!(machine.exec(&["cat", TESTIMONY]).ok().stdout, "stopping: false, start: started\n");
    machine.exec(&["systemctl", "stop", "agent"]).ok();
    machine.exec(&["systemctl", "start", "witness"]).ok();
    machine.reboot()?;
    assert_eq!(machine.exec(&["cat", TESTIMONY]).ok().stdout, "stopping: true, start: Cancelled\n");
    Ok(())
}

/// A service that says at its SIGTERM what it sees.
fn witness() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let mut term = signal(SignalKind::terminate()).expect("a handler");
        sentinel_updater::host::notify::ready();
        term.recv().await;
    });
    let mut systemd = systemd();
    let stopping = systemd.system_stopping();
    let start =
        systemd.start("agent").map_or_else(|failure| format!("{:?}", failure.class), |()| "started".into());
    fs::write(TESTIMONY, format!("stopping: {stopping}, start: {start}\n")).expect("written");
}
