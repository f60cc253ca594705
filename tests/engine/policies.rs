//! When an update is taken: windows, splay, pauses, limits on the downtime, and candidates that wait.

use std::time::Duration;

use sentinel_updater::engine::{Policy, Reply, RollbackRequest, UpdateRequest};
use sentinel_updater::model::plan::RestorePolicy;
use sentinel_updater::model::{
    By, Class, EventKind, Run, RunKind, StepId, StepStatus, Timestamp, Verdict, Window,
};

use crate::host::{BINARY, Nature, STAGED, Shared};
use crate::{Updater, policy, rollback, turn, turn_with, update};

const GOOD: Nature = Nature::Good;
const HOUR: Duration = Duration::from_secs(3600);

fn host() -> Shared {
    Shared::new(Some("v1.0.0"), &[("v1.0.0", GOOD, 1), ("v1.1.0", GOOD, 1)])
}

fn publish(host: &Shared, version: &str) {
    let release = crate::host::Release { nature: GOOD, schema: 1, retracted: None };
    host.lock().releases.insert(version.into(), release);
}

fn running(host: &Shared) -> String {
    host.lock().running.as_ref().map(|running| running.version.clone()).unwrap_or_default()
}

/// Every day from 05:00 to 06:00 UTC; the host's clock says 03:04:05.
fn windowed() -> Policy {
    let window = Window {
        days: [true; 7],
        start: 300,
        end: 360,
        zone: jiff::tz::TimeZone::UTC,
        zone_name: Some("UTC".into()),
    };
    Policy { windows: vec![window], ..policy() }
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn advance_to(host: &Shared, text: &str) {
    let mut host = host.lock();
    let time = Duration::try_from(at(text).duration_since(host.now)).unwrap();
    host.advance(time);
}

fn reason(host: &Shared) -> String {
    host.lock().latest.reason.clone().unwrap_or_default()
}

fn update_with(
    host: &Shared,
    policy: Policy,
    request: &UpdateRequest,
) -> sentinel_updater::model::Outcome<Reply> {
    let mut updater = Updater::with(host, policy);
    updater.engine.recover()?;
    updater.engine.update(request, By::Uid(0))
}

fn ran(reply: Reply) -> Run {
    match reply {
        Reply::Ran(run) => *run,
        other => panic!("{other:?}"),
    }
}

fn stage(host: &Shared) -> Run {
    let request = UpdateRequest { stage_only: true, ..UpdateRequest::default() };
    ran(update(host, &request).unwrap())
}

#[test]
fn outside_the_window_it_is_built_and_inside_switched_to() {
    let host = host();
    let mut updater = Updater::with(&host, windowed());
    updater.engine.recover().unwrap();
    let pid = host.lock().running.as_ref().unwrap().pid;
    let (delay, run) = updater.engine.turn();
    let run = run.unwrap();
    assert_eq!((run.kind, run.verdict, &run.error), (RunKind::Update, Some(Verdict::Staged), &None));
    let stop = run.steps.iter().find(|row| row.id == StepId::Stop).unwrap();
    assert_eq!(stop.status, StepStatus::NotRun);
    assert!(stop.note.as_deref().unwrap().contains("opens at 2026-01-02T05:00:00Z"), "{stop:?}");
    {
        let state = host.lock();
        assert_eq!(state.running.as_ref().unwrap().pid, pid);
        assert!(!state.files.contains_key(std::path::Path::new(STAGED)), "nothing beside the agent's binary");
        assert_eq!(
            state.latest.reason.as_deref(),
            Some(
                "v1.1.0 is built and proven; it is switched to when the window `05:00-06:00 UTC` opens at 2026-01-02T05:00:00Z"
            )
        );
    }
    assert!(delay <= Duration::from_secs(31));
    assert_eq!(updater.engine.turn().1, None, "it is not built again");
    advance_to(&host, "2026-01-02T05:00:00Z");
    let run = updater.engine.turn().1.unwrap();
    assert_eq!((run.verdict, host.lock().builds), (Some(Verdict::Updated), 1));
    assert_eq!(run.steps.iter().find(|row| row.id == StepId::Build).unwrap().status, StepStatus::Skipped);
    assert_eq!((running(&host).as_str(), host.lock().staged.clone()), ("v1.1.0", None));
    assert_eq!(host.lock().kept.len(), 2);
}

#[test]
fn a_long_interval_does_not_miss_a_short_window() {
    let host = host();
    let policy = Policy { check_interval: 24 * HOUR, ..windowed() };
    let mut updater = Updater::with(&host, policy);
    updater.engine.recover().unwrap();
    let (delay, run) = updater.engine.turn();
    assert_eq!(run.unwrap().verdict, Some(Verdict::Staged));
    host.lock().advance(delay);
    let now = host.lock().now;
    assert!(now >= at("2026-01-02T05:00:00Z") && now < at("2026-01-02T05:00:01Z"), "{now}");
    assert_eq!(updater.engine.turn().1.unwrap().verdict, Some(Verdict::Updated));
}

#[test]
fn a_window_that_closes_during_the_build_ends_the_run_as_staged() {
    let host = host();
    // A build takes 30 s.
    advance_to(&host, "2026-01-02T05:59:45Z");
    let run = turn_with(&host, windowed()).unwrap();
    assert_eq!((run.verdict, running(&host).as_str()), (Some(Verdict::Staged), "v1.0.0"));
    assert!(!host.lock().files.contains_key(std::path::Path::new(STAGED)));
    assert!(reason(&host).contains("opens at 2026-01-03T05:00:00Z"), "{}", reason(&host));
}

#[test]
fn a_window_that_opens_during_the_build_is_used() {
    let host = host();
    advance_to(&host, "2026-01-02T04:59:45Z");
    assert_eq!(turn_with(&host, windowed()).unwrap().verdict, Some(Verdict::Updated));
}

#[test]
fn a_window_that_opens_after_the_proof_still_keeps_the_old_version() {
    let host = host();
    let shared = host.clone();
    let react = move |event: &EventKind| {
        if matches!(event, EventKind::StepEnded { step: StepId::Prove, status: StepStatus::Done, .. }) {
            advance_to(&shared, "2026-01-02T05:00:00Z");
        }
    };
    let mut updater = Updater::reacting(&host, react, sentinel_updater::engine::Interrupt::new());
    updater.engine.reload(crate::world::world(&host), windowed());
    updater.engine.recover().unwrap();
    assert_eq!(updater.engine.turn().1.unwrap().verdict, Some(Verdict::Updated));
    let mut kept: Vec<String> = host.lock().kept.iter().map(|kept| kept.version.clone()).collect();
    kept.sort();
    assert_eq!(kept, ["v1.0.0", "v1.1.0"]);
    assert_eq!(host.lock().files[std::path::Path::new(crate::host::BACKUP)], "v1.0.0");
}

#[test]
fn a_network_that_fails_when_the_window_opens_is_not_asked_without_end() {
    let host = host();
    let mut updater = Updater::with(&host, windowed());
    updater.engine.recover().unwrap();
    assert_eq!(updater.engine.turn().1.unwrap().verdict, Some(Verdict::Staged));
    advance_to(&host, "2026-01-02T05:00:00Z");
    host.lock().source_down = true;
    let (delay, run) = updater.engine.turn();
    assert_eq!(run, None);
    assert!(delay >= Duration::from_secs(30), "{delay:?}");
}

#[test]
fn commands_installations_and_repairs_wait_for_no_window() {
    let by_hand = host();
    let run = ran(update_with(&by_hand, windowed(), &UpdateRequest::default()).unwrap());
    assert_eq!(run.verdict, Some(Verdict::Updated));
    by_hand.lock().files.remove(std::path::Path::new(BINARY));
    let run = turn_with(&by_hand, windowed()).unwrap();
    assert_eq!((run.kind, run.verdict), (RunKind::Repair, Some(Verdict::Updated)));
    let absent = Shared::new(None, &[("v1.0.0", GOOD, 1)]);
    let run = turn_with(&absent, windowed()).unwrap();
    assert_eq!((run.kind, run.verdict), (RunKind::Install, Some(Verdict::Updated)));
}

#[test]
fn a_staged_candidate_is_switched_to_without_a_second_build() {
    let host = host();
    let run = stage(&host);
    assert_eq!((run.verdict, running(&host).as_str()), (Some(Verdict::Staged), "v1.0.0"));
    assert!(matches!(
        update(&host, &UpdateRequest { stage_only: true, ..UpdateRequest::default() }).unwrap(),
        Reply::Nothing(_)
    ));
    let refused =
        rollback(&host, &RollbackRequest { version: Some("v1.1.0".into()), ..RollbackRequest::default() });
    assert_eq!(refused.unwrap_err().class, Class::Refused, "it is no version to go back to");
    let run = ran(update(&host, &UpdateRequest::default()).unwrap());
    assert_eq!((run.verdict, host.lock().builds), (Some(Verdict::Updated), 1));
}

#[test]
fn a_candidate_that_is_not_what_a_build_would_make_is_built_again() {
    let change: [fn(&Shared); 2] = [
        |host| host.lock().fingerprint = "go1.27.0 gcc12".into(),
        |host| {
            let mut host = host.lock();
            let path = host.staged.as_ref().unwrap().kept.path.clone();
            host.files.insert(path, "something else".into());
        },
    ];
    for change in change {
        let host = host();
        stage(&host);
        change(&host);
        let run = ran(update(&host, &UpdateRequest::default()).unwrap());
        assert_eq!((run.verdict, host.lock().builds), (Some(Verdict::Updated), 2));
        assert_eq!(running(&host), "v1.1.0");
    }
}

#[test]
fn a_candidate_leaves_the_store_when_it_cannot_be_switched_to() {
    let waits = |host: &Shared| host.lock().staged.as_ref().map(|staged| staged.version.to_string());
    let stored = |host: &Shared| host.lock().kept.iter().any(|kept| kept.version == "v1.1.0");
    // Held.
    let held = host();
    stage(&held);
    Updater::start(&held).engine.hold(&"v1.1.0".parse().unwrap(), None, By::Uid(0)).unwrap();
    assert_eq!((turn(&held), waits(&held), stored(&held)), (None, None, false));
    // Retracted.
    let retracted = host();
    stage(&retracted);
    retracted.lock().releases.get_mut("v1.1.0").unwrap().retracted = Some("broken".into());
    assert_eq!((turn(&retracted), waits(&retracted), stored(&retracted)), (None, None, false));
    // Replaced by a newer one.
    let replaced = host();
    stage(&replaced);
    publish(&replaced, "v1.2.0");
    stage(&replaced);
    assert_eq!((waits(&replaced).as_deref(), stored(&replaced)), (Some("v1.2.0"), false));
    // It failed.
    let failed = Shared::new(Some("v1.0.0"), &[("v1.1.0", Nature::CrashesAfter(2000), 1)]);
    stage(&failed);
    let run = ran(update(&failed, &UpdateRequest::default()).unwrap());
    assert_eq!((run.verdict, waits(&failed), stored(&failed)), (Some(Verdict::RolledBack), None, false));
}

#[test]
fn a_candidate_takes_no_kept_versions_place() {
    let host = host();
    for version in ["v1.1.0", "v1.2.0", "v1.3.0"] {
        publish(&host, version);
        assert_eq!(
            turn_with(&host, Policy { keep_versions: 3, ..policy() }).unwrap().verdict,
            Some(Verdict::Updated)
        );
    }
    assert_eq!(host.lock().kept.len(), 3);
    publish(&host, "v1.4.0");
    stage(&host);
    // A rollback, with the candidate waiting: three versions are kept beside it.
    let run = ran(rollback(&host, &RollbackRequest::default()).unwrap());
    assert_eq!((run.to.as_deref(), run.verdict), (Some("v1.2.0"), Some(Verdict::Updated)));
    let kept: Vec<String> = host.lock().kept.iter().map(|kept| kept.version.clone()).collect();
    assert_eq!(kept.len(), 4, "{kept:?}");
    for version in ["v1.2.0", "v1.3.0", "v1.4.0"] {
        assert!(kept.iter().any(|kept| kept == version), "{version}: {kept:?}");
    }
}

#[test]
fn a_host_waits_for_its_turn_and_a_command_does_not() {
    let policy = Policy { splay: HOUR, ..policy() };
    let host = host();
    let mut updater = Updater::with(&host, policy.clone());
    updater.engine.recover().unwrap();
    let seen = host.lock().now;
    assert_eq!(updater.engine.turn().1.unwrap().verdict, Some(Verdict::Staged));
    assert!(reason(&host).contains("the turn of this host (policy.splay) comes at "), "{}", reason(&host));
    let updated = (0..130).find_map(|_| {
        let (delay, run) = updater.engine.turn();
        match run {
            Some(run) => Some((run, host.lock().now)),
            None => {
                host.lock().advance(delay);
                None
            }
        }
    });
    let (run, when) = updated.expect("within the hour");
    assert_eq!((run.verdict, host.lock().builds), (Some(Verdict::Updated), 1));
    assert!(when.duration_since(seen) <= jiff::SignedDuration::from_secs(3600 + 120), "{when}");
    let by_hand = self::host();
    let run = ran(update_with(&by_hand, policy, &UpdateRequest::default()).unwrap());
    assert_eq!(run.verdict, Some(Verdict::Updated));
}

#[test]
fn a_splay_counts_from_the_windows_opening() {
    let policy = Policy { splay: Duration::from_secs(1800), ..windowed() };
    let host = host();
    let mut updater = Updater::with(&host, policy);
    updater.engine.recover().unwrap();
    assert_eq!(updater.engine.turn().1.unwrap().verdict, Some(Verdict::Staged));
    advance_to(&host, "2026-01-02T05:00:00Z");
    assert_eq!(updater.engine.turn().1, None, "{}", reason(&host));
    advance_to(&host, "2026-01-02T05:30:00Z");
    assert_eq!(updater.engine.turn().1.unwrap().verdict, Some(Verdict::Updated));
}

#[test]
fn a_downtime_over_the_limit_waits_for_somebody() {
    let policy = Policy { max_downtime: Duration::from_millis(500), ..policy() };
    let host = host();
    let run = turn_with(&host, policy.clone()).unwrap();
    assert_eq!((run.verdict, running(&host).as_str()), (Some(Verdict::Staged), "v1.0.0"));
    assert!(
        reason(&host).contains("update --force") && reason(&host).contains("policy.max_downtime"),
        "{}",
        reason(&host)
    );
    let refused = update_with(&host, policy.clone(), &UpdateRequest::default()).unwrap_err();
    assert_eq!(refused.class, Class::Refused, "{refused}");
    let forced = UpdateRequest { force: true, ..UpdateRequest::default() };
    let run = ran(update_with(&host, policy.clone(), &forced).unwrap());
    assert_eq!((run.verdict, host.lock().builds), (Some(Verdict::Updated), 1));
    // Now it was measured: some milliseconds.
    publish(&host, "v1.2.0");
    let run = turn_with(&host, policy).unwrap();
    assert_eq!(run.verdict, Some(Verdict::Updated));
    let prove = run.steps.iter().find(|row| row.id == StepId::Prove).unwrap();
    assert!(prove.note.as_deref().unwrap().contains("expected downtime "), "{prove:?}");
}

#[test]
fn a_pause_ends_by_itself_and_commands_work_meanwhile() {
    let host = host();
    let mut updater = Updater::with(&host, Policy { check_interval: 24 * HOUR, ..policy() });
    updater.engine.recover().unwrap();
    updater.engine.pause(Some(HOUR), Some("freeze"), By::Uid(0)).unwrap();
    let (delay, run) = updater.engine.turn();
    assert_eq!(run, None);
    assert_eq!(reason(&host), "paused until 2026-01-02T04:04:05Z: freeze (`resume` ends it)");
    assert_eq!(turn(&host), None, "another process heeds it, too");
    host.lock().advance(delay);
    assert!(host.lock().now < at("2026-01-02T04:04:06Z"));
    assert_eq!(updater.engine.turn().1.unwrap().verdict, Some(Verdict::Updated));
    assert_eq!(host.lock().paused, None);
    publish(&host, "v1.2.0");
    updater.engine.pause(None, None, By::Uid(0)).unwrap();
    assert_eq!(updater.engine.turn().1, None);
    assert_eq!(ran(update(&host, &UpdateRequest::default()).unwrap()).to.as_deref(), Some("v1.2.0"));
    assert_eq!(ran(rollback(&host, &RollbackRequest::default()).unwrap()).verdict, Some(Verdict::Updated));
    assert!(updater.engine.resume().unwrap());
    assert!(!updater.engine.resume().unwrap());
}

#[test]
fn all_reasons_are_told_what_lasts_longest_first() {
    let host = host();
    let mut updater = Updater::with(&host, windowed());
    updater.engine.recover().unwrap();
    updater.engine.pause(Some(HOUR), None, By::Uid(0)).unwrap();
    updater.engine.hold(&"v1.1.0".parse().unwrap(), Some("not now"), By::Uid(0)).unwrap();
    assert_eq!(updater.engine.turn().1, None);
    assert_eq!(
        reason(&host),
        "v1.1.0 is held: not now (`unhold v1.1.0` allows it); paused until 2026-01-02T04:04:05Z (`resume` ends it); \
         after that it is switched to when the window `05:00-06:00 UTC` opens at 2026-01-02T05:00:00Z"
    );
}

#[test]
fn a_version_that_is_too_young_is_told_with_its_time() {
    let host = host();
    turn(&host).unwrap();
    publish(&host, "v1.2.0");
    assert_eq!(turn_with(&host, Policy { min_age: 2 * HOUR, ..policy() }), None);
    let told = reason(&host);
    assert!(
        told.starts_with("v1.2.0 is too young until 2026-01-02T05:") && told.contains("`update v1.2.0`"),
        "{told}"
    );
}

#[test]
fn the_database_is_restored_always_or_never() {
    for (restore, schema, back) in [
        (RestorePolicy::Always, 1, true),
        (RestorePolicy::Never, 1, false),
        (RestorePolicy::Schema, 1, false),
    ] {
        let host = Shared::new(
            Some("v1.0.0"),
            &[("v1.0.0", GOOD, 1), ("v1.1.0", Nature::CrashesAfter(2000), schema)],
        );
        let run = turn_with(&host, Policy { restore, ..policy() }).unwrap();
        assert_eq!(run.verdict, Some(Verdict::RolledBack));
        let state = host.lock();
        let rows = &state.database.as_ref().unwrap().rows;
        assert_eq!(!rows.contains(&"written by v1.1.0".to_owned()), back, "{restore:?}");
        assert_eq!(state.aside.len(), usize::from(back), "{restore:?}");
        assert!(state.snapshots.is_empty());
    }
}

#[test]
fn kept_versions_are_counted_and_the_others_leave_with_their_snapshots() {
    for (keep, left) in [(1, 2), (3, 3)] {
        let host = host();
        for version in ["v1.1.0", "v1.2.0", "v1.3.0", "v1.4.0"] {
            publish(&host, version);
            turn_with(&host, Policy { keep_versions: keep, ..policy() }).unwrap();
            host.lock().advance(Duration::from_secs(1));
        }
        let state = host.lock();
        // The one that runs and the one before it always stay.
        assert_eq!(state.kept.len(), left, "keep {keep}");
        assert_eq!(state.snapshots.len(), left - 1, "each version left has its snapshot");
    }
}
