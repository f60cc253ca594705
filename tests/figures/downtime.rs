//! How long the agent is away during an update, against a mere restart of it.

use std::time::Duration;

use sentinel_updater::cli::demo::Variant;
use serde_json::Value;

use crate::host::Host;
use crate::kit::Result;
use crate::kit::base::Base;
use crate::median;
use crate::outside::Client;

const ROUNDS: u32 = 10;

/// The medians of updates and restarts that take turns, so that a slow minute of the host is both's.
pub(crate) fn ratio() -> Result<Vec<f64>> {
    let host = Host::with(&Base::get()?, "verify.window = \"1s\"\n")?;
    host.install();
    host.start_service();
    let client = Client::start(host.machine.port());
    let (mut updates, mut restarts, mut compiles) = (vec![], vec![], vec![]);
    for round in 1..=ROUNDS {
        host.machine.exec(&["systemctl", "restart", "sentinelgo"]).ok();
        let restart = milliseconds(client.gap()?);

        let version = format!("v1.{round}.0");
        host.publish(&version, Variant::Good)?;
        let update = milliseconds(client.gap()?);
        let run = host.wait("the update has its verdict", || {
            let run = host.history().into_iter().next()?;
            (run["to"] == version.as_str() && !run["verdict"].is_null()).then_some(run)
        });
        if run["verdict"] != "updated" {
            return Err(format!("the update to {version} failed: {run:#}"));
        }
        eprintln!(
            "{version}: away for {update:.0} ms, {} ms by its own account ({}); restart {restart:.0} ms",
            run["downtime_ms"],
            steps(&run)
        );
        updates.push(update);
        restarts.push(restart);
        compiles.push(took(&run, "build"));
    }
    let (update, restart) = (median(&mut updates), median(&mut restarts));
    eprintln!("downtime_ms_median {update:.1}");
    eprintln!("restart_ms_median {restart:.1}");
    eprintln!("compile_ms_median {:.0}", median(&mut compiles));
    Ok(vec![update / restart])
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}

/// What the steps took while the agent was away.
fn steps(run: &Value) -> String {
    ["stop", "snapshot", "install", "start"].map(|id| format!("{id} {}", took(run, id))).join(", ")
}

/// Milliseconds that a step took.
fn took(run: &Value, id: &str) -> f64 {
    let steps = run["steps"].as_array().into_iter().flatten();
    steps.filter(|step| step["id"] == id).filter_map(|step| step["took_ms"].as_f64()).sum()
}
