//! Starting, stopping, restarting.

use std::fs;
use std::time::{Duration, Instant};

use sentinel_updater::model::Class;
use sentinel_updater::model::agent::Life;
use sentinel_updater::ports::{Cancel, ServiceManager};

use super::kit::trials::{Test, tests};
use super::place::{LONG, Place, define, lives, wait_for};
use crate::kit::waiting::until;

/// Every test here.
pub(crate) fn tests() -> Vec<Test> {
    tests![
        a_service_is_defined_started_stopped_and_seen,
        a_crash_loop_is_seen_and_can_be_stopped,
        a_missing_binary_fails_the_start,
        an_agent_that_ignores_sigterm_is_killed_at_the_deadline,
        children_in_sessions_of_their_own_are_gone_after_stop,
        one_stopped_on_purpose_stays_stopped_and_another_comes_up,
        the_guard_killed_leaves_no_agent_and_none_of_its_children,
        a_wait_ends_when_somebody_cancels,
    ]
}

const SLEEP: &str = "exec sleep 1000";
/// A child in a session of its own that tells its number.
const DAEMON: &str = "setsid sh -c 'trap \"\" TERM HUP; echo $$ >daemon.new; mv daemon.new daemon; while :; do sleep 1; done' &\nwait_file() { while [ ! -e daemon ]; do sleep 0.02; done; }; wait_file\n";

fn a_service_is_defined_started_stopped_and_seen() {
    let place = Place::new();
    place.script("agent", SLEEP);
    let (supervisor, _notes) = place.supervise();
    let mut manager = supervisor.manager();
    assert_eq!(manager.state("agent").expect("a state").life, Life::Absent);
    manager.stop("agent", LONG).expect("nothing to stop");
    assert_eq!(manager.start("agent").expect_err("unknown").class, Class::Service);
    define(manager.as_mut(), &place.spec("agent"));
    assert_eq!(manager.state("agent").expect("a state").life, Life::Stopped);
    for _ in 0..2 {
        manager.start("agent").expect("started");
    }
    let running = manager.state("agent").expect("a state");
    assert_eq!((running.life, running.enabled, running.restarts), (Life::Running, true, 0));
    assert!(running.pid.is_some() && running.since.is_some() && running.active_enter_us > 0);
    until("others see it run", || place.reader().state("agent").is_ok_and(|state| state.is_running()));
    for result in [place.reader().stop("agent", LONG), place.reader().define("agent", &place.path("x"), None)]
    {
        assert_eq!(result.expect_err("not its own").class, Class::Refused);
    }
    for _ in 0..2 {
        manager.stop("agent", LONG).expect("stopped");
    }
    let stopped = manager.state("agent").expect("a state");
    assert_eq!((stopped.life, stopped.pid, stopped.result.as_str()), (Life::Stopped, None, "success"));
    assert!(stopped.active_exit_us > running.active_enter_us);
    manager.start("agent").expect("again");
    let again = manager.state("agent").expect("a state");
    assert!(again.active_enter_us > stopped.active_exit_us && again.invocation != running.invocation);
    println!("gap of a stop and a start: {} µs", again.active_enter_us - stopped.active_exit_us);
    drop(supervisor);
    assert!(!lives(&again.pid.expect("a process").to_string()));
    assert_eq!(place.reader().state("agent").expect("known").life, Life::Stopped);
}

fn a_crash_loop_is_seen_and_can_be_stopped() {
    let place = Place::new();
    place.script("agent", "exit 7");
    let (supervisor, _notes) = place.supervise();
    let mut manager = supervisor.manager();
    define(manager.as_mut(), &place.spec("agent"));
    let began = Instant::now();
    manager.start("agent").expect("a shell can be executed");
    let failed = wait_for(manager.as_mut(), "agent", |state| state.is_failing());
    assert_eq!((failed.ended.as_deref(), failed.result.as_str()), (Some("exited with 7"), "exit-code"));
    wait_for(manager.as_mut(), "agent", |state| state.restarts >= 2);
    let took = began.elapsed();
    assert!(took >= Duration::from_secs(3), "1 s, then 2 s: {took:?}");
    manager.stop("agent", LONG).expect("stopped");
    assert_eq!(manager.state("agent").expect("a state").life, Life::Stopped);
    place.script("agent", SLEEP);
    manager.start("agent").expect("started");
    let running = manager.state("agent").expect("a state");
    assert_eq!((running.life, running.restarts), (Life::Running, 0));
}

fn a_missing_binary_fails_the_start() {
    let place = Place::new();
    let (supervisor, _notes) = place.supervise();
    let mut manager = supervisor.manager();
    define(manager.as_mut(), &place.spec("agent"));
    let failure = manager.start("agent").expect_err("nothing to execute");
    assert_eq!(failure.class, Class::Service);
    assert!(
        failure.line().contains("cannot start `agent`") && failure.line().contains("No such file"),
        "{failure}"
    );
    assert!(manager.state("agent").expect("a state").is_failing());
    manager.stop("agent", LONG).expect("stopped");
}

fn an_agent_that_ignores_sigterm_is_killed_at_the_deadline() {
    let place = Place::new();
    place.script("agent", "trap '' TERM; >ready; while :; do sleep 1; done");
    let (supervisor, _notes) = place.supervise();
    let mut manager = supervisor.manager();
    define(manager.as_mut(), &place.spec("agent"));
    manager.start("agent").expect("started");
    until("it is ready", || place.path("ready").exists());
    let pid = manager.state("agent").expect("a state").pid.expect("a process").to_string();
    let began = Instant::now();
    manager.stop("agent", Duration::from_secs(3)).expect("stopped all the same");
    let took = began.elapsed();
    assert!(took < Duration::from_secs(3) && !lives(&pid), "{took:?}");
}

fn children_in_sessions_of_their_own_are_gone_after_stop() {
    let place = Place::new();
    place.script("agent", &format!("{DAEMON}{SLEEP}"));
    let (supervisor, _notes) = place.supervise();
    let mut manager = supervisor.manager();
    define(manager.as_mut(), &place.spec("agent"));
    manager.start("agent").expect("started");
    until("the daemon runs", || place.path("daemon").exists());
    assert!(lives(&place.read("daemon")));
    manager.stop("agent", LONG).expect("stopped");
    assert!(!lives(&place.read("daemon")));
}

fn one_stopped_on_purpose_stays_stopped_and_another_comes_up() {
    let place = Place::new();
    place.script("one", SLEEP);
    place.script("two", SLEEP);
    {
        let (supervisor, _notes) = place.supervise();
        let mut manager = supervisor.manager();
        for service in ["one", "two"] {
            define(manager.as_mut(), &place.spec(service));
            manager.start(service).expect("started");
        }
        manager.stop("one", LONG).expect("stopped");
    }
    let (supervisor, _notes) = place.supervise();
    supervisor.start_all();
    let mut manager = supervisor.manager();
    wait_for(manager.as_mut(), "two", |state| state.is_running());
    let one = manager.state("one").expect("a state");
    assert_eq!((one.life, one.enabled), (Life::Stopped, false));
    manager.start("one").expect("started");
    assert!(manager.state("one").expect("a state").enabled);
}

fn the_guard_killed_leaves_no_agent_and_none_of_its_children() {
    let place = Place::new();
    place.script("agent", &format!("{DAEMON}{SLEEP}"));
    let (supervisor, _notes) = place.supervise();
    let mut manager = supervisor.manager();
    define(manager.as_mut(), &place.spec("agent"));
    manager.start("agent").expect("started");
    until("the daemon runs", || place.path("daemon").exists());
    let daemon = place.read("daemon");
    let before = manager.state("agent").expect("a state");
    let pid = before.pid.expect("a process");
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).expect("stat");
    let parent: i32 = stat
        .rsplit_once(')')
        .expect("a name")
        .1
        .split_whitespace()
        .nth(1)
        .expect("parent")
        .parse()
        .expect("a number");
    let guard = rustix::process::Pid::from_raw(parent).expect("a number");
    rustix::process::kill_process(guard, rustix::process::Signal::KILL).expect("killed");
    let after = wait_for(manager.as_mut(), "agent", |state| state.is_running() && state.restarts == 1);
    assert_ne!(after.pid, Some(pid));
    assert!(!lives(&pid.to_string()) && !lives(&daemon));
}

fn a_wait_ends_when_somebody_cancels() {
    let place = Place::new();
    place.script("agent", SLEEP);
    let (supervisor, _notes) = place.supervise();
    let mut manager = supervisor.manager();
    define(manager.as_mut(), &place.spec("agent"));
    manager.start("agent").expect("started");
    let seen = manager.state("agent").expect("a state");
    let cancel = Cancel::new();
    let other = cancel.clone();
    let (began, mut waiting) = (Instant::now(), supervisor.manager());
    let copy = seen.clone();
    let waiter = std::thread::spawn(move || waiting.wait_change("agent", &copy, LONG, &other));
    cancel.request();
    assert_eq!(waiter.join().expect("no panic").expect("a state"), seen);
    assert!(began.elapsed() < LONG);
}
