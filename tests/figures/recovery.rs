//! How long the agent is away after the updater died in the middle of a switch: from the start of its
//! service to the agent's answer, against a bare start of the agent.

use std::time::{Duration, Instant};

use sentinel_updater::cli::demo::Variant;

use crate::checks::STATE;
use crate::host::{Host, UPDATER_PLACE};
use crate::kit::base::Base;
use crate::kit::{Result, network, proxy};
use crate::median;

const ROUNDS: u32 = 7;
const UPDATER: &str = "sentinelgo-updater";
const AGENT: &str = "sentinelgo";
/// The record that announces the installation: the agent is stopped and its binary is the old one.
const INSTALL: usize = 6;
/// How often the agent is asked.
const PERIOD: Duration = Duration::from_millis(2);
/// It stops what hangs and judges nothing.
const LIMIT: Duration = Duration::from_secs(60);

/// The median of recoveries in milliseconds, and that against the median of bare starts.
pub(crate) fn figures() -> Result<Vec<f64>> {
    let host = Host::with(&Base::get()?, "verify.window = \"1s\"\n")?;
    host.install();
    let (mut recoveries, mut starts) = (vec![], vec![]);
    for round in 1..=ROUNDS {
        host.machine.exec(&["systemctl", "stop", AGENT]).ok();
        let start = until_well(&host, AGENT)?;

        let before = host.last_run("updated");
        let version = format!("v1.{round}.0");
        host.publish(&version, Variant::Good)?;
        die(&host)?;
        let recovery = until_well(&host, UPDATER)?;
        let run = host.wait_for_run(&before);
        if run["to"] != version.as_str() || run["verdict"] != "updated" {
            return Err(format!("{version} was not taken up: {run:#}"));
        }
        host.assert_settled(&version);
        host.machine.exec(&["systemctl", "stop", UPDATER]).ok();
        eprintln!("{version}: the agent runs {recovery:.0} ms after the updater; bare start {start:.0} ms");
        recoveries.push(recovery);
        starts.push(start);
    }
    let (recovery, start) = (median(&mut recoveries), median(&mut starts));
    eprintln!("bare_start_ms_median {start:.1}");
    Ok(vec![recovery, recovery / start])
}

/// Milliseconds from the start of a unit to the agent's answer, which nobody gives before.
fn until_well(host: &Host, unit: &str) -> Result<f64> {
    let port = host.machine.port();
    let is_well = || network::get(port, "/healthz").is_ok_and(|(status, _)| status == 200);
    if is_well() {
        return Err("the agent is not stopped".into());
    }
    let began = Instant::now();
    let start = host.machine.spawn(&["systemctl", "start", unit])?;
    while !is_well() {
        if began.elapsed() > LIMIT {
            return Err(format!("the agent does not answer after the start of {unit}\n{}", host.log()));
        }
        std::thread::sleep(PERIOD);
    }
    let took = began.elapsed().as_secs_f64() * 1e3;
    start.output_within(LIMIT)?.check()?;
    Ok(took)
}

/// Begins an update that is killed once the installation is announced.
fn die(host: &Host) -> Result<()> {
    let journal = format!("{STATE}/journal");
    // The first record comes with a file of its own.
    let inject = format!("inject=fdatasync:signal=SIGKILL:when={}", INSTALL - 1);
    let words = "strace -f -b execve -qq -o /dev/null -e trace=fdatasync -e".split(' ');
    let words = words.chain([&inject, "-P", &journal, UPDATER_PLACE, "run", "--once"]);
    let output = host.machine.exec_within(proxy::BUILD, &words.collect::<Vec<_>>())?;
    let left = host.journal();
    match left.last() {
        Some(last) if left.len() == INSTALL && last["step"] == "install" => Ok(()),
        _ => Err(format!("not killed between stop and start: {output}\n{left:#?}")),
    }
}
