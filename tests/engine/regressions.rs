//! What went wrong in other updaters, one test a lesson. Some have a test elsewhere:
//!
//! | lesson | test |
//! |---|---|
//! | rollback's cleanup deleted the running version | `rollback_never_deletes_what_runs` |
//! | its verdict must be durable before another change | `faults::killed_before_and_after_every_effect` |
//! | a torn state file kept the agent down at each boot | `store::journal::tests::cut_anywhere_it_holds_a_prefix_and_goes_on`, `properties` journals |
//! | one corrupt optional file blocked update and rollback | `rollback_needs_nothing_but_the_binary_it_returns_to` |
//! | state of another version led to a wrong rollback | `store::journal::line::tests::what_another_version_wrote_is_told_from_damage` |
//! | the watcher died with the agent's cgroup | `machine` kills (the agent's unit is stopped, the updater lives) |
//! | a transaction outlived its installation and undid the next one | `a_run_left_over_never_undoes_what_somebody_installed` |
//! | a remote service's 429 rolled an update back | `a_proxy_that_refuses_rolls_nothing_back` |
//! | rollback restarted a service that was stopped | `rollback_starts_from_a_failed_service` |
//! | a move in two steps left no program | `there_is_a_binary_at_every_instant` |
//! | the version that rolled back came again for ever | `what_was_rolled_back_does_not_come_back_until_forced` |
//! | abstract sockets have no permissions, an authorisation was used for another request, a client's path was opened with the server's rights | with the control socket, which does not exist yet |

use std::path::Path;

use sentinel_updater::engine::{RollbackRequest, UpdateRequest};
use sentinel_updater::model::{Class, Verdict};

use crate::host::{BINARY, Fault, Nature, Release, Shared};
use crate::{process, rollback, turn, update};

const GOOD: Nature = Nature::Good;
const CRASH: Nature = Nature::CrashesAfter(2000);

fn two(second: Nature) -> Shared {
    Shared::new(Some("v1.0.0"), &[("v1.0.0", GOOD, 1), ("v1.1.0", second, 1)])
}

fn running(host: &Shared) -> String {
    host.lock().running.as_ref().map(|running| running.version.clone()).unwrap_or_default()
}

#[test]
fn rollback_never_deletes_what_runs() {
    let host = two(GOOD);
    turn(&host).unwrap();
    // More failures than versions are kept.
    for minor in 2..8 {
        let release = Release { nature: CRASH, schema: 1, retracted: None };
        host.lock().releases.insert(format!("v1.{minor}.0"), release);
        assert_eq!(turn(&host).unwrap().verdict, Some(Verdict::RolledBack));
        assert_eq!(running(&host), "v1.1.0");
        let state = host.lock();
        assert_eq!(state.files[Path::new(BINARY)], "v1.1.0");
        let kept = state.kept.iter().find(|kept| kept.version == "v1.1.0").expect("what runs is kept");
        assert!(state.files.contains_key(&kept.path));
    }
    rollback(&host, &RollbackRequest::default()).unwrap();
    assert_eq!(running(&host), "v1.0.0");
    assert!(host.lock().kept.iter().any(|kept| kept.version == "v1.0.0"));
}

#[test]
fn rollback_needs_nothing_but_the_binary_it_returns_to() {
    let host = two(GOOD);
    turn(&host).unwrap();
    {
        let mut state = host.lock();
        state.source_down = true;
        state.releases.remove("v1.1.0");
        state.history.clear();
        state.seen.clear();
        state.pins.clear();
        state.held.clear();
        state.latest = Default::default();
        state.fingerprint = String::new();
    }
    rollback(&host, &RollbackRequest::default()).unwrap();
    assert_eq!(running(&host), "v1.0.0");
}

#[test]
fn a_run_left_over_never_undoes_what_somebody_installed() {
    let probe = two(GOOD);
    drop(turn(&probe));
    let verifying = probe.lock().calls.iter().position(|call| call == "start").unwrap();
    let host = two(GOOD);
    host.lock().fault = Some(Fault::KillAfter(verifying));
    assert!(process(|| drop(turn(&host))).is_none());
    {
        // While the updater is gone somebody installs a version by hand.
        let mut state = host.lock();
        state.releases.insert("v1.5.0".into(), Release { nature: GOOD, schema: 1, retracted: None });
        state.files.insert(BINARY.into(), "v1.5.0".into());
        state.running = None;
        state.start();
    }
    for _ in 0..3 {
        drop(turn(&host));
    }
    assert_eq!(
        (running(&host).as_str(), host.lock().files[Path::new(BINARY)].as_str()),
        ("v1.5.0", "v1.5.0")
    );
}

#[test]
fn a_proxy_that_refuses_rolls_nothing_back() {
    let host = two(GOOD);
    turn(&host).unwrap();
    let effects = host.lock().calls.len();
    host.lock().source_down = true;
    for _ in 0..5 {
        assert_eq!(turn(&host), None);
    }
    assert_eq!(running(&host), "v1.1.0");
    let state = host.lock();
    let touched = ["stop", "start", "install", "put_back"];
    assert!(
        !state.calls[effects..].iter().any(|call| touched.contains(&call.as_str())),
        "{:?}",
        &state.calls[effects..]
    );
    assert_eq!(state.history.len(), 1);
}

#[test]
fn rollback_starts_from_a_failed_service() {
    let host = two(GOOD);
    turn(&host).unwrap();
    {
        let mut state = host.lock();
        state.running = None;
        state.failed = true;
    }
    let reply = rollback(&host, &RollbackRequest::default()).unwrap();
    assert!(
        matches!(reply, sentinel_updater::engine::Reply::Ran(run) if run.verdict == Some(Verdict::Updated))
    );
    assert_eq!(running(&host), "v1.0.0");
}

#[test]
fn there_is_a_binary_at_every_instant() {
    for second in [GOOD, CRASH] {
        let probe = two(second);
        drop(turn(&probe));
        let effects = probe.lock().calls.len();
        for call in 0..effects {
            for fault in [Fault::KillBefore(call), Fault::KillAfter(call)] {
                let host = two(second);
                host.lock().fault = Some(fault);
                process(|| drop(turn(&host)));
                assert!(host.lock().files.contains_key(Path::new(BINARY)), "{fault:?}");
            }
        }
    }
}

#[test]
fn what_was_rolled_back_does_not_come_back_until_forced() {
    let host = two(CRASH);
    assert_eq!(turn(&host).unwrap().verdict, Some(Verdict::RolledBack));
    let builds = host.lock().builds;
    for _ in 0..20 {
        host.lock().advance(std::time::Duration::from_secs(7 * 24 * 3600));
        assert_eq!(turn(&host), None);
    }
    assert_eq!(host.lock().builds, builds);
    assert_eq!(update(&host, &UpdateRequest::default()).unwrap_err().class, Class::Refused);
    host.lock().releases.get_mut("v1.1.0").unwrap().nature = GOOD;
    update(&host, &UpdateRequest { force: true, ..UpdateRequest::default() }).unwrap();
    assert_eq!(running(&host), "v1.1.0");
}

#[test]
fn a_version_whose_content_changed_is_refused_and_the_agent_untouched() {
    let host = two(GOOD);
    host.lock().pins.insert("v1.1.0".into(), "h1:what it once was".into());
    let pid = host.lock().running.as_ref().unwrap().pid;
    let run = turn(&host).unwrap();
    assert_eq!(run.verdict, Some(Verdict::Failed));
    assert!(run.error.as_deref().unwrap().contains("changed since it was first seen"), "{run:#?}");
    assert_eq!(host.lock().running.as_ref().unwrap().pid, pid);
    assert_eq!(host.lock().files[Path::new(BINARY)], "v1.0.0");
    crate::fault_table::tell("proxy-changed-content", 1, 1, crate::fault_table::Met::Memory);
}

#[test]
fn a_proxy_that_lags_behind_takes_nothing_back() {
    let host = two(GOOD);
    turn(&host).unwrap();
    host.lock().releases.remove("v1.1.0");
    for _ in 0..3 {
        assert_eq!(turn(&host), None);
    }
    assert_eq!(running(&host), "v1.1.0");
    let reason = host.lock().latest.reason.clone().unwrap();
    assert!(reason.contains("newer than v1.0.0: never taken back"), "{reason}");
    crate::fault_table::tell("proxy-lags", 1, 1, crate::fault_table::Met::Memory);
}
