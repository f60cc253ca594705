//! The fold of events into what people are shown. Every display uses this one.

use serde::{Deserialize, Serialize};

use super::{Event, EventKind, Status, Timestamp, Transcript};

/// The status derived from a snapshot and the events after it. It is its own snapshot: what crosses the
/// control socket first.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct View {
    /// The number of the last event folded in.
    pub seq: u64,
    /// The status so far.
    pub status: Status,
    /// When the step under way began.
    pub step_since: Option<Timestamp>,
    /// The output of the build under way, or of the last one.
    pub output: Transcript,
}

/// What an event was to a view.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Folded {
    /// It had been folded in before.
    Known,
    /// It was the next one.
    Next,
    /// So many events before it never came. Only droppable ones may be missing.
    After(u64),
}

impl View {
    /// A view that starts from `status`, which already contains every event up to `seq`.
    pub fn new(status: Status, seq: u64) -> Self {
        Self { status, seq, ..Self::default() }
    }

    /// Folds one event in. An event that was seen before changes nothing.
    pub fn apply(&mut self, event: &Event) -> Folded {
        if event.seq <= self.seq {
            return Folded::Known;
        }
        let missing = event.seq - self.seq - 1;
        self.seq = event.seq;
        self.fold(event);
        if missing == 0 { Folded::Next } else { Folded::After(missing) }
    }

    fn fold(&mut self, event: &Event) {
        let status = &mut self.status;
        match &event.kind {
            EventKind::StateChanged { state } => status.updater.state = *state,
            EventKind::Checked { latest } => status.latest = latest.clone(),
            EventKind::NextCheck { at } => status.updater.next_check_at = *at,
            EventKind::RunStarted { run } => {
                status.run = Some(run.clone());
                self.step_since = None;
                self.output.clear();
            }
            EventKind::StepStarted { step } => {
                self.step_since = Some(event.at);
                if let Some(run) = &mut status.run {
                    run.step_started(*step);
                }
            }
            EventKind::StepEnded { step, status: how, took_ms, note } => {
                if let Some(run) = &mut status.run {
                    run.step_ended(*step, *how, *took_ms, note.clone());
                }
            }
            EventKind::Progress { progress } => {
                if let Some(run) = &mut status.run {
                    run.progress = Some(progress.clone());
                }
            }
            EventKind::ChangesKnown { changes } => {
                if let Some(run) = &mut status.run {
                    run.changes = Some(changes.clone());
                }
            }
            EventKind::TurnedBack { error } => {
                if let Some(run) = &mut status.run {
                    run.error = Some(error.clone());
                }
            }
            EventKind::RunEnded { run } => {
                status.run = None;
                self.step_since = None;
                status.last_run = Some(run.clone());
            }
            EventKind::AgentSeen { agent } => status.agent = agent.clone(),
            EventKind::HeldChanged { held } => status.held.clone_from(held),
            EventKind::AlertRaised { alert } => {
                status.alerts.retain(|known| known.id != alert.id);
                status.alerts.push(alert.clone());
            }
            EventKind::AlertCleared { id } => status.alerts.retain(|known| known.id != *id),
            EventKind::PausedChanged { paused } => status.updater.paused.clone_from(paused),
            EventKind::ProbationChanged { probation } => status.updater.probation.clone_from(probation),
            EventKind::Output { line } => self.output.push(line.clone()),
            EventKind::Note { .. } => {}
        }
    }
}
