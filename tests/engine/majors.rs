//! From one major number of the agent's module to the next.

use std::time::Duration;

use sentinel_updater::engine::{Policy, Reply, RollbackRequest, UpdateRequest};
use sentinel_updater::model::go_mod::path_of;
use sentinel_updater::model::{By, Class, Record, Verdict};

use crate::host::{Nature, Release, Shared};
use crate::world::MODULE;
use crate::{Updater, policy, rollback, turn, turn_with};

const GOOD: Nature = Nature::Good;
const V1: [(&str, Nature, i64); 2] = [("v1.0.0", GOOD, 1), ("v1.1.0", GOOD, 1)];

fn allowing() -> Policy {
    Policy { allow_major: true, ..policy() }
}

fn publish(host: &Shared, version: &str) {
    host.lock().releases.insert(version.into(), Release { nature: GOOD, schema: 1, retracted: None });
}

fn take_asked(host: &Shared) -> Vec<String> {
    std::mem::take(&mut host.lock().asked)
}

fn running(host: &Shared) -> String {
    host.lock().running.as_ref().map(|running| running.version.clone()).unwrap_or_default()
}

/// The module of the last plan in the journal.
fn planned(host: &Shared) -> String {
    let host = host.lock();
    let plan = host.journal.iter().rev().find_map(|record| match record {
        Record::Begin { plan } => Some(plan.module.clone()),
        _ => None,
    });
    plan.unwrap()
}

#[test]
fn the_next_major_number_is_taken_only_where_policy_says_so() {
    let host = Shared::new(Some("v1.0.0"), &[("v1.0.0", GOOD, 1), ("v2.0.0", GOOD, 1), ("v2.1.0", GOOD, 1)]);
    assert_eq!(turn(&host), None);
    assert_eq!(take_asked(&host), [MODULE]);

    let run = turn_with(&host, allowing()).unwrap();
    assert_eq!((run.verdict, run.to.as_deref()), (Some(Verdict::Updated), Some("v2.1.0")));
    assert_eq!((running(&host).as_str(), planned(&host).as_str()), ("v2.1.0", "example.test/agent/v2"));
    assert_eq!(take_asked(&host), [MODULE, "example.test/agent/v2", "example.test/agent/v3"]);

    // From here on that path is the agent's, even if the next step is not wanted any more.
    assert_eq!(turn_with(&host, allowing()), None);
    assert_eq!(take_asked(&host), ["example.test/agent/v2", "example.test/agent/v3"]);
    publish(&host, "v2.2.0");
    publish(&host, "v3.0.0");
    let run = turn(&host).unwrap();
    assert_eq!(run.to.as_deref(), Some("v2.2.0"));
    assert_eq!(take_asked(&host), ["example.test/agent/v2"]);
    let run = turn_with(&host, allowing()).unwrap();
    assert_eq!((run.to.as_deref(), planned(&host).as_str()), (Some("v3.0.0"), "example.test/agent/v3"));
}

#[test]
fn several_major_numbers_are_climbed_at_once_but_no_gap_is_jumped() {
    let host = Shared::new(
        Some("v1.0.0"),
        &[("v1.0.0", GOOD, 1), ("v2.0.0", GOOD, 1), ("v3.0.0", GOOD, 1), ("v5.0.0", GOOD, 1)],
    );
    assert_eq!(turn_with(&host, allowing()).unwrap().to.as_deref(), Some("v3.0.0"));
}

#[test]
fn a_missing_next_major_number_is_told_to_nobody() {
    let host = Shared::new(Some("v1.1.0"), &V1);
    let mut updater = Updater::with(&host, allowing());
    for _ in 0..3 {
        assert_eq!(updater.engine.turn().1, None);
    }
    assert_eq!(updater.engine.latest().error, None);
    assert_eq!(take_asked(&host).len(), 6);
    let events = format!("{:?}", updater.events.lock().unwrap());
    assert!(!events.contains("/v2") && !events.contains("Error"), "{events}");
}

#[test]
fn a_bad_major_version_is_left_again_and_held() {
    let host = Shared::new(Some("v1.0.0"), &[("v1.0.0", GOOD, 1), ("v2.0.0", Nature::CrashesAfter(2000), 1)]);
    assert_eq!(turn_with(&host, allowing()).unwrap().verdict, Some(Verdict::RolledBack));
    assert_eq!(running(&host), "v1.0.0");
    assert_eq!(turn_with(&host, allowing()), None);
    publish(&host, "v2.0.1");
    assert_eq!(turn_with(&host, allowing()).unwrap().to.as_deref(), Some("v2.0.1"));
    let reply =
        rollback(&host, &RollbackRequest { version: Some("v1.0.0".into()), ..RollbackRequest::default() });
    assert!(matches!(reply.unwrap(), Reply::Ran(run) if run.verdict == Some(Verdict::Updated)));
    assert_eq!(running(&host), "v1.0.0");
    assert_eq!(turn_with(&host, allowing()), None);
}

#[test]
fn asked_for_by_name_it_needs_the_policy_or_force() {
    let host = Shared::new(Some("v1.0.0"), &[("v1.0.0", GOOD, 1), ("v2.0.0", GOOD, 1)]);
    let request = |force| UpdateRequest { version: "v2.0.0".parse().ok(), force, ..UpdateRequest::default() };
    let mut updater = Updater::start(&host);
    updater.engine.recover().unwrap();
    let failure = updater.engine.update(&request(false), By::Uid(0)).unwrap_err();
    assert_eq!(failure.class, Class::Refused);
    assert!(failure.to_string().contains("policy.allow_major"), "{failure}");
    let reply = updater.engine.update(&request(true), By::Uid(0)).unwrap();
    assert!(matches!(reply, Reply::Ran(run) if run.verdict == Some(Verdict::Updated)));
    assert_eq!(planned(&host), "example.test/agent/v2");
}

#[test]
fn a_new_major_version_must_grow_old_like_any_other() {
    let host = Shared::new(Some("v1.1.0"), &V1);
    let patient = Policy { min_age: Duration::from_secs(3600), ..allowing() };
    assert_eq!(turn_with(&host, patient.clone()), None);
    // Its author says that it is a day old, as if it had been there from the first answer on.
    host.lock().advance(Duration::from_secs(30));
    publish(&host, "v2.0.0");
    assert_eq!(turn_with(&host, patient.clone()), None);
    host.lock().advance(Duration::from_secs(3601));
    assert_eq!(turn_with(&host, patient).unwrap().to.as_deref(), Some("v2.0.0"));
    assert_eq!(path_of(MODULE, &"v2.0.0".parse().unwrap()), planned(&host));
}

#[test]
fn a_next_major_number_waits_for_its_turn_too() {
    let host = Shared::new(Some("v1.0.0"), &[("v1.0.0", GOOD, 1), ("v2.0.0", GOOD, 1)]);
    let splayed = Policy { splay: Duration::from_secs(36_000), ..allowing() };
    let run = turn_with(&host, splayed).unwrap();
    assert_eq!((run.verdict, run.to.as_deref()), (Some(Verdict::Staged), Some("v2.0.0")));
    assert_eq!(running(&host), "v1.0.0");
}
