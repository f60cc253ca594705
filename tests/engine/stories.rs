//! What an administrator sees, without faults.

use std::time::Duration;

use sentinel_updater::engine::{DatabaseRequest, Reply, RollbackRequest, UpdateRequest, Wish};
use sentinel_updater::model::held::HeldCause;
use sentinel_updater::model::status::{Latest, State};
use sentinel_updater::model::{Class, EventKind, RunKind, StepId, StepStatus, Verdict};

use crate::host::{BINARY, Hook, Host, Nature, Shared};
use crate::{Updater, policy, rollback, turn, turn_with, update};

const GOOD: Nature = Nature::Good;
const CRASH: Nature = Nature::CrashesAfter(2000);

fn running(host: &Shared) -> String {
    host.lock().running.as_ref().map(|running| running.version.clone()).unwrap_or_default()
}

fn checks_change_nothing(host: &Shared, times: u32) {
    let (version, builds) = (running(host), host.lock().builds);
    for _ in 0..times {
        assert_eq!(turn(host), None);
    }
    assert_eq!((running(host), host.lock().builds), (version, builds));
}

#[test]
fn an_update_reaches_the_new_version() {
    let host = Shared::new(Some("v1.0.0"), &[("v1.0.0", GOOD, 1), ("v1.1.0", GOOD, 1)]);
    let run = turn(&host).unwrap();
    assert_eq!((run.kind, run.verdict), (RunKind::Update, Some(Verdict::Updated)));
    assert_eq!((run.from.as_deref(), run.to.as_deref()), (Some("v1.0.0"), Some("v1.1.0")));
    assert!(
        run.steps.iter().all(|row| matches!(row.status, StepStatus::Done | StepStatus::Skipped)),
        "{run:#?}"
    );
    assert!(run.downtime_ms.unwrap() < 1000 && run.snapshot_ms.is_some() && run.took_ms.unwrap() >= 90_000);
    assert_eq!(running(&host), "v1.1.0");
    let state = host.lock();
    assert_eq!(state.committed.as_ref().unwrap().version, "v1.1.0");
    assert_eq!(state.kept.len(), 2);
    assert!(state.kept.iter().find(|kept| kept.version == "v1.0.0").unwrap().snapshot.is_some());
    drop(state);
    checks_change_nothing(&host, 3);
}

#[test]
fn an_absent_agent_is_installed_and_a_removed_one_is_not() {
    let host = Shared::new(None, &[("v1.0.0", GOOD, 1)]);
    let run = turn(&host).unwrap();
    assert_eq!((run.kind, run.verdict), (RunKind::Install, Some(Verdict::Updated)));
    assert_eq!(running(&host), "v1.0.0");
    {
        let mut state = host.lock();
        state.files.remove(std::path::Path::new(BINARY));
        state.unit = None;
        state.running = None;
    }
    checks_change_nothing(&host, 2);
    assert!(host.lock().alerts.iter().any(|alert| alert.id == "agent_removed"));
    let reply = update(&host, &UpdateRequest::default()).unwrap();
    assert!(matches!(reply, Reply::Ran(run) if run.verdict == Some(Verdict::Updated)));
    assert_eq!(running(&host), "v1.0.0");
}

#[test]
fn a_vanished_binary_is_put_back_from_the_store() {
    let host = Shared::new(Some("v1.0.0"), &[("v1.0.0", GOOD, 1), ("v1.1.0", GOOD, 1)]);
    turn(&host).unwrap();
    host.lock().files.remove(std::path::Path::new(BINARY));
    let run = turn(&host).unwrap();
    assert_eq!((run.kind, run.verdict), (RunKind::Repair, Some(Verdict::Updated)));
    assert_eq!(running(&host), "v1.1.0");
    assert_eq!(host.lock().builds, 1);
}

#[test]
fn a_crash_loop_is_rolled_back_and_held() {
    let host = Shared::new(Some("v1.0.0"), &[("v1.0.0", GOOD, 1), ("v1.1.0", CRASH, 1)]);
    let run = turn(&host).unwrap();
    assert_eq!(run.verdict, Some(Verdict::RolledBack));
    assert!(run.error.as_deref().unwrap().contains("did not keep running"), "{run:#?}");
    assert_eq!(running(&host), "v1.0.0");
    let held = host.lock().held.clone();
    assert_eq!((held.len(), held[0].cause, held[0].retry_at), (1, HeldCause::Failed, None));
    checks_change_nothing(&host, 3);
    host.lock()
        .releases
        .insert("v1.2.0".into(), crate::host::Release { nature: GOOD, schema: 1, retracted: None });
    assert_eq!(turn(&host).unwrap().verdict, Some(Verdict::Updated));
    assert_eq!(running(&host), "v1.2.0");
}

#[test]
fn a_compile_error_leaves_the_agent_alone_and_waits() {
    let host = Shared::new(Some("v1.0.0"), &[("v1.0.0", GOOD, 1), ("v1.1.0", Nature::Broken, 1)]);
    let pid = host.lock().running.as_ref().unwrap().pid;
    let run = turn(&host).unwrap();
    assert_eq!((run.verdict, run.downtime_ms), (Some(Verdict::Failed), None));
    let stop = run.steps.iter().find(|row| row.id == StepId::Stop).unwrap();
    assert_eq!(stop.status, StepStatus::NotRun);
    assert_eq!(host.lock().running.as_ref().unwrap().pid, pid);
    let retry = host.lock().held[0].retry_at.unwrap();
    assert_eq!(retry, host.lock().now.checked_add(Duration::from_secs(600)).unwrap());
    checks_change_nothing(&host, 3);
    host.lock().advance(Duration::from_secs(601));
    assert_eq!(turn(&host).unwrap().verdict, Some(Verdict::Failed));
    let held = host.lock().held.clone();
    assert_eq!(held[0].attempts, 2);
    assert_eq!(held[0].retry_at.unwrap(), host.lock().now.checked_add(Duration::from_secs(1200)).unwrap());
    checks_change_nothing(&host, 2);
    host.lock().fingerprint = "go1.27.0 gcc12".into();
    assert!(turn(&host).is_some(), "another compiler is another chance");
}

#[test]
fn a_schema_change_that_fails_gets_its_database_back() {
    let host = Shared::new(Some("v1.0.0"), &[("v1.0.0", GOOD, 1), ("v1.1.0", CRASH, 2)]);
    let rows = host.lock().database.clone().unwrap().rows;
    assert_eq!(turn(&host).unwrap().verdict, Some(Verdict::RolledBack));
    let state = host.lock();
    let database = state.database.clone().unwrap();
    assert_eq!(database.schema, 1);
    assert_eq!(database.rows[..rows.len()], rows);
    assert_eq!(state.aside.len(), 1, "what the new version made of it is kept");
    assert!(state.snapshots.is_empty());
}

#[test]
fn without_a_schema_change_no_row_is_lost() {
    let host = Shared::new(Some("v1.0.0"), &[("v1.0.0", GOOD, 1), ("v1.1.0", CRASH, 1)]);
    assert_eq!(turn(&host).unwrap().verdict, Some(Verdict::RolledBack));
    let state = host.lock();
    assert!(state.database.as_ref().unwrap().rows.contains(&"written by v1.1.0".to_owned()));
    assert!(state.aside.is_empty());
}

#[test]
fn an_explicit_rollback_stays_and_asks_about_the_database() {
    let host = Shared::new(Some("v1.0.0"), &[("v1.0.0", GOOD, 1), ("v1.1.0", GOOD, 2)]);
    turn(&host).unwrap();
    let refused = rollback(&host, &RollbackRequest::default()).unwrap_err();
    assert_eq!(refused.class, Class::Refused);
    assert!(refused.hint.unwrap().contains("--restore-database"));
    let request = RollbackRequest { database: DatabaseRequest::Restore, ..RollbackRequest::default() };
    let Reply::Ran(run) = rollback(&host, &request).unwrap() else { panic!("no run") };
    assert_eq!((run.kind, run.verdict), (RunKind::Rollback, Some(Verdict::Updated)));
    assert_eq!(running(&host), "v1.0.0");
    assert_eq!(host.lock().aside.len(), 1);
    let held = host.lock().held.clone();
    assert_eq!((held[0].version.as_str(), held[0].reason.as_str()), ("v1.1.0", "rolled back by uid 0"));
    checks_change_nothing(&host, 3);
}

#[test]
fn the_seeds_manual_rollback_stays() {
    let host = Shared::new(Some("v1.0.0"), &[("v1.0.0", GOOD, 1), ("v1.1.0", GOOD, 1)]);
    turn(&host).unwrap();
    {
        let mut state = host.lock();
        state.running = None;
        let backup = state.files[std::path::Path::new(crate::host::BACKUP)].clone();
        state.files.insert(BINARY.into(), backup);
        state.start();
    }
    checks_change_nothing(&host, 3);
    assert_eq!(running(&host), "v1.0.0");
    let state = host.lock();
    assert_eq!(
        (state.held[0].version.as_str(), state.held[0].reason.as_str()),
        ("v1.1.0", "replaced by hand")
    );
    assert!(state.alerts.iter().any(|alert| alert.id == "changed_outside"));
    let external = state.history.values().find(|run| run.kind == RunKind::External).unwrap();
    assert_eq!((external.from.as_deref(), external.to.as_deref()), (Some("v1.1.0"), Some("v1.0.0")));
}

#[test]
fn a_retracted_version_is_skipped_and_an_installed_one_is_an_alert() {
    let host = Shared::new(Some("v1.0.0"), &[("v1.0.0", GOOD, 1), ("v1.1.0", GOOD, 1)]);
    host.lock().releases.get_mut("v1.1.0").unwrap().retracted = Some("broken".into());
    checks_change_nothing(&host, 1);
    host.lock().releases.get_mut("v1.0.0").unwrap().retracted = Some(String::new());
    checks_change_nothing(&host, 1);
    assert!(host.lock().alerts.iter().any(|alert| alert.id == "retracted"));
    assert_eq!(running(&host), "v1.0.0", "never a downgrade");
}

#[test]
fn an_operators_restart_restarts_the_window_and_a_kill_ends_it() {
    let host = Shared::new(Some("v1.0.0"), &[("v1.0.0", GOOD, 1), ("v1.1.0", GOOD, 1)]);
    host.lock().hook = Some(Hook::OperatorRestarts);
    let run = turn(&host).unwrap();
    assert_eq!(run.verdict, Some(Verdict::Updated));
    let verify = run.steps.iter().find(|row| row.id == StepId::Verify).unwrap();
    assert!(verify.took_ms.unwrap() >= 60_500, "{verify:?}");
    let host = Shared::new(Some("v1.0.0"), &[("v1.0.0", GOOD, 1), ("v1.1.0", GOOD, 1)]);
    host.lock().hook = Some(Hook::Kills);
    assert_eq!(turn(&host).unwrap().verdict, Some(Verdict::RolledBack));
}

#[test]
fn the_environment_is_blamed_where_the_old_version_fails_too() {
    let host = Shared::new(Some("v1.0.0"), &[("v1.0.0", GOOD, 1), ("v1.1.0", GOOD, 1)]);
    host.lock().probe_configured = true;
    let mut policy = policy();
    policy.health.http = Some("http://127.0.0.1:1/healthz".into());
    host.lock().probe_fails_for = vec!["v1.1.0".into()];
    assert_eq!(turn_with(&host, policy.clone()).unwrap().verdict, Some(Verdict::RolledBack));
    assert_eq!(host.lock().held[0].cause, HeldCause::Failed);
    // A probe that fails on the old version already does not count.
    host.lock().probe_fails_for = vec!["v1.0.0".into(), "v1.1.0".into()];
    host.lock().held.clear();
    assert_eq!(turn_with(&host, policy).unwrap().verdict, Some(Verdict::Updated));
}

#[test]
fn attempts_that_the_environment_fails_wait_longer_and_end_held() {
    let host = Shared::new(Some("v1.0.0"), &[("v1.0.0", CRASH, 1), ("v1.1.0", CRASH, 1)]);
    host.lock().advance(Duration::from_secs(3));
    host.lock().running = None;
    host.lock().failed = true;
    for (attempts, wait) in [(1, Some(3600)), (2, Some(7200)), (3, None)] {
        let run = turn(&host).unwrap();
        assert_eq!(run.verdict, Some(Verdict::RolledBack), "{run:#?}");
        let held = host.lock().held[0].clone();
        assert_eq!((held.cause, held.attempts), (HeldCause::Environment, attempts));
        let now = host.lock().now;
        assert_eq!(held.retry_at, wait.map(|wait| now.checked_add(Duration::from_secs(wait)).unwrap()));
        assert_eq!(turn(&host), None);
        host.lock().advance(Duration::from_secs(wait.unwrap_or(1_000_000) + 1));
        let mut state = host.lock();
        state.running = None;
        state.failed = true;
    }
    assert_eq!(turn(&host), None, "held for good");
}

#[test]
fn an_agent_stopped_on_purpose_is_updated_and_stays_stopped() {
    let host = Shared::new(Some("v1.0.0"), &[("v1.0.0", GOOD, 1), ("v1.1.0", GOOD, 1)]);
    host.lock().running = None;
    let run = turn(&host).unwrap();
    assert_eq!(run.verdict, Some(Verdict::Updated));
    assert_eq!(host.lock().running, None);
    assert_eq!(host.lock().files[std::path::Path::new(BINARY)], "v1.1.0");
}

#[test]
fn what_somebody_did_to_the_agent_during_the_build_counts() {
    for runs_before in [true, false] {
        let host = Shared::new(Some("v1.0.0"), &[("v1.0.0", GOOD, 1), ("v1.1.0", GOOD, 1)]);
        if !runs_before {
            host.lock().running = None;
        }
        let shared = host.clone();
        let mut updater = Updater::reacting(
            &host,
            move |event| {
                if matches!(event, EventKind::StepStarted { step: StepId::Build }) {
                    match runs_before {
                        true => shared.lock().running = None,
                        false => shared.lock().start(),
                    }
                }
            },
            sentinel_updater::engine::Interrupt::new(),
        );
        updater.engine.recover().unwrap();
        let (_, run) = updater.engine.turn();
        assert_eq!(run.unwrap().verdict, Some(Verdict::Updated));
        assert_eq!(host.lock().running.is_some(), !runs_before, "ran before: {runs_before}");
    }
}

#[test]
fn a_masked_service_is_left_alone() {
    let host = Shared::new(Some("v1.0.0"), &[("v1.0.0", GOOD, 1), ("v1.1.0", GOOD, 1)]);
    host.lock().masked = true;
    checks_change_nothing(&host, 2);
    assert!(host.lock().alerts.iter().any(|alert| alert.id == "masked"));
    let Reply::Ran(run) = update(&host, &UpdateRequest::default()).unwrap() else { panic!("no run") };
    assert_eq!(run.verdict, Some(Verdict::Failed));
    assert!(host.lock().masked);
}

#[test]
fn commands_are_refused_with_what_lifts_the_refusal() {
    let host =
        Shared::new(Some("v1.1.0"), &[("v1.0.0", GOOD, 1), ("v1.1.0", GOOD, 1), ("v1.2.0-rc.1", GOOD, 1)]);
    let ask = |version: &str, force| {
        update(&host, &UpdateRequest { version: Some(version.parse().unwrap()), force, stage_only: false })
    };
    for version in ["v1.0.0", "v1.2.0-rc.1"] {
        let refused = ask(version, false).unwrap_err();
        assert_eq!(refused.class, Class::Refused, "{refused}");
        assert!(refused.hint.unwrap().contains("--force"));
    }
    assert!(matches!(ask("v1.1.0", false).unwrap(), Reply::Nothing(_)));
    assert_eq!(ask("v9.9.9", true).unwrap_err().class, Class::Module);
    let mut updater = Updater::start(&host);
    updater.engine.recover().unwrap();
    updater.engine.hold(&"v1.2.0".parse().unwrap(), None, sentinel_updater::model::By::Uid(7)).unwrap();
    assert_eq!(host.lock().held[0].reason, "held by uid 7");
    assert!(matches!(ask("v1.0.0", true).unwrap(), Reply::Ran(run) if run.verdict == Some(Verdict::Updated)));
    assert_eq!(running(&host), "v1.0.0");
}

#[test]
fn an_unknown_version_is_updated_only_on_request() {
    let host = Shared::new(Some("v1.0.0"), &[("v1.1.0", GOOD, 1)]);
    host.lock().files.insert(BINARY.into(), "(devel)".into());
    checks_change_nothing(&host, 2);
    assert!(host.lock().alerts.iter().any(|alert| alert.id == "unknown_version"));
    let Reply::Ran(run) = update(&host, &UpdateRequest::default()).unwrap() else { panic!("no run") };
    assert_eq!((run.from.as_deref(), run.verdict), (Some("unknown"), Some(Verdict::Updated)));
}

#[test]
fn a_wish_to_abort_before_stop_leaves_the_agent_alone() {
    let host = Shared::new(Some("v1.0.0"), &[("v1.0.0", GOOD, 1), ("v1.1.0", GOOD, 1)]);
    let mut updater = Updater::start(&host);
    updater.interrupt.ask(Wish::Abort);
    updater.engine.recover().unwrap();
    let (_, run) = updater.engine.turn();
    let run = run.unwrap();
    assert_eq!(run.verdict, Some(Verdict::Aborted));
    assert_eq!(running(&host), "v1.0.0");
    assert!(host.lock().held.is_empty());
    assert!(updater.events.lock().unwrap().iter().any(|event| matches!(event, EventKind::RunEnded { .. })));
    let (_, run) = updater.engine.turn();
    assert_eq!(run.unwrap().verdict, Some(Verdict::Updated), "the wish was for one run");
}

#[test]
fn while_the_system_goes_down_there_is_no_verdict() {
    let host = Shared::new(Some("v1.0.0"), &[("v1.0.0", GOOD, 1), ("v1.1.0", GOOD, 1)]);
    host.lock().hook = Some(Hook::SystemStops);
    assert_eq!(turn(&host), None);
    assert!(host.lock().held.is_empty() && host.lock().history.is_empty());
    host.lock().reboot();
    let mut updater = Updater::start(&host);
    let run = updater.engine.recover().unwrap().unwrap();
    assert_eq!(run.verdict, Some(Verdict::Updated));
    assert_eq!(running(&host), "v1.1.0");
}

#[test]
fn a_wish_to_exit_in_the_window_leaves_the_verdict_to_the_next_start() {
    let host = Shared::new(Some("v1.0.0"), &[("v1.0.0", GOOD, 1), ("v1.1.0", GOOD, 1)]);
    let mut updater = Updater::start(&host);
    updater.engine.recover().unwrap();
    let interrupt = updater.interrupt.clone();
    let asked = std::sync::atomic::AtomicBool::new(false);
    let mut updater = Updater::reacting(
        &host,
        move |event| {
            let verifying = matches!(event, EventKind::StateChanged { state: State::Verifying });
            if verifying && !asked.swap(true, std::sync::atomic::Ordering::SeqCst) {
                interrupt.ask(Wish::Exit);
            }
        },
        updater.interrupt.clone(),
    );
    let (_, run) = updater.engine.turn();
    assert_eq!(run, None);
    assert!(updater.engine.is_open());
    assert_eq!(running(&host), "v1.1.0");
    let mut next = Updater::start(&host);
    assert_eq!(next.engine.recover().unwrap().unwrap().verdict, Some(Verdict::Updated));
}

#[test]
fn a_wish_to_abort_in_the_window_rolls_back_at_once() {
    let host = Shared::new(Some("v1.0.0"), &[("v1.0.0", GOOD, 1), ("v1.1.0", GOOD, 1)]);
    let interrupt = sentinel_updater::engine::Interrupt::new();
    let asker = interrupt.clone();
    let mut updater = Updater::reacting(
        &host,
        move |event| {
            if matches!(event, EventKind::StateChanged { state: State::Verifying }) {
                asker.ask(Wish::Abort);
            }
        },
        interrupt,
    );
    let (_, run) = updater.engine.turn();
    assert_eq!(run.unwrap().verdict, Some(Verdict::RolledBack));
    assert_eq!(running(&host), "v1.0.0");
}

#[test]
fn hashes_name_contents() {
    assert_ne!(Host::sha256("v1.0.0"), Host::sha256("v1.1.0"));
}

#[test]
fn a_run_tells_what_changes_and_where_its_build_is_logged() {
    let releases = [("v1.0.0", GOOD, 1), ("v1.1.0", GOOD, 1), ("v1.2.0", Nature::Broken, 1)];
    let host = Shared::new(Some("v1.0.0"), &releases[..2]);
    let mut updater = Updater::start(&host);
    let run = updater.engine.turn().1.unwrap();
    let changes = run.changes.clone().unwrap();
    let go = changes.go.clone().unwrap();
    assert_eq!((go.from.as_deref(), go.to.as_deref()), (Some("go1.25.1"), Some("go1.26.8")));
    let log = format!("/state/builds/{}.log", run.id);
    assert_eq!(run.build_log.as_deref(), Some(std::path::Path::new(&log)));
    let events = updater.events.lock().unwrap();
    let at = |wanted: &dyn Fn(&EventKind) -> bool| events.iter().position(wanted).unwrap();
    let known = at(&|event| *event == EventKind::ChangesKnown { changes: changes.clone() });
    let stopped = at(&|event| *event == EventKind::StepStarted { step: StepId::Stop });
    assert!(known < stopped, "it is known before the agent is touched");
    drop(events);

    let host = Shared::new(Some("v1.1.0"), &releases[1..]);
    let run = turn(&host).unwrap();
    assert_eq!((run.verdict, run.changes.clone()), (Some(Verdict::Failed), None));
    assert!(run.build_log.is_some(), "just then the log is wanted");
}

#[test]
fn a_retraction_alert_goes_with_the_version_it_means() {
    let host = Shared::new(Some("v1.0.0"), &[("v1.0.0", GOOD, 1)]);
    host.lock().releases.get_mut("v1.0.0").unwrap().retracted = Some("a mistake".into());
    assert_eq!(turn(&host), None);
    let alerted = || host.lock().alerts.iter().any(|alert| alert.id == "retracted");
    assert!(alerted());
    host.lock()
        .releases
        .insert("v1.1.0".into(), crate::host::Release { nature: GOOD, schema: 1, retracted: None });
    let reply = update(&host, &UpdateRequest::default()).unwrap();
    assert!(matches!(reply, Reply::Ran(run) if run.verdict == Some(Verdict::Updated)));
    assert!(!alerted(), "no check has to come first");
}

#[test]
fn a_check_that_fails_after_a_start_forgets_nothing_of_what_is_known() {
    let host = Shared::new(Some("v1.0.0"), &[("v1.0.0", GOOD, 1), ("v1.1.0", GOOD, 1)]);
    turn(&host).unwrap();
    let known = host.lock().latest.clone();
    assert!(known.version.is_some() && known.checked_at.is_some() && known.error.is_none());
    host.lock().source_down = true;
    let mut updater = Updater::start(&host);
    for _ in 0..2 {
        updater.engine.turn();
        let latest = host.lock().latest.clone();
        assert!(latest.error.is_some());
        assert_eq!(Latest { error: None, ..latest.clone() }, known);
        assert_eq!(*updater.engine.latest(), latest);
    }
    let told = |event: &&EventKind| matches!(event, EventKind::Checked { .. });
    assert_eq!(updater.events.lock().unwrap().iter().filter(told).count(), 1);
    // And when it is answered again, the error is over.
    host.lock().source_down = false;
    updater.engine.turn();
    assert_eq!(host.lock().latest.error, None);
}
