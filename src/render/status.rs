//! The status on one screen.

use super::table::Table;
use super::words;
use crate::model::status::{AgentLife, State};
use crate::model::{Run, Status, StepId, Timestamp};

/// How many held versions are listed; the rest is counted.
const MOST_HELD: usize = 5;

/// The whole status: a word at the left, what there is to say of it at the right.
pub fn text(status: &Status, now: Timestamp) -> String {
    let mut table = Table::default();
    let mut add = |name: &str, lines: Vec<String>| {
        let names = std::iter::once(name).chain(std::iter::repeat(""));
        for (name, line) in names.zip(lines) {
            table.row([name.to_owned(), line]);
        }
    };
    add("updater", updater(status, now));
    add("agent", agent_lines(status, now));
    add("newest", vec![newest(status, now)]);
    if let Some(run) = &status.run {
        add("now", vec![under_way(run, status.updater.state, now)]);
    }
    if let Some(run) = &status.last_run {
        add("last run", vec![format!("{} ({})", super::run::outcome(run), words::age(run.started_at, now))]);
    }
    add("held", held(status));
    let alerts = status.alerts.iter();
    add("alerts", alerts.map(|alert| format!("{} ({})", alert.text, words::age(alert.since, now))).collect());
    table.text(0)
}

/// What the updater is doing, on one line: for the service manager's own display.
pub fn line(status: &Status) -> String {
    let mut line = words::state(status.updater.state).to_owned();
    if let Some(run) = &status.run {
        line.push_str(&format!(": {} {}", words::kind(run.kind), words::way(run)));
        if let Some(step) = run.step {
            line.push_str(&format!(", {}", step.title()));
        }
    } else if let Some(version) = &status.agent.version {
        line.push_str(&format!("; the agent is {version}"));
    }
    line
}

fn updater(status: &Status, now: Timestamp) -> Vec<String> {
    let updater = &status.updater;
    let mut parts = vec![match updater.pid {
        Some(pid) => format!("running (process {pid})"),
        None => "not running".to_owned(),
    }];
    if updater.pid.is_some() {
        parts.push(words::state(updater.state).to_owned());
    }
    if let Some(at) = updater.next_check_at {
        parts.push(format!("next check {}", words::age(at, now)));
    }
    if !updater.manager.is_empty() {
        parts.push(match updater.manager.as_str() {
            "process" => "no service manager: the updater runs the agent itself".to_owned(),
            manager => format!("services by {manager}"),
        });
    }
    let mut lines = vec![parts.join(", ")];
    if let Some(probation) = &updater.probation {
        let until = words::time(probation.until);
        lines.push(format!("{} is on probation until {until}: a crash takes it back", probation.version));
    }
    if let Some(paused) = &updater.paused {
        let until = paused.until.map_or_else(|| "resumed".to_owned(), words::time);
        let why = paused.reason.as_deref().map_or_else(String::new, |why| format!(": {why}"));
        lines.push(format!("automatic updates are paused until {until} by {}{why}", paused.by));
    }
    lines
}

fn agent_lines(status: &Status, now: Timestamp) -> Vec<String> {
    let agent = &status.agent;
    let mut parts = vec![format!("{}: {}", agent.service, words::life(agent.state))];
    if let Some(pid) = agent.pid {
        parts[0].push_str(&format!(" (process {pid})"));
    }
    if let Some(since) = agent.since.filter(|_| agent.state != AgentLife::Absent) {
        parts.push(format!("since {} ({})", words::time(since), words::age(since, now)));
    }
    if agent.restarts > 0 {
        let times = words::count(agent.restarts as usize, "time");
        parts.push(format!("restarted {times} by the service manager"));
    }
    let retracted = if agent.retracted { " (retracted by its authors)" } else { "" };
    let binary = agent.binary.display();
    let binary = match &agent.version {
        Some(version) => format!("{version}{retracted} in {binary}"),
        None => format!("no binary at {binary}"),
    };
    vec![parts.join(", "), binary]
}

fn newest(status: &Status, now: Timestamp) -> String {
    let latest = &status.latest;
    let mut text = match (&latest.version, latest.update_available) {
        (Some(version), true) => format!("{version} is available"),
        (Some(version), false) => format!("{version}, nothing to update"),
        (None, _) => "none known".to_owned(),
    };
    if let Some(reason) = &latest.reason {
        text.push_str(&format!("; not taken now: {reason}"));
    }
    match latest.checked_at {
        Some(at) => text.push_str(&format!(" (asked {})", words::age(at, now))),
        None => text.push_str(" (never asked)"),
    }
    if let Some(error) = &latest.error {
        text.push_str(&format!("; the last check failed: {error}"));
    }
    text
}

fn under_way(run: &Run, state: State, now: Timestamp) -> String {
    let begun = words::age(run.started_at, now);
    let what = format!("{} {}", words::kind(run.kind), words::way(run));
    if state == State::Off {
        return format!("{what}, begun {begun}, was interrupted: the updater goes on with it when it starts");
    }
    let step = run.step.map_or_else(String::new, |step| format!(", {}", step_of(run, step)));
    format!("{what}, begun {begun}{step}")
}

fn step_of(run: &Run, step: StepId) -> String {
    let Some(progress) = &run.progress else { return step.title().to_owned() };
    let detail = progress.detail.as_deref().map_or_else(String::new, |detail| format!(" {detail}"));
    match progress.total {
        0 => format!("{}: {} {}{detail}", step.title(), progress.phase, progress.done),
        total => format!("{}: {} {} of {total}{detail}", step.title(), progress.phase, progress.done),
    }
}

fn held(status: &Status) -> Vec<String> {
    let mut lines: Vec<String> = status
        .held
        .iter()
        .take(MOST_HELD)
        .map(|held| {
            let until = held.retry_at.map_or_else(String::new, |at| format!(" until {}", words::time(at)));
            format!("{}{until}: {}", held.version, held.reason)
        })
        .collect();
    if status.held.len() > MOST_HELD {
        lines.push(format!("and {} more", status.held.len() - MOST_HELD));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::super::samples;
    use super::*;
    use crate::model::Progress;
    use crate::model::status::{Alert, Paused};

    fn sample() -> Status {
        let mut status = Status::default();
        status.updater.pid = Some(812);
        status.updater.state = State::Idle;
        status.updater.next_check_at = Some(samples::at("2026-11-24T03:20:30Z"));
        status.updater.manager = "systemd".into();
        status.agent = samples::agent();
        status.latest = samples::latest();
        status.last_run = Some(samples::run());
        status
    }

    fn now() -> Timestamp {
        samples::at("2026-11-24T03:20:12Z")
    }

    #[test]
    fn a_quiet_day() {
        assert_eq!(
            text(&sample(), now()),
            "\
updater   running (process 812), waiting for the next check, next check in 18 s, services by systemd
agent     sentinelgo: running (process 4121), since 2026-11-24 03:15:41 UTC (4 min ago)
          v1.4.2 in /usr/local/bin/sentinel
newest    v1.5.0 is available (asked 12 s ago)
last run  update v1.4.1 -> v1.4.2: done in 41 s, agent down for 180 ms (5 min ago)
"
        );
    }

    #[test]
    fn nothing_is_known() {
        let mut status = Status::default();
        status.agent.service = "sentinelgo".into();
        status.agent.binary = "/usr/local/bin/sentinel".into();
        assert_eq!(
            text(&status, now()),
            "\
updater  not running
agent    sentinelgo: not installed
         no binary at /usr/local/bin/sentinel
newest   none known (never asked)
"
        );
    }

    #[test]
    fn everything_at_once() {
        let mut status = sample();
        let since = samples::at("2026-11-24T03:00:00Z");
        status.updater.state = State::Building;
        status.updater.next_check_at = None;
        status.updater.manager = "process".into();
        status.updater.paused =
            Some(Paused { since, until: None, reason: Some("freeze".into()), by: "uid 0".into() });
        status.agent.retracted = true;
        status.agent.restarts = 3;
        status.latest.reason = Some("v1.5.0 is held: it failed".into());
        status.latest.error = Some("no network".into());
        let mut run = samples::run();
        run.step = Some(StepId::Build);
        run.progress =
            Some(Progress { phase: "compile".into(), done: 7, total: 41, detail: Some("net/http".into()) });
        status.run = Some(run);
        status.held = vec![samples::held(); 7];
        status.held[0].retry_at = Some(since);
        status.alerts = vec![Alert { id: "masked".into(), text: "the service is masked".into(), since }];
        let text = text(&status, now());
        for line in [
            "updater   running (process 812), building the new version, no service manager: the updater runs the agent itself",
            "          automatic updates are paused until resumed by uid 0: freeze",
            "agent     sentinelgo: running (process 4121), since 2026-11-24 03:15:41 UTC (4 min ago), restarted 3 times by the service manager",
            "          v1.4.2 (retracted by its authors) in /usr/local/bin/sentinel",
            "newest    v1.5.0 is available; not taken now: v1.5.0 is held: it failed (asked 12 s ago); the last check failed: no network",
            "now       update v1.4.1 -> v1.4.2, begun 5 min ago, Download & compile: compile 7 of 41 net/http",
            "held      v1.4.9 until 2026-11-24 03:00:00 UTC: it failed",
            "          v1.4.9: it failed",
            "          and 2 more",
            "alerts    the service is masked (20 min ago)",
        ] {
            assert!(text.lines().any(|found| found == line), "{line}\n{text}");
        }
    }

    #[test]
    fn one_line_for_the_service_manager() {
        let mut status = sample();
        assert_eq!(line(&status), "waiting for the next check; the agent is v1.4.2");
        status.updater.state = State::Building;
        let mut run = samples::run();
        run.step = Some(StepId::Build);
        status.run = Some(run);
        assert_eq!(line(&status), "building the new version: update v1.4.1 -> v1.4.2, Download & compile");
    }

    #[test]
    fn an_interrupted_run_without_the_updater() {
        let mut status = sample();
        status.updater.pid = None;
        status.updater.state = State::Off;
        status.run = Some(samples::run());
        let text = text(&status, now());
        assert!(text.contains("was interrupted: the updater goes on with it when it starts"), "{text}");
    }
}
