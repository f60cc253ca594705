//! Runs under way, followed and steered.

use rustix::process::Signal;
use sentinel_updater::cli::demo::Variant;
use sentinel_updater::control::Request;
use sentinel_updater::control::protocol::{
    Begun, CancelEffect, Cancelled, Hold, Pause, Rollback, Subscribe, Update, Was,
};
use sentinel_updater::model::status::{Paused, State, Status};
use sentinel_updater::model::{By, Class, EventKind, Preview, RunKind, Verdict, Version, VersionRow, View};

use super::client::{Follower, within};
use super::host::{GATED, Host, LONG};
use super::kit::trials::{Test, tests};

/// Every test here.
pub(crate) fn tests() -> Vec<Test> {
    tests![a_run_is_followed_steered_aborted_and_taken_back]
}

pub(crate) fn installed(version: &'static str) -> impl Fn(&View) -> bool {
    move |view| {
        let status = &view.status;
        status.run.is_none()
            && status.updater.state == State::Idle
            && status.agent.version.as_deref() == Some(version)
            && status.updater.next_check_at.is_some()
    }
}

fn ended(view: &View, verdict: Verdict) -> bool {
    let last = view.status.last_run.as_ref();
    view.status.run.is_none()
        && view.status.updater.state == State::Idle
        && last.is_some_and(|run| run.verdict == Some(verdict))
}

fn a_run_is_followed_steered_aborted_and_taken_back() {
    within(4 * Host::UPDATE, story());
}

async fn story() {
    let host = Host::new("verify.probation = \"0s\"\n");
    let mut run = host.run();
    let mut one = Follower::new(&host).await;
    one.until("v1.0.0 is installed", installed("v1.0.0")).await;
    let nothing: Cancelled = one.ask(Request::Cancel).await;
    assert_eq!(nothing.effect, CancelEffect::Nothing);

    // An update on request stops in its build.
    host.publish("v1.1.0", Variant::Good);
    host.shut_gate();
    let preview: Preview = one.ask(Request::Plan(Default::default())).await;
    assert_eq!((preview.target.as_str(), preview.is_refused(false)), ("v1.1.0", false));
    let begun: Begun = one.ask(Request::Update(Update::default())).await;
    let id = begun.run.clone().unwrap_or_else(|| panic!("{begun:?}\n{}", host.log()));
    one.until("the build has said all", |view| {
        view.status.run.as_ref().is_some_and(|run| run.id == id) && view.output.total() >= GATED as u64
    })
    .await;
    let started = one.view.status.run.as_ref().expect("a run");
    assert_eq!((&started.id, started.by), (&id, By::Uid(rustix::process::geteuid().as_raw())));
    let lines: Vec<&str> = one.view.output.lines().collect();
    assert!(lines.contains(&"line 1 before the compiler") && lines.iter().any(|line| line.contains("50")));

    // Whoever comes now sees the same.
    let mut two = Follower::new(&host).await;
    assert!(two.view.seq >= one.view.seq);
    one.until("the same", |view| view.seq >= two.view.seq).await;
    assert_eq!(one.view, two.view);

    // One thing at a time.
    for request in
        [Request::Check, Request::Update(Update::default()), Request::Rollback(Rollback::default())]
    {
        let failure = two.refused(request.clone()).await;
        assert_eq!(failure.class, Class::Busy, "{request:?}: {failure}");
        assert!(failure.to_string().contains(&id) && failure.to_string().contains("cancel"), "{failure}");
    }

    // Standing orders wait for nobody, and everybody hears of them.
    let version = Version::parse("v9.9.9").expect("a version");
    let reason = Some("freeze".to_owned());
    let paused: Paused = two.ask(Request::Pause(Pause { for_ms: None, reason: reason.clone() })).await;
    assert_eq!(paused.reason, reason);
    let was: Was = two.ask(Request::Hold(Hold { version: version.clone(), reason })).await;
    assert!(!was.was);
    for follower in [&mut one, &mut two] {
        follower
            .until("both are told", |view| {
                view.status.updater.paused.is_some()
                    && view.status.held.iter().any(|it| it.version == version)
            })
            .await;
    }
    let status: Status = one.ask(Request::Status).await;
    assert_eq!((status.held.len(), status.updater.paused), (1, Some(paused)));

    // A connection breaks, and what happens meanwhile is not lost.
    let Follower { client, welcome, notices, view, events } = two;
    drop((client, notices));
    let was: Was = one.ask(Request::Unhold(sentinel_updater::control::protocol::Unhold { version })).await;
    assert!(was.was);
    one.until("it is told", |view| view.status.held.is_empty()).await;
    let position = Subscribe { epoch: Some(welcome.epoch.clone()), from: view.seq };
    let (mut two, subscribed) = Follower::at(&host, position, view).await;
    assert_eq!((subscribed.view, &subscribed.epoch), (None, &welcome.epoch));
    two.until("what was missed", |view| view.status.held.is_empty()).await;
    let first = two.events.first().map(|event| event.seq);
    assert_eq!(first, events.last().map(|event| event.seq + 1));

    // Cancelled in its build: the agent is not touched.
    let before = one.view.status.agent.clone();
    let cancelled: Cancelled = two.ask(Request::Cancel).await;
    assert_eq!((cancelled.effect, cancelled.run.as_ref()), (CancelEffect::Aborts, Some(&id)));
    for follower in [&mut one, &mut two] {
        follower.until("it is aborted", |view| ended(view, Verdict::Aborted)).await;
    }
    assert_eq!(one.view.status.agent.pid, before.pid);
    two.until("the same", |view| view.seq >= one.view.seq).await;
    one.until("the same", |view| view.seq >= two.view.seq).await;
    assert_eq!(one.view, two.view);
    let told = |event: &&sentinel_updater::model::Event| matches!(event.kind, EventKind::Note { .. });
    assert!(
        !one.events.iter().rev().take(8).any(|event| told(&event) && format!("{event:?}").contains("cancel"))
    );

    // Resumed, it is taken at once, though the next check is hours away; cancelled while it is being watched it
    // is taken back.
    host.open_gate();
    let was: Was = one.ask(Request::Resume).await;
    assert!(was.was);
    one.until("it is watched", |view| {
        let progress = view.status.run.as_ref().and_then(|run| run.progress.as_ref());
        view.status.updater.state == State::Verifying && progress.is_some_and(|it| it.phase == "verify")
    })
    .await;
    let watched = one.view.status.run.clone().expect("a run");
    assert_eq!((watched.by, watched.to.as_deref()), (By::Timer, Some("v1.1.0")));
    let cancelled: Cancelled = two.ask(Request::Cancel).await;
    assert_eq!((cancelled.effect, cancelled.run), (CancelEffect::RollsBack, Some(watched.id)));
    one.until("it is taken back", |view| ended(view, Verdict::RolledBack)).await;
    one.until("v1.0.0 runs again", installed("v1.0.0")).await;

    // Forced it is taken all the same, and then gone back from.
    let version = Version::parse("v1.1.0").ok();
    let held = one.refused(Request::Update(Update { version: version.clone(), ..Update::default() })).await;
    assert_eq!(held.class, Class::Refused, "{held}");
    let begun: Begun = one.ask(Request::Update(Update { version, force: true, stage_only: false })).await;
    assert!(begun.run.is_some());
    one.until("it is installed", installed("v1.1.0")).await;
    let nothing: Begun = one.ask(Request::Update(Update::default())).await;
    assert!(nothing.run.is_none() && nothing.nothing.is_some(), "{nothing:?}");
    let rows: Vec<VersionRow> = one.ask(Request::Versions).await;
    let row = |version| rows.iter().find(|row| row.version == version).expect("it is known");
    let (left, now) = (row("v1.0.0"), row("v1.1.0"));
    assert!(left.kept && !left.installed && left.snapshot_at.is_some(), "{left:?}");
    assert!(now.installed && now.snapshot_at.is_none() && now.schema_differs.is_none(), "{now:?}");
    let begun: Begun = one.ask(Request::Rollback(Rollback::default())).await;
    one.until("v1.0.0 is back", installed("v1.0.0")).await;
    let last = one.view.status.last_run.clone().expect("a run");
    assert_eq!((Some(&last.id), last.kind), (begun.run.as_ref(), RunKind::Rollback));
    let runs: Vec<sentinel_updater::model::Run> = one.ask(Request::History(Default::default())).await;
    assert_eq!((runs.len(), &runs[0].id), (5, &last.id));

    // At the end everybody is told.
    run.signal_alone(Signal::TERM);
    while one.hear().await.is_ok() {}
    assert_eq!(run.exit_within(LONG).expect("ended").code(), Some(0), "{}", host.log());
    assert!(!host.socket().exists());
    let log = host.log();
    let uid = rustix::process::geteuid().as_raw();
    for method in ["update", "cancel", "pause", "resume", "hold", "unhold", "rollback", "check"] {
        let found = log.lines().find(|line| line.contains(&format!("control: {method}")));
        assert!(found.is_some_and(|line| line.contains(&format!("uid {uid}"))), "{method}: {log}");
    }
}
