//! A new version is watched on after its commit.

use std::time::Duration;

use sentinel_updater::engine::Policy;
use sentinel_updater::model::held::HeldCause;
use sentinel_updater::model::plan::Health;
use sentinel_updater::model::{By, Run, RunKind, Verdict};
use sentinel_updater::ports::Cancel;

use crate::host::{Hook, Nature, Release, Shared};
use crate::{Updater, policy};

const LENGTH: Duration = Duration::from_secs(600);
/// Longer than the window of verify, shorter than the probation.
const LATE: Nature = Nature::CrashesAfter(120_000);
const GOOD: Nature = Nature::Good;

pub fn strict() -> Policy {
    Policy { probation: LENGTH, ..policy() }
}

fn updated(nature: Nature, schema: i64) -> Shared {
    let host = Shared::new(Some("v1.0.0"), &[("v1.0.0", GOOD, 1), ("v1.1.0", nature, schema)]);
    let run = Updater::with(&host, strict()).engine.turn().1.unwrap();
    assert_eq!(run.verdict, Some(Verdict::Updated));
    assert_eq!(host.lock().probation.as_ref().map(|probation| probation.version.as_str()), Some("v1.1.0"));
    host
}

/// What a new process of the updater does until the probation is over.
fn watch(host: &Shared) {
    let mut updater = Updater::with(host, strict());
    updater.engine.recover().unwrap();
    for _ in 0..100 {
        if !updater.engine.watch_probation(Duration::from_secs(60), &Cancel::new()) {
            return;
        }
    }
    panic!("the probation does not end: {:?}", host.lock().probation);
}

fn last_run(host: &Shared) -> Run {
    host.lock().history.values().max_by_key(|run| run.started_at).cloned().unwrap()
}

fn running(host: &Shared) -> String {
    host.lock().running.as_ref().map(|running| running.version.clone()).unwrap_or_default()
}

fn assert_taken_back(host: &Shared, because: &str) {
    let run = last_run(host);
    assert_eq!((run.kind, run.by), (RunKind::Rollback, By::Probation), "{run:#?}");
    assert_eq!(run.verdict, Some(Verdict::Updated), "it reached the version before: {run:#?}");
    assert_eq!(running(host), "v1.0.0");
    let state = host.lock();
    assert_eq!(state.probation, None);
    let held = &state.held[0];
    assert_eq!((held.version.as_str(), held.cause, held.retry_at), ("v1.1.0", HeldCause::Failed, None));
    assert!(held.reason.contains("failed its probation") && held.reason.contains(because), "{}", held.reason);
}

#[test]
fn a_crash_after_the_commit_takes_the_version_back_and_holds_it() {
    let host = updated(LATE, 1);
    watch(&host);
    assert_taken_back(&host, "did not keep running");
    assert_eq!(Updater::with(&host, strict()).engine.turn().1, None, "held, so not taken again");
}

#[test]
fn a_version_that_keeps_running_passes() {
    let host = updated(GOOD, 1);
    let before = host.lock().elapsed;
    watch(&host);
    let state = host.lock();
    assert_eq!((state.probation.clone(), state.history.len()), (None, 1));
    let took = state.elapsed - before;
    assert!((LENGTH..LENGTH + Duration::from_secs(1)).contains(&took), "{took:?}");
}

#[test]
fn a_crash_while_no_updater_ran_counts() {
    let host = updated(LATE, 1);
    host.lock().advance(Duration::from_secs(125));
    assert_eq!(host.lock().restarts, 1);
    watch(&host);
    assert_taken_back(&host, "restarted 1 times");
}

#[test]
fn a_reboot_begins_it_anew() {
    let host = updated(GOOD, 1);
    host.lock().advance(LENGTH - Duration::from_secs(10));
    host.lock().reboot();
    watch(&host);
    let state = host.lock();
    assert_eq!((state.probation.clone(), state.history.len()), (None, 1));
    assert!(state.elapsed >= LENGTH, "{:?}", state.elapsed);
}

#[test]
fn a_newer_version_ends_it() {
    let host = updated(LATE, 1);
    host.lock().releases.insert("v1.2.0".into(), Release { nature: GOOD, schema: 1, retracted: None });
    assert_eq!(Updater::with(&host, strict()).engine.turn().1.unwrap().verdict, Some(Verdict::Updated));
    assert_eq!(host.lock().probation.as_ref().map(|probation| probation.version.as_str()), Some("v1.2.0"));
    watch(&host);
    assert_eq!(running(&host), "v1.2.0");
}

#[test]
fn an_update_that_fails_leaves_the_probation_of_the_version_that_is_back() {
    let host = updated(GOOD, 1);
    let crash = Release { nature: Nature::CrashesAfter(2000), schema: 1, retracted: None };
    host.lock().releases.insert("v1.2.0".into(), crash);
    assert_eq!(Updater::with(&host, strict()).engine.turn().1.unwrap().verdict, Some(Verdict::RolledBack));
    assert_eq!(host.lock().probation.as_ref().map(|probation| probation.version.as_str()), Some("v1.1.0"));
}

#[test]
fn what_an_operator_does_is_no_failure() {
    let host = updated(GOOD, 1);
    host.lock().hook = Some(Hook::OperatorRestarts);
    watch(&host);
    assert_eq!((running(&host).as_str(), host.lock().history.len()), ("v1.1.0", 1));

    let host = updated(GOOD, 1);
    host.lock().running = None;
    watch(&host);
    assert_eq!((running(&host).as_str(), host.lock().history.len()), ("", 1), "stopped on purpose");

    let host = updated(LATE, 1);
    {
        let mut state = host.lock();
        state.files.insert(crate::host::BINARY.into(), "v1.0.0".into());
        state.start();
    }
    assert_eq!(Updater::with(&host, strict()).engine.turn().1, None);
    assert_eq!(host.lock().probation, None, "replaced by hand");
}

#[test]
fn while_the_system_goes_down_nobody_is_to_blame() {
    let host = updated(LATE, 1);
    {
        let mut state = host.lock();
        state.system_stopping = true;
        state.running = None;
        state.failed = true;
    }
    let mut updater = Updater::with(&host, strict());
    updater.engine.recover().unwrap();
    assert!(updater.engine.watch_probation(Duration::from_secs(60), &Cancel::new()));
    assert_eq!(host.lock().history.len(), 1);
    assert!(host.lock().probation.is_some());
}

#[test]
fn the_database_goes_back_with_a_schema_that_changed() {
    let host = updated(LATE, 2);
    watch(&host);
    assert_taken_back(&host, "did not keep running");
    let state = host.lock();
    assert_eq!(state.database.as_ref().unwrap().schema, 1);
    assert_eq!(state.aside.len(), 1, "what the new version made of it is kept");
}

#[test]
fn a_probe_counts_when_it_fails_three_times_in_a_row() {
    let host = updated(GOOD, 1);
    {
        let mut state = host.lock();
        let health = Health { http: Some("http://127.0.0.1:1/".into()), ..Health::default() };
        state.probation.as_mut().unwrap().health = health;
        state.probe_configured = true;
        state.probe_fails_for = vec!["v1.1.0".into()];
    }
    watch(&host);
    assert_taken_back(&host, "answers 503");
}

#[test]
fn without_a_version_to_go_back_to_there_is_none() {
    let host = Shared::new(None, &[("v1.0.0", GOOD, 1)]);
    assert_eq!(Updater::with(&host, strict()).engine.turn().1.unwrap().kind, RunKind::Install);
    assert_eq!(host.lock().probation, None);
}

#[test]
fn an_order_ends_the_wait() {
    let host = updated(GOOD, 1);
    let wake = Cancel::new();
    wake.request();
    let before = host.lock().elapsed;
    let mut updater = Updater::with(&host, strict());
    updater.engine.recover().unwrap();
    assert!(updater.engine.watch_probation(LENGTH, &wake));
    assert_eq!(host.lock().elapsed, before);
}
