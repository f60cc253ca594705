//! The status in Prometheus' text format, for node_exporter's textfile collector.

use std::collections::BTreeMap;

use crate::model::status::{AgentLife, State};
use crate::model::{By, Run, RunKind, Status, Timestamp, Verdict};

/// What this program is.
#[derive(Debug, Clone, Copy)]
pub struct Build {
    /// Its version.
    pub version: &'static str,
    /// The commit that it was built from.
    pub commit: &'static str,
    /// When it was built.
    pub time: &'static str,
}

const STATES: [State; 9] = [
    State::Off,
    State::Recovering,
    State::Idle,
    State::Checking,
    State::Building,
    State::Switching,
    State::Verifying,
    State::RollingBack,
    State::Stuck,
];

/// Every metric with its help and type. `runs` is the history, newest first.
pub fn text(status: &Status, runs: &[Run], build: Build) -> String {
    let mut page = Page::default();
    let labels = [("version", build.version), ("commit", build.commit), ("built", build.time)];
    page.gauge("build_info", "The updater's own version; always 1.").put(&labels, 1.0);
    updater(&mut page, status);
    agent(&mut page, status);
    latest(&mut page, status);
    last_run(&mut page, status);
    history(&mut page, runs);
    page.0
}

fn updater(page: &mut Page, status: &Status) {
    let updater = &status.updater;
    page.gauge("up", "Whether the updater runs.").flag(updater.state != State::Off);
    page.optional(
        "start_time_seconds",
        "When the updater started, in seconds since 1970.",
        updater.started_at.map(seconds),
    );
    let mut states = page.gauge("state", "What the updater is doing: 1 for the present state.");
    for state in STATES {
        states.put(&[("state", state.as_str())], f64::from(u8::from(updater.state == state)));
    }
    let is_stuck = updater.state == State::Stuck || status.alerts.iter().any(|alert| alert.id == "stuck");
    page.gauge("stuck", "Whether neither version runs and a human is needed.").flag(is_stuck);
    page.gauge("paused", "Whether automatic updates are paused.").flag(updater.paused.is_some());
    page.gauge("run_in_progress", "Whether a run has begun and has no verdict.").flag(status.run.is_some());
    page.gauge("held_versions", "Versions that are not taken automatically.")
        .put(&[], count(status.held.len()));
    page.gauge("alerts", "Alerts that stand.").put(&[], count(status.alerts.len()));
    if !status.alerts.is_empty() {
        let mut since = page.gauge("alert_since_timestamp_seconds", "Since when an alert stands.");
        for alert in &status.alerts {
            since.put(&[("id", &alert.id)], seconds(alert.since));
        }
    }
}

fn agent(page: &mut Page, status: &Status) {
    let agent = &status.agent;
    page.gauge("agent_up", "Whether the agent runs.").flag(agent.state == AgentLife::Running);
    let version = agent.version.as_deref().unwrap_or_default();
    page.gauge("agent_info", "The installed agent; always 1. No version: not installed.")
        .put(&[("service", &agent.service), ("version", version), ("state", agent.state.as_str())], 1.0);
    page.family("agent_restarts_total", "counter", "Restarts of the agent by the service manager.")
        .put(&[], f64::from(agent.restarts));
    page.gauge("agent_retracted", "Whether the installed version was retracted by its authors.")
        .flag(agent.retracted);
}

fn latest(page: &mut Page, status: &Status) {
    let latest = &status.latest;
    page.gauge("update_available", "Whether a newer version is on offer.").flag(latest.update_available);
    if let Some(version) = &latest.version {
        page.gauge("latest_info", "The version that policy leads to; always 1.")
            .put(&[("version", version)], 1.0);
    }
    page.gauge("check_failed", "Whether the last version check failed.").flag(latest.error.is_some());
    page.optional(
        "last_check_success_timestamp_seconds",
        "When the module system was last asked successfully.",
        latest.checked_at.map(seconds),
    );
}

fn last_run(page: &mut Page, status: &Status) {
    let Some(run) = &status.last_run else { return };
    let labels = [
        ("kind", kind(run.kind)),
        ("verdict", verdict(run.verdict)),
        ("from", run.from.as_deref().unwrap_or_default()),
        ("to", run.to.as_deref().unwrap_or_default()),
    ];
    page.gauge("last_run_info", "The run that ended last; always 1.").put(&labels, 1.0);
    page.gauge("last_run_success", "Whether the last run reached its version.")
        .flag(run.verdict == Some(Verdict::Updated));
    page.gauge("last_run_start_timestamp_seconds", "When the last run started.")
        .put(&[], seconds(run.started_at));
    page.optional("last_run_duration_seconds", "How long the last run took.", run.took_ms.map(milliseconds));
    page.optional(
        "last_run_downtime_seconds",
        "How long the agent was down in the last run.",
        run.downtime_ms.map(milliseconds),
    );
}

fn history(page: &mut Page, runs: &[Run]) {
    // Not counters: history forgets its oldest runs.
    let mut counts: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for run in runs {
        *counts.entry((kind(run.kind), verdict(run.verdict))).or_default() += 1;
    }
    if !counts.is_empty() {
        let mut family = page.gauge("history_runs", "Runs in the history, by kind and verdict.");
        for ((kind, verdict), number) in counts {
            family.put(&[("kind", kind), ("verdict", verdict)], count(number));
        }
    }
    let reached = |run: &&Run| run.verdict == Some(Verdict::Updated);
    let failed = runs
        .iter()
        .take_while(|run| !reached(run))
        .filter(|run| run.verdict != Some(Verdict::Staged))
        .count();
    page.gauge("consecutive_failed_runs", "Runs since the last one that reached its version.")
        .put(&[], count(failed));
    let recalls = runs.iter().filter(|run| run.by == By::Probation).count();
    page.gauge("history_probation_rollbacks", "Runs in the history by which probation took a version back.")
        .put(&[], count(recalls));
}

/// The text so far.
#[derive(Default)]
struct Page(String);

/// A metric whose head is written.
struct Family<'a> {
    text: &'a mut String,
    name: &'a str,
}

impl Page {
    fn family<'a>(&'a mut self, name: &'a str, sort: &str, help: &str) -> Family<'a> {
        self.0.push_str(&format!(
            "# HELP sentinel_updater_{name} {help}\n# TYPE sentinel_updater_{name} {sort}\n"
        ));
        Family { text: &mut self.0, name }
    }

    fn gauge<'a>(&'a mut self, name: &'a str, help: &str) -> Family<'a> {
        self.family(name, "gauge", help)
    }

    /// What is not known has no sample: 0 would be a lie.
    fn optional(&mut self, name: &str, help: &str, value: Option<f64>) {
        if let Some(value) = value {
            self.gauge(name, help).put(&[], value);
        }
    }
}

impl Family<'_> {
    fn put(&mut self, labels: &[(&str, &str)], value: f64) {
        let labels: Vec<String> =
            labels.iter().map(|(name, value)| format!("{name}=\"{}\"", escaped(value))).collect();
        let labels = if labels.is_empty() { String::new() } else { format!("{{{}}}", labels.join(",")) };
        self.text.push_str(&format!("sentinel_updater_{}{labels} {value}\n", self.name));
    }

    fn flag(&mut self, is: bool) {
        self.put(&[], f64::from(u8::from(is)));
    }
}

fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

fn seconds(at: Timestamp) -> f64 {
    milliseconds(u64::try_from(at.as_millisecond()).unwrap_or_default())
}

fn milliseconds(ms: u64) -> f64 {
    std::time::Duration::from_millis(ms).as_secs_f64()
}

fn count(number: usize) -> f64 {
    f64::from(u32::try_from(number).unwrap_or(u32::MAX))
}

fn kind(kind: RunKind) -> &'static str {
    match kind {
        RunKind::Update => "update",
        RunKind::Rollback => "rollback",
        RunKind::Install => "install",
        RunKind::Repair => "repair",
        RunKind::External => "external",
    }
}

/// The verdict's name in JSON.
fn verdict(verdict: Option<Verdict>) -> &'static str {
    match verdict {
        None => "",
        Some(Verdict::Updated) => "updated",
        Some(Verdict::RolledBack) => "rolled_back",
        Some(Verdict::Failed) => "failed",
        Some(Verdict::Aborted) => "aborted",
        Some(Verdict::Stuck) => "stuck",
        Some(Verdict::Staged) => "staged",
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples;
    use super::*;
    use crate::model::status::Alert;

    const BUILD: Build = Build { version: "0.1.0", commit: "abc", time: "2026-11-24T00:00:00Z" };

    fn has(text: &str, line: &str) {
        assert!(text.lines().any(|found| found == line), "{line}\n{text}");
    }

    #[test]
    fn a_running_updater_in_numbers() {
        let mut status = Status::default();
        status.updater.state = State::Idle;
        status.agent = samples::agent();
        status.agent.restarts = 3;
        status.latest = samples::latest();
        status.last_run = Some(samples::run());
        status.held = vec![samples::held()];
        let since = samples::at("2026-11-24T03:00:00.250Z");
        status.alerts = vec![Alert { id: "masked".into(), text: "x".into(), since }];
        let mut failed = samples::run();
        failed.verdict = Some(Verdict::RolledBack);
        let text = text(&status, &[failed.clone(), failed, samples::run()], BUILD);
        for line in [
            "# TYPE sentinel_updater_agent_restarts_total counter",
            "sentinel_updater_build_info{version=\"0.1.0\",commit=\"abc\",built=\"2026-11-24T00:00:00Z\"} 1",
            "sentinel_updater_up 1",
            "sentinel_updater_state{state=\"idle\"} 1",
            "sentinel_updater_state{state=\"stuck\"} 0",
            "sentinel_updater_agent_up 1",
            "sentinel_updater_agent_info{service=\"sentinelgo\",version=\"v1.4.2\",state=\"running\"} 1",
            "sentinel_updater_agent_restarts_total 3",
            "sentinel_updater_update_available 1",
            "sentinel_updater_latest_info{version=\"v1.5.0\"} 1",
            "sentinel_updater_last_check_success_timestamp_seconds 1795490400",
            "sentinel_updater_last_run_info{kind=\"update\",verdict=\"updated\",from=\"v1.4.1\",to=\"v1.4.2\"} 1",
            "sentinel_updater_last_run_duration_seconds 41",
            "sentinel_updater_last_run_downtime_seconds 0.18",
            "sentinel_updater_held_versions 1",
            "sentinel_updater_alerts 1",
            "sentinel_updater_alert_since_timestamp_seconds{id=\"masked\"} 1795489200.25",
            "sentinel_updater_history_runs{kind=\"update\",verdict=\"rolled_back\"} 2",
            "sentinel_updater_consecutive_failed_runs 2",
        ] {
            has(&text, line);
        }
    }

    #[test]
    fn what_is_not_known_has_no_sample_and_labels_are_escaped() {
        let mut status = Status::default();
        status.agent.service = "a\\b\"c\nd".into();
        let text = text(&status, &[], BUILD);
        has(&text, "sentinel_updater_up 0");
        has(&text, r#"sentinel_updater_agent_info{service="a\\b\"c\nd",version="",state="absent"} 1"#);
        for absent in ["last_run", "last_check", "start_time", "history_runs", "latest_info"] {
            assert!(!text.contains(&format!("sentinel_updater_{absent}")), "{absent}\n{text}");
        }
    }
}
