//! The fold of events into what people are shown. Every display uses this one.

use super::{Event, EventKind, Status};

/// The status derived from a snapshot and the events after it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct View {
    /// The status so far.
    pub status: Status,
    /// The number of the last event folded in.
    pub seq: u64,
}

impl View {
    /// A view that starts from `status`, which already contains every event up to `seq`.
    pub fn new(status: Status, seq: u64) -> Self {
        Self { status, seq }
    }

    /// Folds one event in. An event that was seen before changes nothing.
    pub fn apply(&mut self, event: &Event) {
        if event.seq <= self.seq {
            return;
        }
        self.seq = event.seq;
        let status = &mut self.status;
        match &event.kind {
            EventKind::StateChanged { state } => status.updater.state = *state,
            EventKind::Checked { latest } => status.latest = latest.clone(),
            EventKind::NextCheck { at } => status.updater.next_check_at = *at,
            EventKind::RunStarted { run } => status.run = Some(run.clone()),
            EventKind::StepStarted { step } => {
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
            EventKind::Output { .. } | EventKind::Note { .. } => {}
        }
    }
}
