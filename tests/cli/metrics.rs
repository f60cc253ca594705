//! `status --metrics`, read as strictly as Prometheus reads it.

use std::collections::{BTreeMap, HashSet};

use sentinel_updater::host::lock::Lock;
use sentinel_updater::model::RunKind;
use sentinel_updater::ports::Records;

use super::place::{Place, done};

/// Prometheus's own opinion, where `promtool` is on PATH (`tests/run` sees to it).
fn ask_promtool(text: &str) {
    use std::io::Write as _;
    use std::process::{Command, Stdio};
    let child = Command::new("promtool")
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let Ok(mut child) = child else { return };
    child.stdin.take().expect("its input").write_all(text.as_bytes()).expect("written");
    let said = child.wait_with_output().expect("its end");
    let words = String::from_utf8_lossy(&said.stdout).into_owned() + &String::from_utf8_lossy(&said.stderr);
    assert!(said.status.success() && words.trim().is_empty(), "promtool: {words}\n{text}");
}

/// Samples by their whole name with labels; panics where Prometheus would refuse the text.
fn parse(text: &str) -> BTreeMap<String, f64> {
    assert!(text.ends_with('\n'), "the last line ends, too");
    let mut samples = BTreeMap::new();
    let (mut family, mut seen, mut helped) = (String::new(), HashSet::new(), String::new());
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix("# HELP ") {
            let (name, help) = rest.split_once(' ').expect("a help text");
            assert!(!help.is_empty() && seen.insert(name.to_owned()), "{name} comes twice");
            helped = name.to_owned();
        } else if let Some(rest) = line.strip_prefix("# TYPE ") {
            let (name, sort) = rest.split_once(' ').expect("a type");
            assert_eq!(name, helped);
            assert!(["gauge", "counter"].contains(&sort), "{line}");
            assert_eq!(sort == "counter", name.ends_with("_total"), "{line}");
            family = name.to_owned();
        } else {
            let (key, value) = line.rsplit_once(' ').expect("a value");
            let name = key.split('{').next().expect("a name");
            assert!(name == family && name.starts_with("sentinel_updater_"), "{line} is not below its head");
            assert!(name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'), "{line}");
            assert!(key == name || key.ends_with('}') && !key.contains("{}"), "{line}");
            let value = value.parse::<f64>().expect("a number");
            assert_eq!(samples.insert(key.to_owned(), value), None, "{key} comes twice");
        }
    }
    samples
}

#[test]
fn metrics_come_with_and_without_a_service() {
    let place = Place::new();
    let off = place.run("status --metrics");
    assert_eq!(off.code, Some(4), "{off:?}");
    ask_promtool(&off.out);
    let samples = parse(&off.out);
    assert_eq!(samples["sentinel_updater_up"], 0.0);
    assert_eq!(samples["sentinel_updater_agent_up"], 0.0);
    assert!(!samples.contains_key("sentinel_updater_last_run_success"));

    let mut records = place.records();
    records.put_run(&done()).expect("write");
    let mut external = done();
    (external.id, external.kind) = ("20261123T031500Z-1a2b".into(), RunKind::External);
    external.started_at = "2026-11-23T03:15:00Z".parse().expect("a time");
    records.put_run(&external).expect("write");
    let _lock = Lock::acquire(&place.layout().lock()).expect("free");
    let on = place.run("status --metrics");
    assert_eq!(on.code, Some(4), "somebody is at work, but cannot be asked: {on:?}");
    ask_promtool(&on.out);
    let samples = parse(&on.out);
    for (key, value) in [
        ("sentinel_updater_up", 1.0),
        ("sentinel_updater_last_run_success", 1.0),
        ("sentinel_updater_last_run_duration_seconds", 41.0),
        ("sentinel_updater_last_run_downtime_seconds", 0.18),
        ("sentinel_updater_history_runs{kind=\"external\",verdict=\"updated\"}", 1.0),
        ("sentinel_updater_history_runs{kind=\"update\",verdict=\"updated\"}", 1.0),
    ] {
        assert_eq!(samples.get(key), Some(&value), "{key}: {samples:#?}");
    }
    assert_eq!(place.run("status --metrics --json").code, Some(2), "one or the other");
}
