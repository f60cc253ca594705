//! A service that goes away in the middle of what is followed.

use rustix::process::Signal;
use sentinel_updater::cli::demo::Variant;
use sentinel_updater::model::{Event, EventKind, Verdict};

use super::host::{BUILD, Host};
use super::kit::trials::{Test, tests};

pub(crate) fn tests() -> Vec<Test> {
    tests![
        an_update_is_followed_over_the_death_of_the_service,
        a_run_that_died_with_the_service_has_its_verdict_too,
    ]
}

fn an_update_is_followed_over_the_death_of_the_service() {
    let mut host = Host::running();
    host.publish("v1.1.0", Variant::Good);
    let mut follower = host.begin("update --json");
    host.said(&follower, r#""event":"step_started","step":"verify""#);
    host.end(Signal::KILL);
    host.said(&follower, "the connection to the service is lost");
    host.start();
    let status = follower.exit_within(BUILD).expect("it ends");
    let (out, talk) = follower.said();
    assert_eq!(status.code(), Some(0), "{out}{talk}\n{}", host.log());
    let last: Event = serde_json::from_str(out.lines().last().expect("a line")).expect("an event");
    let EventKind::RunEnded { run } = last.kind else { panic!("{out}") };
    assert_eq!((run.verdict, run.to.as_deref()), (Some(Verdict::Updated), Some("v1.1.0")));
    assert!(talk.contains("the service is there again"), "{talk}");
}

fn a_run_that_died_with_the_service_has_its_verdict_too() {
    let mut host = Host::running();
    host.publish("v1.1.0", Variant::Good);
    host.close_gate();
    let mut follower = host.begin("update");
    host.said(&follower, "  > Download & compile");
    host.end(Signal::KILL);
    host.said(&follower, "the connection to the service is lost");
    host.open_gate();
    host.start();
    let status = follower.exit_within(BUILD).expect("it ends");
    let (out, talk) = follower.said();
    // It was abandoned: the agent is untouched. The service may have begun anew by itself since.
    assert_eq!(status.code(), Some(1), "{out}{talk}\n{}", host.log());
    assert!(out.starts_with("update v1.0.0 -> v1.1.0: "), "{out}{talk}");
}
