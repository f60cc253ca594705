//! The updater killed while the agent does not depend on it: in the middle of a build, and at the file
//! operations of a rollback on request.

use std::time::{Duration, SystemTime};

use libtest_mimic::Trial;
use sentinel_updater::cli::demo::Variant;

use super::host::{Host, UPDATER_PLACE};
use super::kills::EXTENT;
use super::scenario;
use crate::kit::Result;
use crate::kit::base::Base;

const BUILDS: u32 = 20;
/// A build with a warm cache takes about this long.
const BUILD: Duration = Duration::from_millis(2500);
const MODULE: &str = "github.com/BrainStation-23/SentinelGo";
/// What compiles.
const TOOLS: &str = "go compile link asm cgo cover vet gcc cc1 as ld collect2";

pub(crate) fn scenarios() -> Vec<Trial> {
    vec![
        scenario("deaths::in_a_build_at_random_times", builds),
        scenario("deaths::at_the_operations_of_a_rollback", rollback),
    ]
}

fn builds(base: &Base) -> Result<()> {
    let host = Host::with(base, "verify.window = \"1s\"\n")?;
    host.install();
    host.publish("v1.1.0", Variant::Good)?;
    host.save("start");
    for nth in 0..BUILDS {
        host.load("start");
        let pid = host.pid();
        let known = host.logged("Download & compile begins");
        let script = format!("echo $$ >/run/victim; exec {UPDATER_PLACE} run --once");
        let mut victim = host.machine.spawn(&["sh", "-c", &script])?;
        host.wait("a build has begun", || {
            (host.logged("Download & compile begins") > known || !victim.runs()).then_some(())
        });
        std::thread::park_timeout(at_random());
        // It may have ended already: then it was killed after its build.
        let _ = host.machine.sh("kill -9 $(cat /run/victim)");
        let none = format!("for tool in {TOOLS}; do if pgrep -x $tool; then exit 1; fi; done");
        host.wait("nothing compiles any more", || host.machine.sh(&none).succeeded().then_some(()));
        assert!(victim.exit_within(Duration::from_secs(10)).is_some(), "kill {nth}: it lives");

        host.tree.withdraw(MODULE, "v1.1.0").map_err(|failure| failure.to_string())?;
        // A quick build is over before that time: then the kill may have come while the agent was down, and
        // it answers only after the next run.
        if host.journal().iter().all(|record| record["record"] != "enter") {
            assert_eq!(host.pid(), pid, "kill {nth}: the agent was disturbed");
        }
        host.updater(&["run", "--once"]);
        host.assert_settled(&host.agent_version());
        host.publish("v1.1.0", Variant::Good)?;
    }
    println!("fault-table: build-killed-under-systemd {BUILDS} {BUILDS} REAL");
    Ok(())
}

/// Some time within a build.
fn at_random() -> Duration {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    BUILD * (now.subsec_micros() % 1000) / 1000
}

fn rollback(base: &Base) -> Result<()> {
    let host = Host::with(base, "verify.window = \"1s\"\n")?;
    host.install();
    host.publish("v1.1.0", Variant::Good)?;
    host.once(0);
    host.save("start");
    let armed = |fault: &str| {
        host.load("start");
        let fault = format!("SENTINEL_FAULT={fault}");
        host.machine.exec(&["env", &fault, "SENTINEL_FAULT_LOG=/run/points", UPDATER_PLACE, "rollback"])
    };
    armed("count").ok();
    assert_eq!(host.agent_version(), "v1.0.0");
    let points = host.machine.sh("grep -vc ^record /run/points").ok();
    let count: usize = points.stdout.trim().parse().map_err(|error| format!("{error}: {points}"))?;
    let every = if std::env::var(EXTENT).is_ok_and(|extent| extent == "exhaustive") { 1 } else { 4 };
    let mut tried = 0;
    for nth in (1..=count).step_by(every) {
        let output = armed(&format!("kill:{nth}"));
        assert_eq!(output.signal.or(output.code.map(|code| code - 128)), Some(9), "{nth}: {output}");
        // Killed before the agent was touched it is dropped; after that it goes on.
        host.updater(&["run", "--once"]);
        let version = host.agent_version();
        assert!(["v1.0.0", "v1.1.0"].contains(&version.as_str()), "{nth}: {version}");
        host.assert_settled(&version);
        tried += 1;
    }
    println!("fault-table: rollback-on-request-under-systemd,-killed {tried} {tried} REAL");
    Ok(())
}
