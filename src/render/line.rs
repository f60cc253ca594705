//! An event as a line of the log.

use super::words;
use crate::model::event::Level;
use crate::model::status::{AgentStatus, Latest, Paused};
use crate::model::{EventKind, Held, OnProbation, Run, StepId, StepStatus, Verdict};

/// The line that an event leaves in the log, with its weight; `None`: it leaves none, because another
/// event says the same or because it only matters while it happens.
pub fn line(event: &EventKind) -> Option<(Level, String)> {
    match event {
        EventKind::StateChanged { .. } | EventKind::NextCheck { .. } | EventKind::Progress { .. } => None,
        EventKind::Checked { latest } => checked(latest),
        EventKind::RunStarted { run } => Some((Level::Info, started(run))),
        EventKind::StepStarted { step } => Some((Level::Debug, format!("{} begins", step.title()))),
        EventKind::StepEnded { step, status, took_ms, note } => {
            step_ended(*step, *status, *took_ms, note.as_deref())
        }
        EventKind::Output { line } => Some((Level::Debug, line.clone())),
        EventKind::ChangesKnown { changes } => {
            Some((Level::Info, format!("what changes: {}", super::changes::line(changes))))
        }
        EventKind::TurnedBack { error } => Some((Level::Warn, format!("going back: {error}"))),
        EventKind::RunEnded { run } => Some(ended(run)),
        EventKind::AgentSeen { agent } => Some((Level::Debug, seen(agent))),
        EventKind::HeldChanged { held } => Some((Level::Info, held_now(held))),
        EventKind::AlertRaised { alert } => Some((Level::Warn, alert.text.clone())),
        EventKind::AlertCleared { id } => Some((Level::Info, format!("the alert `{id}` is over"))),
        EventKind::PausedChanged { paused } => Some((Level::Info, paused_now(paused.as_ref()))),
        EventKind::ProbationChanged { probation } => {
            probation.as_ref().map(|probation| (Level::Info, on_probation(probation)))
        }
        EventKind::Note { level, text } => Some((*level, text.clone())),
    }
}

fn checked(latest: &Latest) -> Option<(Level, String)> {
    if latest.error.is_some() {
        // The failure has a line of its own, which is counted when it comes again.
        return None;
    }
    let text = match (&latest.version, latest.update_available, &latest.reason) {
        (Some(version), true, None) => format!("{version} is available"),
        (Some(version), true, Some(reason)) => format!("{version} is available and not taken now: {reason}"),
        (Some(version), false, None) => format!("up to date: {version} is the newest"),
        (_, _, Some(reason)) => format!("nothing to take: {reason}"),
        (None, _, None) => "nothing to take".to_owned(),
    };
    Some((Level::Info, text))
}

fn started(run: &Run) -> String {
    format!("{} {} begins (run {}, by {})", words::kind(run.kind), words::way(run), run.id, run.by)
}

fn step_ended(
    step: StepId,
    status: StepStatus,
    took_ms: Option<u64>,
    note: Option<&str>,
) -> Option<(Level, String)> {
    let level = match status {
        StepStatus::Pending | StepStatus::Running => return None,
        StepStatus::NotRun => Level::Debug,
        StepStatus::Done | StepStatus::Skipped => Level::Info,
        StepStatus::Undone => Level::Warn,
        StepStatus::Failed => Level::Error,
    };
    let mut text = format!("{}: {}", step.title(), words::step_status(status));
    if let Some(took_ms) = took_ms.filter(|took_ms| *took_ms > 0) {
        text.push_str(&format!(" in {}", words::milliseconds(took_ms)));
    }
    if let Some(note) = note {
        text.push_str(&format!(": {note}"));
    }
    Some((level, text))
}

fn ended(run: &Run) -> (Level, String) {
    let level = match run.verdict {
        Some(Verdict::Updated | Verdict::Staged) => Level::Info,
        Some(Verdict::Aborted) | None => Level::Warn,
        Some(Verdict::RolledBack | Verdict::Failed | Verdict::Stuck) => Level::Error,
    };
    (level, super::run::outcome(run))
}

fn seen(agent: &AgentStatus) -> String {
    let version = agent.version.as_deref().unwrap_or("no binary");
    format!("agent {}: {}, {version}", agent.service, words::life(agent.state))
}

fn held_now(held: &[Held]) -> String {
    match held {
        [] => "no version is held".to_owned(),
        _ => {
            let list: Vec<_> =
                held.iter().map(|held| format!("{} ({})", held.version, held.reason)).collect();
            format!("held: {}", list.join(", "))
        }
    }
}

/// The end of a probation is told with its reason, by a remark or by the run that it led to.
fn on_probation(probation: &OnProbation) -> String {
    format!("{} is on probation until {}", probation.version, words::time(probation.until))
}

fn paused_now(paused: Option<&Paused>) -> String {
    let Some(paused) = paused else { return "automatic updates are resumed".to_owned() };
    let until =
        paused.until.map_or_else(|| "until resumed".to_owned(), |at| format!("until {}", words::time(at)));
    let reason = paused.reason.as_deref().map_or_else(String::new, |reason| format!(": {reason}"));
    format!("automatic updates are paused {until} by {}{reason}", paused.by)
}

#[cfg(test)]
mod tests {
    use super::super::samples;
    use super::*;
    use crate::model::Progress;
    use crate::model::status::{Alert, State};

    #[test]
    fn every_kind_of_event_has_its_line_or_none() {
        let at = samples::at("2026-11-24T03:15:00Z");
        let done = samples::run();
        let mut back = done.clone();
        back.verdict = Some(Verdict::RolledBack);
        back.error = Some("the agent exited with 1; look at `logs agent`".into());
        let held = vec![samples::held()];
        let latest = samples::latest();
        let waits = Latest { reason: Some("paused".into()), ..latest.clone() };
        let current = Latest { update_available: false, ..latest.clone() };
        let broken = Latest { error: Some("no network".into()), ..latest.clone() };
        let alert = Alert { id: "masked".into(), text: "the service is masked".into(), since: at };
        let paused = Paused { since: at, until: Some(at), reason: Some("freeze".into()), by: "uid 0".into() };
        let progress = Progress { phase: "compile".into(), done: 1, total: 2, detail: None };
        let step = StepId::Build;
        let ended = |status, took_ms, note: Option<&str>| EventKind::StepEnded {
            step,
            status,
            took_ms,
            note: note.map(Into::into),
        };
        let cases = [
            (EventKind::StateChanged { state: State::Idle }, None),
            (EventKind::NextCheck { at: None }, None),
            (EventKind::Progress { progress }, None),
            (EventKind::Checked { latest: broken }, None),
            (EventKind::Checked { latest }, Some((Level::Info, "v1.5.0 is available"))),
            (
                EventKind::Checked { latest: waits },
                Some((Level::Info, "v1.5.0 is available and not taken now: paused")),
            ),
            (EventKind::Checked { latest: current }, Some((Level::Info, "up to date: v1.5.0 is the newest"))),
            (EventKind::Checked { latest: Latest::default() }, Some((Level::Info, "nothing to take"))),
            (
                EventKind::RunStarted { run: done.clone() },
                Some((Level::Info, "update v1.4.1 -> v1.4.2 begins (run 20261124T031500Z-1a2b, by uid 0)")),
            ),
            (EventKind::StepStarted { step }, Some((Level::Debug, "Download & compile begins"))),
            (ended(StepStatus::Running, None, None), None),
            (
                ended(StepStatus::Done, Some(36_000), Some("41 packages")),
                Some((Level::Info, "Download & compile: done in 36 s: 41 packages")),
            ),
            (
                ended(StepStatus::Failed, None, Some("no gcc")),
                Some((Level::Error, "Download & compile: failed: no gcc")),
            ),
            (ended(StepStatus::Undone, None, None), Some((Level::Warn, "Download & compile: taken back"))),
            (ended(StepStatus::NotRun, None, None), Some((Level::Debug, "Download & compile: not run"))),
            (EventKind::Output { line: "pkg".into() }, Some((Level::Debug, "pkg"))),
            (
                EventKind::ChangesKnown { changes: samples::changes() },
                Some((
                    Level::Info,
                    "what changes: Go go1.25.1 -> go1.26.8; 1 dependency: a.test/x v1.0.0 -> v1.1.0",
                )),
            ),
            (EventKind::TurnedBack { error: "it died".into() }, Some((Level::Warn, "going back: it died"))),
            (
                EventKind::RunEnded { run: done },
                Some((Level::Info, "update v1.4.1 -> v1.4.2: done in 41 s, agent down for 180 ms")),
            ),
            (
                EventKind::RunEnded { run: back },
                Some((
                    Level::Error,
                    "update v1.4.1 -> v1.4.2: rolled back in 41 s, agent down for 180 ms: the agent exited with 1; look at `logs agent`",
                )),
            ),
            (
                EventKind::AgentSeen { agent: samples::agent() },
                Some((Level::Debug, "agent sentinelgo: running, v1.4.2")),
            ),
            (EventKind::HeldChanged { held }, Some((Level::Info, "held: v1.4.9 (it failed)"))),
            (EventKind::HeldChanged { held: vec![] }, Some((Level::Info, "no version is held"))),
            (EventKind::AlertRaised { alert }, Some((Level::Warn, "the service is masked"))),
            (
                EventKind::AlertCleared { id: "masked".into() },
                Some((Level::Info, "the alert `masked` is over")),
            ),
            (
                EventKind::PausedChanged { paused: Some(paused) },
                Some((
                    Level::Info,
                    "automatic updates are paused until 2026-11-24 03:15:00 UTC by uid 0: freeze",
                )),
            ),
            (EventKind::PausedChanged { paused: None }, Some((Level::Info, "automatic updates are resumed"))),
            (EventKind::Note { level: Level::Warn, text: "odd".into() }, Some((Level::Warn, "odd"))),
        ];
        for (event, expected) in cases {
            let expected = expected.map(|(level, text): (_, &str)| (level, text.to_owned()));
            assert_eq!(line(&event), expected, "{event:?}");
        }
    }
}
