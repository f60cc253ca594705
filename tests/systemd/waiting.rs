//! Waiting for a change without doing anything meanwhile.

use std::fs;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use sentinel_updater::model::ServiceState;
use sentinel_updater::ports::{Cancel, ServiceManager};

use super::{LONG, Scenario, run, state, systemd, unit};

pub(crate) const SCENARIOS: &[Scenario] = &[
    ("waiting::a_killed_agent_is_noticed_at_once", killed),
    ("waiting::nothing_wakes_while_nothing_happens", quiet),
    ("waiting::a_cancellation_ends_it", cancelled),
    ("waiting::an_old_state_is_a_change_already", outdated),
];

fn started(name: &str) -> ServiceState {
    unit(name, "ExecStart=/bin/sleep infinity\nRestart=always\nRestartSec=1h");
    systemd().start(name).expect("started");
    state(name)
}

fn killed() {
    let mut best = Duration::MAX;
    for round in 0..3 {
        let name = format!("killed{round}");
        let seen = started(&name);
        let pid = Pid::from_raw(seen.pid.expect("a process") as i32).expect("a process");
        let killer = std::thread::spawn(move || {
            // Not to wait for something: the agent is to die in the middle of the wait.
            std::thread::sleep(Duration::from_millis(500));
            kill_process(pid, Signal::KILL).expect("killed");
            Instant::now()
        });
        let after = systemd().wait_change(&name, &seen, LONG, &Cancel::new()).expect("a state");
        let noticed = Instant::now();
        best = best.min(noticed.duration_since(killer.join().expect("no panic")));
        assert!(after.is_failing(), "{after:?}");
        assert_eq!(after.ended.as_deref(), Some("killed by signal 9"));
    }
    println!("waiting: noticed after {best:?} (best of 3)");
    assert!(best < Duration::from_millis(100), "noticed after {best:?}");
}

/// How often this thread has gone to sleep, and how long it has run.
fn effort() -> (u64, Duration) {
    let status = fs::read_to_string("/proc/thread-self/status").expect("read");
    let line = status.lines().find_map(|line| line.strip_prefix("voluntary_ctxt_switches:"));
    let sleeps = line.expect("a count").trim().parse().expect("a number");
    let spent = fs::read_to_string("/proc/thread-self/schedstat").expect("read");
    let spent = spent.split(' ').next().expect("a time").parse().expect("a number");
    (sleeps, Duration::from_nanos(spent))
}

fn quiet() {
    let seen = started("quiet");
    let wait = |timeout| {
        let (sleeps, spent) = effort();
        let began = Instant::now();
        let after = systemd().wait_change("quiet", &seen, timeout, &Cancel::new()).expect("a state");
        assert_eq!(after, seen);
        assert!(began.elapsed() >= timeout);
        let (sleeps_after, spent_after) = effort();
        (sleeps_after - sleeps, spent_after - spent)
    };
    // The two questions before and after the wait cost what they cost; five seconds between them nothing.
    let (sleeps_none, spent_none) = wait(Duration::ZERO);
    let (sleeps, spent) = wait(Duration::from_secs(5));
    println!("waiting: 0 s: {sleeps_none} sleeps, {spent_none:?}; 5 s: {sleeps} sleeps, {spent:?}");
    assert!(sleeps <= 2 * sleeps_none + 10, "{sleeps} sleeps in 5 s, {sleeps_none} in 0 s");
    assert!(spent < Duration::from_millis(50), "{spent:?} of computing in 5 s");
}

fn cancelled() {
    let seen = started("cancelled");
    let cancel = Cancel::new();
    let other = cancel.clone();
    let canceller = std::thread::spawn(move || {
        // Not to wait for something: the request is to come in the middle of the wait.
        std::thread::sleep(Duration::from_millis(300));
        other.request();
    });
    let began = Instant::now();
    let after = systemd().wait_change("cancelled", &seen, LONG, &cancel).expect("a state");
    assert_eq!(after, seen);
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
    canceller.join().expect("no panic");
}

fn outdated() {
    let seen = started("outdated");
    run(&["systemctl", "restart", "outdated"]);
    let began = Instant::now();
    let after = systemd().wait_change("outdated", &seen, LONG, &Cancel::new()).expect("a state");
    assert_ne!(after.invocation, seen.invocation);
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
}
