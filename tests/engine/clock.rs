//! The wall clock jumps by a year, ahead or back. Decisions about a run go by the time since boot, so no
//! run ends in another way; waits that are kept as times of day end early or as usual, never a year late.

use std::time::Duration;

use sentinel_updater::engine::{RollbackRequest, UpdateRequest};
use sentinel_updater::model::status::Paused;
use sentinel_updater::model::{StepId, Verdict};

use crate::fault_table::{Met, tell};
use crate::host::{Fault, Nature, Shared};
use crate::{Updater, policy, process, rollback, turn, turn_with, update};

const GOOD: Nature = Nature::Good;
const CRASH: Nature = Nature::CrashesAfter(2000);
const YEAR_H: i64 = 365 * 24;
const JUMPS: [i64; 2] = [YEAR_H, -YEAR_H];

fn two(second: Nature) -> Shared {
    Shared::new(Some("v1.0.0"), &[("v1.0.0", GOOD, 1), ("v1.1.0", second, 1)])
}

fn running(host: &Shared) -> String {
    host.lock().running.as_ref().map(|running| running.version.clone()).unwrap_or_default()
}

#[test]
fn at_any_effect_of_a_run_it_changes_nothing() {
    let mut tried = 0;
    for (second, verdict, ends) in
        [(GOOD, Verdict::Updated, "v1.1.0"), (CRASH, Verdict::RolledBack, "v1.0.0")]
    {
        let plain = two(second);
        let usual = turn(&plain).unwrap();
        let effects = plain.lock().calls.len();
        for hours in JUMPS {
            for call in 0..effects {
                let host = two(second);
                host.lock().jump = Some((call, hours));
                let run = turn(&host).unwrap();
                let what = format!("{hours} h at call {call}");
                assert_eq!((run.verdict, running(&host).as_str()), (Some(verdict), ends), "{what}");
                let took = |run: &sentinel_updater::model::Run, id| {
                    run.steps.iter().find(|row| row.id == id).and_then(|row| row.took_ms)
                };
                assert_eq!(took(&run, StepId::Verify), took(&usual, StepId::Verify), "{what}");
                assert_eq!((run.took_ms, run.downtime_ms), (usual.took_ms, usual.downtime_ms), "{what}");
                tried += 1;
            }
        }
    }
    tell("clock-jump-in-run", tried, tried, Met::Memory);
}

#[test]
fn between_a_kill_and_the_next_start_it_changes_nothing() {
    let mut tried = 0;
    let plain = two(GOOD);
    drop(turn(&plain));
    let effects = plain.lock().calls.len();
    for hours in JUMPS {
        for call in 0..effects {
            let host = two(GOOD);
            host.lock().fault = Some(Fault::KillAfter(call));
            process(|| drop(turn(&host)));
            host.lock().fault = None;
            host.lock().jump_clock(hours);
            for _ in 0..3 {
                drop(turn(&host));
            }
            assert_eq!(running(&host), "v1.1.0", "{hours} h after call {call}");
            assert!(host.lock().history.values().all(|run| run.verdict.is_some()));
            tried += 1;
        }
    }
    tell("clock-jump-while-dead", tried, tried, Met::Memory);
}

#[test]
fn the_wait_after_a_failed_build_is_never_a_year() {
    for hours in JUMPS {
        // A process that lives on, and one that is started anew.
        for lives_on in [true, false] {
            let host = two(Nature::Broken);
            let mut updater = Updater::start(&host);
            assert_eq!(updater.engine.turn().1.unwrap().verdict, Some(Verdict::Failed));
            assert_eq!(updater.engine.turn().1, None, "it waits");
            host.lock().jump_clock(hours);
            let next = if lives_on { updater.engine.turn().1 } else { turn(&host) };
            assert_eq!(next.and_then(|run| run.verdict), Some(Verdict::Failed), "{hours} h, {lives_on}");
            assert_eq!(turn(&host), None, "and it waits again");
            // A clock that is put right by an hour is no reason to hurry.
            host.lock().jump_clock(-1);
            assert_eq!(turn(&host), None);
        }
    }
    tell("clock-jump-in-wait", 4, 4, Met::Memory);
}

#[test]
fn what_failed_for_good_stays_held() {
    for hours in JUMPS {
        let host = two(CRASH);
        assert_eq!(turn(&host).unwrap().verdict, Some(Verdict::RolledBack));
        host.lock().jump_clock(hours);
        assert_eq!(turn(&host), None);
        assert!(update(&host, &UpdateRequest::default()).is_err());
    }
    tell("clock-jump-while-held", 2, 2, Met::Memory);
}

#[test]
fn a_pause_ends_at_its_time_of_day() {
    for (hours, goes_on) in [(YEAR_H, true), (-YEAR_H, false)] {
        let host = two(GOOD);
        let now = host.lock().now;
        host.lock().paused = Some(Paused {
            since: now,
            until: Some(now.checked_add(Duration::from_secs(3600)).unwrap()),
            reason: None,
            by: "uid 0".into(),
        });
        let mut updater = Updater::start(&host);
        assert_eq!(updater.engine.turn().1, None);
        host.lock().jump_clock(hours);
        assert_eq!(updater.engine.turn().1.is_some(), goes_on, "{hours}");
    }
    tell("clock-jump-while-paused", 2, 2, Met::Memory);
}

#[test]
fn the_next_check_comes_as_usual() {
    for hours in JUMPS {
        let host = Shared::new(Some("v1.0.0"), &[("v1.0.0", GOOD, 1)]);
        let mut updater = Updater::start(&host);
        let usual = updater.engine.turn().0;
        host.lock().jump_clock(hours);
        assert_eq!(updater.engine.turn().0, usual);
        host.lock().source_down = true;
        host.lock().jump_clock(-hours);
        assert!(updater.engine.turn().0 <= Duration::from_secs(60));
    }
    tell("clock-jump-between-checks", 4, 4, Met::Memory);
}

#[test]
fn an_age_is_never_less_than_asked_for() {
    for hours in JUMPS {
        let host = Shared::new(Some("v1.0.0"), &[("v1.0.0", GOOD, 1)]);
        let policy = sentinel_updater::engine::Policy { min_age: Duration::from_secs(3600), ..policy() };
        assert_eq!(turn_with(&host, policy.clone()), None);
        let fresh = crate::host::Release { nature: GOOD, schema: 1, retracted: None };
        host.lock().releases.insert("v1.1.0".into(), fresh);
        assert_eq!(turn_with(&host, policy.clone()), None);
        host.lock().jump_clock(hours);
        // Ahead the hour is over by all that can be known; back it is not.
        assert_eq!(turn_with(&host, policy).is_some(), hours > 0);
    }
}

#[test]
fn a_rollback_on_request_needs_no_clock() {
    for hours in JUMPS {
        let host = two(GOOD);
        drop(turn(&host));
        host.lock().jump_clock(hours);
        rollback(&host, &RollbackRequest::default()).unwrap();
        assert_eq!(running(&host), "v1.0.0");
        assert_eq!(turn(&host), None, "and it stays");
    }
}
