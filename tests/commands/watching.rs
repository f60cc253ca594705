//! What is looked at while it changes.

use std::fs::File;
use std::io::Write as _;

use rustix::process::Signal;

use super::host::{Host, LONG};
use super::kit::trials::{Test, tests};

pub(crate) fn tests() -> Vec<Test> {
    tests![
        the_status_is_watched_over_the_end_of_the_service,
        every_change_is_an_object,
        a_log_is_followed_over_the_end_of_the_service,
    ]
}

fn the_status_is_watched_over_the_end_of_the_service() {
    let mut host = Host::running();
    let mut watch = host.begin("status --watch");
    host.said(&watch, "waiting for the next check; the agent is v1.0.0");
    host.end(Signal::TERM);
    host.said(&watch, "; trying again; next: ");
    assert!(watch.said().0.contains("; last heard of at "), "{:?}", watch.said());
    host.start();
    let lines = |text: &str| text.matches("the agent is v1.0.0").count();
    super::kit::waiting::until_within(
        LONG,
        "it is there again",
        || lines(&watch.said().0) >= 2,
        || format!("{:?}", watch.said()),
    );
    watch.signal_alone(Signal::INT);
    let status = watch.exit_within(LONG).expect("it ends");
    assert_eq!(status.code(), Some(0), "{:?}", watch.said());
    assert!(!watch.said().0.contains('\u{1b}'));
}

fn every_change_is_an_object() {
    let host = Host::running();
    let mut watch = host.begin("status --watch --json");
    host.said(&watch, r#""schema":1"#);
    assert_eq!(host.ask("pause --reason so").code, Some(0));
    host.said(&watch, r#""reason":"so""#);
    watch.signal_alone(Signal::TERM);
    assert_eq!(watch.exit_within(LONG).expect("it ends").code(), Some(0));
    for line in watch.said().0.lines() {
        let status: serde_json::Value = serde_json::from_str(line).expect("an object");
        assert_eq!(status["schema"], 1);
    }
}

fn a_log_is_followed_over_the_end_of_the_service() {
    let mut host = Host::running();
    let mut logs = host.begin("logs -f -n 3");
    host.said(&logs, "v1.0.0");
    assert_eq!(host.ask("hold v9.0.0 --reason first").code, Some(0));
    host.said(&logs, "v9.0.0");
    host.end(Signal::TERM);
    host.said(&logs, "the connection to the service is lost");
    let log = host.path("data/updater.log");
    let mut file = File::options().append(true).open(log).expect("open");
    file.write_all(b"2026-01-01T00:00:00Z INFO between: meanwhile \x1b[31mred\n").expect("written");
    host.start();
    host.said(&logs, "between: meanwhile red");
    assert_eq!(host.ask("hold v9.1.0").code, Some(0));
    host.said(&logs, "v9.1.0");
    logs.signal_alone(Signal::INT);
    assert_eq!(logs.exit_within(LONG).expect("it ends").code(), Some(0));
    let said = logs.said().0;
    assert_eq!(said.matches("meanwhile").count(), 1, "{said}");
    assert_eq!(said.matches("held: v9.0.0 (first)\n").count(), 1, "{said}");
}
