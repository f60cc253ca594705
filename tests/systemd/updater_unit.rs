//! The updater's own unit as it is shipped: systemd accepts it, it is confined, and in its confinement
//! everything that the updater does is still possible, a real build above all.

use std::fs;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use libtest_mimic::{Failed, Trial};
use sentinel_updater::cli::demo::{Release, Tree};
use sentinel_updater::host::{Attributes, atomic, notify};
use sentinel_updater::model::plan::ServiceSpec;
use sentinel_updater::ports::{Cancel, Limits, Program, Runner, ServiceManager};
use sentinel_updater::service::systemd::TransientRunner;

use super::{INSIDE as PLAY, LONG, PROGRAM, Scenario, programs, setup, spec, systemd};
use crate::kit::base::Base;
use crate::kit::machine::Machine;
use crate::kit::{go, proxy};

pub(crate) const INSIDE: [Scenario; 1] = [("updater_unit::play", play)];

const UNIT: &str = include_str!("../../assets/sentinelgo-updater.service");
const NAME: &str = "sentinelgo-updater.service";
const CACHE: &str = "/var/cache/sentinelgo-updater";
const MODULE: &str = "example.test/agent";
const REPORT: &str = "/var/lib/sentinelgo/updater/report";
/// 10 is nothing confined at all; a plain unit of root has 9.6.
const MOST_EXPOSED: f64 = 3.0;

pub(crate) fn scenarios() -> Vec<Trial> {
    vec![Trial::test("updater_unit::confined_it_still_builds_and_switches", || {
        confined().map_err(Failed::from)
    })]
}

fn confined() -> crate::kit::Result<()> {
    let base = Base::get()?;
    let home = tempfile::tempdir().map_err(|error| error.to_string())?;
    let tree = Tree::new(home.path().join("proxy")).map_err(|error| error.to_string())?;
    tree.publish(&Release::new("v1.2.3").module(MODULE).package("")).map_err(|error| error.to_string())?;
    let caches = (&*format!("{CACHE}/build"), &*format!("{CACHE}/mod"));
    let machine = Machine::boot(&base, setup(proxy::machine_setup(&base, &tree, caches.0, caches.1)?)?)?;
    let unit = format!("/etc/systemd/system/{NAME}");
    machine.write(&unit, UNIT);
    let stand_in =
        format!("#!/bin/sh\n[ \"$1\" = run ] || exit 0\nexec {PROGRAM} {PLAY} updater_unit::play\n");
    machine.write("/usr/local/bin/sentinel-updater", stand_in);
    machine.exec(&["chmod", "755", "/usr/local/bin/sentinel-updater"]).ok();

    let verified = machine.exec(&["systemd-analyze", "verify", &unit]).ok();
    assert_eq!((verified.stdout.as_str(), verified.stderr.as_str()), ("", ""));
    machine.exec(&["systemctl", "daemon-reload"]).ok();
    let table = machine.exec(&["systemd-analyze", "security", "--no-pager", NAME]).ok().stdout;
    let figure = table
        .lines()
        .find_map(|line| line.split_once("exposure level for ")?.1.split(' ').nth(1)?.parse().ok());
    let figure: f64 = figure.ok_or(table)?;
    println!("updater unit: exposure {figure}");
    assert!(figure <= MOST_EXPOSED, "exposure {figure}");

    let started = machine.exec_within(proxy::BUILD, &["systemctl", "start", NAME])?;
    let journal = machine.exec(&["journalctl", "--no-pager", "-u", NAME]).stdout;
    assert!(started.succeeded(), "{started}\n{journal}");
    assert_eq!(machine.exec(&["cat", REPORT]).ok().stdout, "done\n", "{journal}");
    let said = machine.exec(&["/usr/local/bin/sentinel", "--version"]).ok().stdout;
    assert!(said.contains("v1.2.3"), "{said}");
    machine.exec(&["systemctl", "stop", NAME]).ok();
    Ok(())
}

/// Stands in for the updater, inside its unit.
fn play() {
    notify::extend_timeout(Duration::from_secs(900));
    build();
    switch();
    denied();
    atomic::write(Path::new(REPORT), b"done\n", &Attributes::with_mode(0o600)).expect("its own state");
    notify::ready();
    loop {
        std::thread::park();
    }
}

fn build() {
    // What a build does to itself before it starts.
    rustix::process::setpriority_process(None, 10).expect("a lower priority");
    fs::write("/proc/self/oom_score_adj", "500").expect("a higher score");
    let home = Path::new(CACHE).join("home");
    fs::create_dir_all(&home).expect("a folder");
    let (modules, results) = (Path::new(CACHE).join("mod"), Path::new(CACHE).join("build"));
    let variables = go::environment(&home, &modules, &results, proxy::MACHINE_GOPROXY);
    // Not trimmed as the warm cache is: the C part is really compiled.
    let install = format!("{MODULE}@v1.2.3");
    let run = |arguments: &[&str]| {
        let mut command = Command::new("/usr/local/go/bin/go");
        command.args(arguments).current_dir(&home).env_clear().envs(variables.clone());
        let output = command.output().expect("go starts");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    };
    run(&["build", "-a", "-o", "/dev/null", "runtime/cgo"]);
    run(&["install", "-trimpath", &install]);
    // As the user of a build that is not root.
    let output = Command::new("/usr/bin/id").arg("-u").uid(65534).gid(65534).output().expect("another user");
    assert_eq!(output.stdout, b"65534\n");
}

fn switch() {
    let built = Path::new(CACHE).join("home/bin/agent");
    let agent = Path::new("/usr/local/bin/sentinel");
    atomic::copy(&built, agent, &Attributes::default(), atomic::Hash::Skip).expect("the agent's folder");
    let spec = ServiceSpec {
        args: vec!["run".into()],
        data: "/var/lib/sentinelgo".into(),
        ..spec("sentinelgo", "/bin/sleep")
    };
    let spec = ServiceSpec { args: vec!["infinity".into()], ..spec };
    let mut systemd = systemd();
    let found = systemd.definition(&spec).expect("a definition");
    systemd.define("sentinelgo", &found.path, found.wanted.as_deref()).expect("the units' folder");
    systemd.start("sentinelgo").expect("started");
    let state = systemd.state("sentinelgo").expect("a state");
    let exe = fs::read_link(format!("/proc/{}/exe", state.pid.expect("a process"))).expect("what it runs");
    assert!(exe.ends_with("sleep"), "{}", exe.display());
    assert!(
        systemd
            .wait_change("sentinelgo", &state, Duration::ZERO, &Cancel::new())
            .expect("a state")
            .is_running()
    );
    systemd.stop("sentinelgo", LONG).expect("stopped");
    // A probe runs outside: it may write where we may not.
    let mut probe = TransientRunner::new(programs(), "sentinelgo-updater-probe").expect("a runner");
    let program = Program {
        executable: "/bin/touch".into(),
        args: vec!["/etc/written-by-probe".into()],
        env: vec![],
        directory: "/".into(),
        stdin: None,
        limits: Limits { timeout: LONG, memory_max: None, offline: false, user: None },
    };
    assert!(probe.run(&program, &Cancel::new(), &mut |_, _| {}).expect("ran").success());
}

fn denied() {
    for path in ["/etc/passwd", "/usr/bin/true", "/root/x", "/boot/x"] {
        let opened = fs::OpenOptions::new().append(true).create(true).open(path);
        assert!(opened.is_err(), "{path} can be written");
    }
}
