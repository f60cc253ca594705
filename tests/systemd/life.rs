//! Starting and stopping.

use std::fs;
use std::time::{Duration, Instant};

use sentinel_updater::model::Class;
use sentinel_updater::model::agent::Life;
use sentinel_updater::ports::{Cancel, ServiceManager};
use sentinel_updater::service::systemd::{Programs, Systemd};
use sentinel_updater::service::{Kind, detect};

use super::{LONG, Scenario, fifo, run, script, state, systemd, unit};

pub(crate) const SCENARIOS: &[Scenario] = &[
    ("life::a_unit_is_started_stopped_and_seen", plain),
    ("life::one_stop_and_one_start_and_nothing_between", spawns),
    ("life::the_gap_is_near_that_of_a_bare_restart", gap),
    ("life::a_crash_loop_is_recognised_and_can_be_stopped_and_started", crash_loop),
    ("life::a_limit_on_starts_does_not_refuse_ours", start_limit),
    ("life::a_missing_binary_fails_the_start", missing_binary),
    ("life::a_masked_unit_is_refused_and_stays_masked", masked),
    ("life::an_agent_that_ignores_sigterm_is_stopped_all_the_same", stubborn),
    ("life::children_in_sessions_of_their_own_are_gone_after_stop", children),
    ("life::children_that_the_unit_spares_are_waited_for_and_named", spared_children),
    ("life::an_operators_restart_is_a_new_invocation_and_no_restart", operators_restart),
];

const FOREVER: &str = "ExecStart=/bin/sleep infinity";

fn plain() {
    assert_eq!(detect::detect(), Kind::Systemd);
    let mut systemd = systemd();
    assert!(!systemd.system_stopping());
    assert_eq!(state("plain").life, Life::Absent);
    systemd.stop("plain", LONG).expect("nothing to stop");
    assert_eq!(systemd.start("plain").expect_err("unknown").class, Class::Service);
    unit("plain", FOREVER);
    assert_eq!((state("plain").life, state("plain").enabled), (Life::Stopped, false));
    run(&["systemctl", "enable", "plain"]);
    for _ in 0..2 {
        systemd.start("plain").expect("started");
    }
    let running = state("plain");
    assert_eq!((running.life, running.enabled, running.restarts), (Life::Running, true, 0));
    assert!(running.pid.is_some() && running.since.is_some() && running.active_enter_us > 0);
    for _ in 0..2 {
        systemd.stop("plain", LONG).expect("stopped");
    }
    let stopped = state("plain");
    assert_eq!((stopped.life, stopped.pid, stopped.result.as_str()), (Life::Stopped, None, "success"));
    assert!(stopped.active_exit_us > running.active_enter_us);
}

fn spawns() {
    unit("spawns", FOREVER);
    let log = "/run/spawns.log";
    let systemctl =
        script("systemctl-logged", &format!("echo \"$@\" >>{log}\nexec /usr/bin/systemctl \"$@\""));
    let programs = Programs { systemctl: systemctl.into(), ..Programs::find().expect("programs") };
    let mut systemd = Systemd::new(programs);
    let verbs = |systemd: &mut Systemd, act: &dyn Fn(&mut Systemd)| -> Vec<String> {
        let _ = fs::remove_file(log);
        act(systemd);
        let text = fs::read_to_string(log).expect("a log");
        text.lines().filter_map(|line| line.split(' ').nth(1)).map(str::to_owned).collect()
    };
    let start: &dyn Fn(&mut Systemd) = &|systemd| systemd.start("spawns").expect("started");
    let stop: &dyn Fn(&mut Systemd) = &|systemd| systemd.stop("spawns", LONG).expect("stopped");
    assert_eq!(verbs(&mut systemd, start), ["reset-failed", "start"]);
    assert_eq!(verbs(&mut systemd, stop), ["show", "reset-failed", "stop"]);
    assert_eq!(verbs(&mut systemd, start), ["start"]);
    assert_eq!(verbs(&mut systemd, start), ["reset-failed", "start"]);
}

fn gap() {
    unit("gap", FOREVER);
    run(&["systemctl", "enable", "--now", "gap"]);
    let mut systemd = systemd();
    let down = |act: &mut dyn FnMut()| -> u64 {
        let mut times: Vec<u64> = (0..11)
            .map(|_| {
                act();
                let state = state("gap");
                state.active_enter_us - state.active_exit_us
            })
            .collect();
        times.sort_unstable();
        times[times.len() / 2]
    };
    let bare = down(&mut || {
        drop(run(&["systemctl", "reset-failed", "gap"]) + &run(&["systemctl", "restart", "gap"]))
    });
    let ours = down(&mut || {
        systemd.stop("gap", LONG).expect("stopped");
        systemd.start("gap").expect("started");
    });
    println!("gap: stop and start {ours} µs, bare restart {bare} µs (medians of 11)");
    assert!(ours as f64 <= 2.5 * bare as f64, "stop and start {ours} µs, bare restart {bare} µs");
}

fn crash_loop() {
    unit("looping", "ExecStart=/bin/sh -c 'exit 7'\nRestart=always\nRestartSec=300ms");
    let mut systemd = systemd();
    let cancel = Cancel::new();
    systemd.start("looping").expect("a shell can be executed");
    let began = Instant::now();
    let (mut failing, mut seen) = (false, state("looping"));
    while !(failing && seen.restarts >= 2) {
        assert!(began.elapsed() < LONG, "{seen:?}");
        seen = systemd.wait_change("looping", &seen, LONG, &cancel).expect("a state");
        failing |= seen.is_failing() && seen.ended.as_deref() == Some("exited with 7");
    }
    systemd.stop("looping", LONG).expect("stopped");
    let stopped = state("looping");
    assert!(matches!(stopped.life, Life::Stopped | Life::Failed), "{stopped:?}");
    unit("looping", FOREVER);
    systemd.start("looping").expect("started");
    let running = state("looping");
    assert_eq!((running.life, running.restarts), (Life::Running, 0));
}

fn start_limit() {
    let limit = "[Unit]\nStartLimitIntervalSec=1h\nStartLimitBurst=2\n[Service]";
    unit("limited", &format!("{FOREVER}\n{limit}"));
    let mut systemd = systemd();
    for _ in 0..4 {
        systemd.stop("limited", LONG).expect("stopped");
        systemd.start("limited").expect("started");
    }
    // And without a stop of ours before: the limit is used up by others.
    for _ in 0..4 {
        let _ = std::process::Command::new("systemctl").args(["restart", "limited"]).output();
    }
    systemd.start("limited").expect("started");
    assert_eq!(state("limited").life, Life::Running);
    // The clearing before the stop is used up by others as well: refused once, cleared, started.
    systemd.stop("limited", LONG).expect("stopped");
    for _ in 0..4 {
        let _ = std::process::Command::new("systemctl").args(["restart", "limited"]).output();
    }
    run(&["systemctl", "stop", "limited"]);
    systemd.start("limited").expect("started");
    assert_eq!(state("limited").life, Life::Running);
}

fn missing_binary() {
    unit("missing", "ExecStart=/usr/local/bin/no-such-agent\nRestart=always\nRestartSec=1h");
    let failure = systemd().start("missing").expect_err("nothing to execute");
    assert_eq!(failure.class, Class::Service, "{failure}");
    assert_eq!(failure.what, "cannot start `missing.service`");
    assert!(!failure.causes.is_empty(), "{failure}");
    assert_eq!(failure.hint.as_deref(), Some("see `journalctl -u missing.service -n 50`"));
    systemd().stop("missing", LONG).expect("stopped");
}

fn masked() {
    fs::create_dir_all("/usr/lib/systemd/system").expect("a folder");
    let text = format!("[Service]\n{FOREVER}\n");
    fs::write("/usr/lib/systemd/system/forbidden.service", text).expect("written");
    run(&["systemctl", "mask", "forbidden"]);
    assert!(state("forbidden").masked);
    let failure = systemd().start("forbidden").expect_err("masked");
    assert_eq!(failure.class, Class::Refused, "{failure}");
    assert!(failure.hint.as_deref().is_some_and(|hint| hint.contains("systemctl unmask forbidden")));
    assert!(state("forbidden").masked && !state("forbidden").is_running());
}

fn stubborn() {
    fifo("/run/stubborn");
    let agent = script("stubborn", "trap '' TERM\necho ready >/run/stubborn\nwhile :; do sleep 1; done");
    unit("stubborn", &format!("ExecStart={agent}\nTimeoutStopSec=2"));
    let mut systemd = systemd();
    systemd.start("stubborn").expect("started");
    assert_eq!(fs::read_to_string("/run/stubborn").expect("read"), "ready\n");
    let failure = systemd.stop("stubborn", Duration::from_millis(500)).expect_err("it takes 2 s");
    assert_eq!(failure.class, Class::Timeout, "{failure}");
    systemd.stop("stubborn", LONG).expect("killed");
    let state = state("stubborn");
    assert_eq!((state.life, state.pid, state.result.as_str()), (Life::Failed, None, "timeout"));
    unit("stubborn", FOREVER);
    systemd.start("stubborn").expect("a failed unit starts");
    systemd.stop("stubborn", LONG).expect("stopped");
}

/// Starts an agent with a child in a session of its own; the child's process.
fn agent_with_child(name: &str, child: &str, more: &str) -> u32 {
    let pipe = format!("/run/{name}");
    fifo(&pipe);
    let child = script(&format!("{name}-child"), &format!("echo $$ >{pipe}\n{child}"));
    let agent = script(name, &format!("setsid {child} &\nexec sleep infinity"));
    unit(name, &format!("ExecStart={agent}\n{more}"));
    systemd().start(name).expect("started");
    fs::read_to_string(&pipe).expect("read").trim().parse().expect("a process")
}

/// A process that has ended, whether or not its end has been noted by its parent.
fn is_gone(pid: u32) -> bool {
    fs::read(format!("/proc/{pid}/cmdline")).map_or(true, |words| words.is_empty())
}

fn children() {
    let pid = agent_with_child("family", "trap '' TERM\nwhile :; do sleep 1; done", "TimeoutStopSec=1");
    assert!(!is_gone(pid));
    systemd().stop("family", LONG).expect("stopped");
    assert!(is_gone(pid));
}

fn spared_children() {
    let pid = agent_with_child("spared", "exec sleep infinity", "KillMode=process");
    let failure = systemd().stop("spared", Duration::from_secs(1)).expect_err("the child lives");
    assert_eq!(failure.class, Class::Timeout, "{failure}");
    assert!(failure.causes.iter().any(|cause| cause.contains(&pid.to_string())), "{failure}");
    run(&["systemctl", "kill", "--signal=KILL", "spared"]);

    let pid = agent_with_child("leaving", "exec sleep 2", "KillMode=process");
    systemd().stop("leaving", LONG).expect("the child has left");
    assert!(is_gone(pid));
}

fn operators_restart() {
    unit("restarted", FOREVER);
    let mut systemd = systemd();
    systemd.start("restarted").expect("started");
    let before = state("restarted");
    run(&["systemctl", "restart", "restarted"]);
    let after = systemd.wait_change("restarted", &before, LONG, &Cancel::new()).expect("a state");
    assert_ne!(after.invocation, before.invocation);
    assert_ne!(after.pid, before.pid);
    assert_eq!((after.restarts, after.result.as_str()), (before.restarts, "success"));
}
