//! A whole update by the command, its window of a second included, against a bare `go install` of the same
//! version and a second's wait.

use std::time::{Duration, Instant};

use sentinel_updater::cli::demo::Variant;

use crate::host::{CACHE, Host};
use crate::kit::base::Base;
use crate::kit::{Result, proxy};
use crate::median;

const PACKAGE: &str = "github.com/BrainStation-23/SentinelGo/cmd/sentinel";
const MODULE: &str = "github.com/BrainStation-23/SentinelGo";
/// The updater's builds give way to everything else; on a busy host the bare one must do so, too.
const NICE: &str = "10";
const WINDOW: Duration = Duration::from_secs(1);
/// Where the caches as they are before each build are kept.
const KEPT: &str = "/var/cache/kept";

/// With a build cache that has everything but the agent.
pub(crate) fn warm() -> Result<Vec<f64>> {
    ratio(true, 7)
}

/// On a host that never built anything.
pub(crate) fn cold() -> Result<Vec<f64>> {
    ratio(false, 2)
}

/// The medians of both by turns.
fn ratio(is_warm: bool, rounds: u32) -> Result<Vec<f64>> {
    let host = Host::with(&Base::get()?, "verify.window = \"1s\"\n")?;
    host.install();
    host.machine.sh(&format!("mkdir {KEPT} /var/cache/bare")).ok();
    if is_warm {
        host.machine.sh(&format!("cp -a {CACHE}/. {KEPT}")).ok();
    }
    let (mut updates, mut bare) = (vec![], vec![]);
    for round in 1..=rounds {
        let version = format!("v1.{round}.0");
        host.publish(&version, Variant::Good)?;
        let (whole, install) = if round % 2 == 0 {
            let install = go_install(&host, &version, is_warm)?;
            (update(&host, &version)?, install)
        } else {
            let whole = update(&host, &version)?;
            (whole, go_install(&host, &version, is_warm)?)
        };
        let run = host.last_run("updated");
        eprintln!(
            "{version}: update {whole:.0} ms ({}); go install {install:.0} ms, and the window",
            steps(&run)
        );
        updates.push(whole);
        bare.push(install + WINDOW.as_secs_f64() * 1e3);
    }
    let (update, bare) = (median(&mut updates), median(&mut bare));
    eprintln!("update_ms_median {update:.0}");
    eprintln!("go_install_and_window_ms_median {bare:.0}");
    Ok(vec![update / bare])
}

/// Milliseconds of `run --once`.
fn update(host: &Host, version: &str) -> Result<f64> {
    renew(host)?;
    let began = Instant::now();
    let output = host.machine.exec_within(proxy::BUILD, &["sentinel-updater", "run", "--once"])?;
    let took = began.elapsed();
    output.check()?;
    let run = host.last_run("updated");
    if run["to"] != version {
        return Err(format!("{version} was not installed: {run:#}"));
    }
    Ok(took.as_secs_f64() * 1e3)
}

/// Milliseconds of `go install` with the environment of the updater's builds.
fn go_install(host: &Host, version: &str, is_warm: bool) -> Result<f64> {
    renew(host)?;
    host.machine.sh("rm -rf /var/cache/bare/*; mkdir /var/cache/bare/home /var/cache/bare/tmp").ok();
    let target = format!("{PACKAGE}@{version}");
    let proxies = format!("GOPROXY={}", proxy::MACHINE_GOPROXY);
    let caches = ["GOCACHE=build", "GOMODCACHE=mod", "GOPATH=gopath"]
        .map(|pair| pair.replace('=', &format!("={CACHE}/go/")));
    let mut words = vec!["nice", "-n", NICE, "env", "-C", "/var/cache/bare/home", "-i"];
    words.extend(caches.iter().map(String::as_str));
    words.extend([
        "PATH=/usr/local/go/bin:/usr/bin:/bin",
        "HOME=/var/cache/bare/home",
        "TMPDIR=/var/cache/bare/tmp",
        "GOTMPDIR=/var/cache/bare/tmp",
        "GOBIN=/var/cache/bare/bin",
        "GOENV=off",
        "GOWORK=off",
        "GOFLAGS=-modcacherw",
        "GOTOOLCHAIN=local",
        "GOSUMDB=off",
        "CGO_ENABLED=1",
        "CC=/usr/bin/gcc",
        &proxies,
    ]);
    words.extend(["go", "install", "-v", "-trimpath", &target]);
    let began = Instant::now();
    let output = host.machine.exec_within(proxy::BUILD, &words)?;
    let took = began.elapsed();
    let output = output.check()?;
    // Another environment than the updater's would find nothing in its cache.
    let compiled = output.stderr.lines().filter(|line| !line.contains(' '));
    let others = compiled.filter(|package| !package.starts_with(MODULE)).count();
    if is_warm != (others == 0) {
        return Err(format!("{others} packages of others were compiled: {output}"));
    }
    Ok(took.as_secs_f64() * 1e3)
}

/// Brings the caches to where they were at the beginning, and the disk to rest.
fn renew(host: &Host) -> Result<()> {
    let script = format!("rm -rf {CACHE}/*; cp -a {KEPT}/. {CACHE}; sync");
    host.machine.exec_within(proxy::BUILD, &["sh", "-euc", &script])?.check().map(drop)
}

/// What the steps took.
fn steps(run: &serde_json::Value) -> String {
    let steps = run["steps"].as_array().into_iter().flatten();
    let took =
        steps.filter_map(|step| Some(format!("{} {}", step["id"].as_str()?, step["took_ms"].as_u64()?)));
    took.collect::<Vec<_>>().join(", ")
}
