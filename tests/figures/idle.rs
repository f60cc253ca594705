//! What the service costs while it has nothing to do.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sentinel_updater::cli::demo::Variant;

use crate::host::Host;
use crate::kit::Result;
use crate::kit::base::Base;

const WINDOW: Duration = Duration::from_secs(60);

/// Resident memory in MiB, threads, and wake-ups a second, after one full update.
pub(crate) fn figures() -> Result<Vec<f64>> {
    let host = Host::with(&Base::get()?, "updater.check_interval = \"15m\"\nverify.window = \"1s\"\n")?;
    host.install();
    host.publish("v1.1.0", Variant::Good)?;
    host.start_service();
    let unit = "sentinelgo-updater";
    // During a run it names the step; the version that it rests at is told last.
    host.wait("the agent is updated and the updater rests", || {
        host.show(unit, "StatusText").ends_with("the agent is v1.1.0").then_some(())
    });
    let run = host.last_run("updated");
    if run["to"] != "v1.1.0" {
        return Err(format!("the service did not update the agent: {run:#}"));
    }

    let process = host.machine.path("/proc").join(host.show(unit, "MainPID"));
    eprintln!("resident after the update: {:.1} MiB", resident(&process)?);
    let before = wakeups(&process)?;
    // The figure is one of time: nothing is waited for.
    std::thread::sleep(WINDOW);
    let after = wakeups(&process)?;
    eprintln!("{} wake-ups in {} s", after - before, WINDOW.as_secs());
    for line in rollup(&process)?.lines() {
        eprintln!("  {line}");
    }
    Ok(vec![
        resident(&process)?,
        tasks(&process)?.len() as f64,
        (after - before) as f64 / WINDOW.as_secs_f64(),
    ])
}

fn rollup(process: &Path) -> Result<String> {
    read(&process.join("smaps_rollup"))
}

fn resident(process: &Path) -> Result<f64> {
    Ok(number(&rollup(process)?, "Rss:")? as f64 / 1024.0)
}

/// How often its threads have waited, and so will wake up or have woken up.
fn wakeups(process: &Path) -> Result<u64> {
    let count = |task: &PathBuf| number(&read(&task.join("status"))?, "voluntary_ctxt_switches:");
    tasks(process)?.iter().map(count).sum()
}

fn tasks(process: &Path) -> Result<Vec<PathBuf>> {
    let folder = process.join("task");
    let list = fs::read_dir(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    Ok(list.flatten().map(|entry| entry.path()).collect())
}

pub(crate) fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))
}

/// The number after `key` at the beginning of a line.
pub(crate) fn number(text: &str, key: &str) -> Result<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(key));
    let number = line.and_then(|rest| rest.split_whitespace().next()?.parse().ok());
    number.ok_or_else(|| format!("no {key} in\n{text}"))
}
