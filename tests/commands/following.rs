//! Runs of the service, followed to their verdict.

use rustix::process::Signal;
use sentinel_updater::cli::demo::Variant;
use sentinel_updater::model::{Event, EventKind, Verdict};

use super::host::{BUILD, Host};
use super::kit::trials::{Test, tests};

pub(crate) fn tests() -> Vec<Test> {
    tests![
        each_verdict_has_its_code_and_its_words,
        a_build_is_cancelled_and_both_sides_say_so,
        who_leaves_changes_nothing,
    ]
}

/// Every line is an event, numbered without a gap in what matters, and the last one is the verdict.
fn events(text: &str) -> Vec<Event> {
    let events: Vec<Event> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")))
        .collect();
    assert!(matches!(events.first().map(|event| &event.kind), Some(EventKind::RunStarted { .. })), "{text}");
    assert!(events.is_sorted_by(|a, b| a.seq < b.seq), "{text}");
    events
}

fn each_verdict_has_its_code_and_its_words() {
    let host = Host::running();
    let nothing = host.ask("update");
    assert_eq!(nothing.code, Some(0), "{nothing}");
    assert!(nothing.stdout.lines().count() == 1, "{nothing}");

    host.publish("v1.1.0", Variant::Good);
    let dry = host.ask("update --dry-run");
    assert_eq!(dry.code, Some(0), "{dry}");
    assert!(dry.stdout.contains("v1.1.0") && dry.stdout.contains("expected downtime"), "{dry}");
    let update = host.ask("update");
    assert_eq!(update.code, Some(0), "{update}");
    assert!(update.stdout.starts_with("update v1.0.0 -> v1.1.0: done in "), "{update}");
    assert_eq!(update.stdout.lines().count(), 1, "{update}");
    for said in
        ["  > Download & compile\n", "  + Download & compile", "  + Commit", "update v1.0.0 -> v1.1.0 (run "]
    {
        assert!(update.stderr.contains(said), "{said}: {update}");
    }
    assert!(!update.stderr.contains('\u{1b}'), "nothing is drawn where there is no terminal: {update}");

    host.publish("v1.2.0", Variant::Good);
    let update = host.ask("update --json");
    assert_eq!(update.code, Some(0), "{update}");
    let all = events(&update.stdout);
    let Some(EventKind::RunEnded { run }) = all.last().map(|event| &event.kind) else { panic!("{update}") };
    assert_eq!((run.verdict, run.to.as_deref()), (Some(Verdict::Updated), Some("v1.2.0")));

    host.publish("v1.3.0", Variant::CrashLoop);
    let update = host.ask("update");
    assert_eq!(update.code, Some(3), "{update}");
    assert!(update.stdout.starts_with("update v1.2.0 -> v1.3.0: rolled back"), "{update}");
    let held = host.ask("update v1.3.0");
    assert_eq!(held.code, Some(6), "{held}");
    assert!(held.stderr.contains("held") && held.stderr.contains("\n  next: "), "{held}");

    host.publish("v1.4.0", Variant::BrokenCompile);
    let update = host.ask("update");
    assert_eq!(update.code, Some(1), "{update}");

    let rollback = host.ask("rollback v1.1.0 --json");
    assert_eq!(rollback.code, Some(0), "{rollback}");
    let all = events(&rollback.stdout);
    let Some(EventKind::RunEnded { run }) = all.last().map(|event| &event.kind) else { panic!("{rollback}") };
    assert_eq!((run.verdict, run.to.as_deref()), (Some(Verdict::Updated), Some("v1.1.0")));
    let wrong = host.ask("rollback v9.9.9");
    assert!(wrong.code != Some(0) && wrong.stderr.contains("v9.9.9"), "{wrong}");
}

fn a_build_is_cancelled_and_both_sides_say_so() {
    let host = Host::running();
    let idle = host.ask("cancel");
    assert_eq!((idle.code, idle.stdout.as_str()), (Some(0), ""), "{idle}");

    host.publish("v1.1.0", Variant::Good);
    host.close_gate();
    let mut follower = host.begin("update");
    host.said(&follower, "  > Download & compile");
    let second = host.ask("update");
    assert_eq!(second.code, Some(6), "{second}");
    assert!(second.stderr.contains("`sentinel-updater status --watch`"), "{second}");
    let cancel = host.ask("cancel");
    assert_eq!(cancel.code, Some(0), "{cancel}");
    assert!(!cancel.stdout.is_empty(), "{cancel}");
    let status = follower.exit_within(BUILD).expect("it ends");
    let (out, talk) = follower.said();
    assert_eq!(status.code(), Some(1), "{out}{talk}");
    assert!(out.contains("aborted, agent untouched"), "{out}{talk}");
}

fn who_leaves_changes_nothing() {
    let host = Host::running();
    host.publish("v1.1.0", Variant::Good);
    host.close_gate();
    let mut follower = host.begin("update");
    host.said(&follower, "  > Download & compile");
    let id = host.json("status --json")["run"]["id"].as_str().expect("an id").to_owned();
    follower.signal_alone(Signal::INT);
    let status = follower.exit_within(BUILD).expect("it ends");
    let (out, talk) = follower.said();
    assert_eq!((status.code(), out.as_str()), (Some(1), ""), "{talk}");
    assert!(talk.contains(&format!("goes on in the service (run {id})")), "{talk}");
    assert!(talk.contains("`sentinel-updater cancel` aborts it"), "{talk}");
    assert_eq!(host.json("status --json")["run"]["id"], id.as_str());
    host.open_gate();
    let status = host.wait("it goes on", |status| status["last_run"]["id"] == id.as_str());
    assert_eq!(status["last_run"]["verdict"], "updated");

    host.publish("v1.2.0", Variant::Good);
    let detached = host.ask("update --detach");
    assert_eq!(detached.code, Some(0), "{detached}");
    let id = detached.stdout.trim_end().to_owned();
    let status = host.wait("the run that was begun ends", |status| status["last_run"]["id"] == id.as_str());
    assert_eq!(status["last_run"]["verdict"], "updated");
    let detached = host.ask("update --detach");
    assert_eq!((detached.code, detached.stdout.as_str()), (Some(0), ""), "{detached}");
    assert!(!detached.stderr.is_empty(), "{detached}");
}
