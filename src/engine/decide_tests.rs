//! The decision as a table: facts in, action and reason out.

use std::time::Duration;

use super::*;
use crate::model::plan::{AgentPlace, Health, RestorePolicy, ServiceSpec};

const HOUR: i64 = 3600;

fn policy() -> Policy {
    Policy {
        module: "example.test/agent".into(),
        package: String::new(),
        place: AgentPlace {
            service: "agent".into(),
            binary: "/bin/agent".into(),
            backup: "/bin/agent.backup".into(),
            staged: "/bin/.agent.next".into(),
            database: None,
        },
        spec: ServiceSpec {
            service: "agent".into(),
            binary: "/bin/agent".into(),
            args: Vec::new(),
            env: Vec::new(),
            user: None,
            install_args: Vec::new(),
            data: "/data".into(),
        },
        health: Health::default(),
        version_args: Vec::new(),
        state: "/state".into(),
        constraint: None,
        prerelease: false,
        allow_major: false,
        min_age: Duration::ZERO,
        splay: Duration::ZERO,
        windows: Vec::new(),
        max_downtime: Duration::ZERO,
        keep_versions: 3,
        restore: RestorePolicy::Schema,
        probation: Duration::ZERO,
        check_interval: Duration::from_secs(30),
        jitter: 0.1,
        build_timeout: Duration::from_secs(60),
    }
}

fn now() -> Timestamp {
    "2026-06-01T12:00:00Z".parse().expect("a time")
}

fn after(seconds: i64) -> Timestamp {
    now().checked_add(jiff::SignedDuration::from_secs(seconds)).expect("in range")
}

fn v(text: &str) -> Version {
    Version::parse(text).expect("a version")
}

fn facts(installed: &str, offered: &[&str]) -> Facts {
    Facts {
        now: now(),
        installed: Some(Installed {
            version: Version::parse(installed).ok(),
            module: None,
            sha256: installed.into(),
        }),
        service: ServiceState { life: Life::Running, ..ServiceState::default() },
        committed: Some(Committed { version: installed.into(), sha256: installed.into(), at: now() }),
        offered: offered.iter().map(|text| Offered { version: v(text), retracted: None }).collect(),
        seen: offered.iter().map(|text| seen(text, -10 * HOUR, false)).collect(),
        fingerprint: "go1".into(),
        ..Facts::default()
    }
}

fn seen(version: &str, at: i64, in_first_answer: bool) -> Seen {
    Seen { version: v(version), first_seen_at: after(at), in_first_answer, commit_time: None }
}

fn held(version: &str, cause: HeldCause, retry_in: Option<i64>) -> Held {
    Held {
        version: v(version),
        reason: "because".into(),
        at: now(),
        retry_at: retry_in.map(after),
        cause,
        attempts: 1,
        fingerprint: Some("go1".into()),
    }
}

fn reason(facts: &Facts, policy: &Policy) -> (Action, String) {
    let decision = decide(facts, policy);
    (decision.action, decision.reason.unwrap_or_default())
}

#[test]
fn takes_the_highest_version_that_is_left() {
    for (installed, offered, expected) in [
        ("v1.0.0", &["v1.0.0"][..], None),
        ("v1.0.0", &["v1.0.0", "v1.1.0"], Some("v1.1.0")),
        ("v1.0.0", &["v1.9.0", "v1.10.0"], Some("v1.10.0")),
        ("v1.0.0", &["v1.1.0", "v1.2.0-rc.1"], Some("v1.1.0")),
        ("v1.5.0-rc.1", &["v1.4.0", "v1.5.0"], Some("v1.5.0")),
        ("v2.0.0", &["v1.0.0", "v1.1.0"], None),
        ("v1.1.0", &[], None),
    ] {
        let expected = expected.map_or(Action::Nothing, |version| Action::Update(v(version)));
        assert_eq!(decide(&facts(installed, offered), &policy()).action, expected, "{installed} {offered:?}");
    }
}

#[test]
fn policy_filters() {
    let mut policy = policy();
    policy.prerelease = true;
    let facts = facts("v1.0.0", &["v1.1.0", "v1.2.0-rc.1", "v2.0.0"]);
    assert_eq!(decide(&facts, &policy).action, Action::Update(v("v2.0.0")));
    policy.constraint = Some(semver::VersionReq::parse("^1").expect("a requirement"));
    assert_eq!(decide(&facts, &policy).action, Action::Update(v("v1.2.0-rc.1")));
    policy.constraint = Some(semver::VersionReq::parse("=1.9").expect("a requirement"));
    let (action, reason) = reason(&facts, &policy);
    assert_eq!(action, Action::Nothing);
    assert!(reason.contains("outside the constraint"), "{reason}");
}

#[test]
fn retracted_versions_are_skipped_and_told() {
    let mut facts = facts("v1.0.0", &["v1.0.0", "v1.1.0", "v1.2.0"]);
    facts.offered[2].retracted = Some("broken".into());
    assert_eq!(decide(&facts, &policy()).action, Action::Update(v("v1.1.0")));
    facts.offered[0].retracted = Some(String::new());
    let decision = decide(&facts, &policy());
    assert!(decision.installed_retracted);
    assert_eq!(decision.alerts[0].0, "retracted");
}

#[test]
fn age_counts_from_the_first_sight_unless_it_was_the_first_answer() {
    let mut policy = policy();
    policy.min_age = Duration::from_secs(24 * 3600);
    let mut facts = facts("v1.0.0", &["v1.1.0", "v1.2.0"]);
    facts.seen = vec![seen("v1.1.0", -30 * HOUR, false), seen("v1.2.0", -10 * HOUR, false)];
    assert_eq!(decide(&facts, &policy).action, Action::Update(v("v1.1.0")), "the older one is old enough");
    // The author's word does not age a version that appeared before our eyes.
    facts.seen[1].commit_time = Some(after(-1000 * HOUR));
    assert_eq!(decide(&facts, &policy).action, Action::Update(v("v1.1.0")));
    facts.seen[1].in_first_answer = true;
    assert_eq!(decide(&facts, &policy).action, Action::Update(v("v1.2.0")));
    // A commit time in the future makes nothing older or younger than what we saw.
    facts.seen[1].commit_time = Some(after(1000 * HOUR));
    assert_eq!(decide(&facts, &policy).action, Action::Update(v("v1.1.0")));
}

/// What makes one set of facts another.
type Change = fn(&mut Facts);

#[test]
fn what_makes_a_newer_version_wait() {
    let newer = || facts("v1.0.0", &["v1.0.0", "v1.1.0"]);
    let cases: [(&str, Change, Option<&str>); 11] = [
        ("held", |f| f.held = vec![held("v1.1.0", HeldCause::Failed, None)], Some("is held: because")),
        ("another one held", |f| f.held = vec![held("v1.0.5", HeldCause::Failed, None)], None),
        ("waiting", |f| f.held = vec![held("v1.1.0", HeldCause::Build, Some(60))], Some("waits until")),
        ("waited enough", |f| f.held = vec![held("v1.1.0", HeldCause::Build, Some(-60))], None),
        (
            "other tools",
            |f| {
                f.held = vec![held("v1.1.0", HeldCause::Build, Some(60))];
                f.fingerprint = "go2".into();
            },
            None,
        ),
        (
            "other tools do not help the environment",
            |f| {
                f.held = vec![held("v1.1.0", HeldCause::Environment, Some(60))];
                f.fingerprint = "go2".into();
            },
            Some("waits until"),
        ),
        ("masked", |f| f.service.masked = true, Some("masked")),
        ("paused", |f| f.paused = Some(paused(None)), Some("paused: why")),
        ("paused for a time that is over", |f| f.paused = Some(paused(Some(-60))), None),
        ("stuck", |f| f.stuck = Some("v1.1.0".into()), Some("stuck")),
        ("stuck at a lower one", |f| f.stuck = Some("v1.0.9".into()), None),
    ];
    for (name, change, expected) in cases {
        let mut facts = newer();
        change(&mut facts);
        let (action, reason) = reason(&facts, &policy());
        match expected {
            Some(part) => {
                assert_eq!(action, Action::Nothing, "{name}");
                assert!(reason.contains(part), "{name}: {reason}");
            }
            None => assert_eq!(action, Action::Update(v("v1.1.0")), "{name}: {reason}"),
        }
    }
}

fn paused(until: Option<i64>) -> Paused {
    Paused { since: now(), until: until.map(after), reason: Some("why".into()), by: "uid 0".into() }
}

#[test]
fn a_held_target_is_not_replaced_by_a_lower_one() {
    let mut facts = facts("v1.0.0", &["v1.0.0", "v1.1.0", "v1.2.0"]);
    facts.held = vec![held("v1.2.0", HeldCause::Failed, None)];
    let decision = decide(&facts, &policy());
    assert_eq!((decision.action, decision.target), (Action::Nothing, Some(v("v1.2.0"))));
    assert!(decision.update_available);
}

#[test]
fn absent_agents() {
    let mut facts = facts("v1.0.0", &["v1.0.0", "v1.1.0"]);
    facts.installed = None;
    assert_eq!(decide(&facts, &policy()).action, Action::Repair);
    facts.service.life = Life::Absent;
    let decision = decide(&facts, &policy());
    assert_eq!(decision.action, Action::Nothing);
    assert_eq!(decision.alerts[0].0, "agent_removed");
    facts.committed = None;
    assert_eq!(decide(&facts, &policy()).action, Action::Install(v("v1.1.0")));
    facts.held = vec![held("v1.1.0", HeldCause::Failed, None)];
    assert_eq!(decide(&facts, &policy()).action, Action::Nothing);
}

#[test]
fn an_unknown_version_is_only_told() {
    let decision = decide(&facts("(devel)", &["v1.1.0"]), &policy());
    assert_eq!((decision.action, decision.update_available), (Action::Nothing, true));
    assert_eq!(decision.alerts[0].0, "unknown_version");
}
