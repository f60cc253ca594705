//! The steps of a run: one table, one file a step.
//!
//! Applying a step twice is success, and undo tolerates that nothing happened: recovery repeats
//! them without knowing how far they came. They act by moving; deletion comes after commit.

mod build;
mod commit;
mod install;
mod preflight;
pub(super) mod prove;
mod register;
mod snapshot;
mod start;
mod stop;
pub(super) mod verify;

use std::time::Duration;

use crate::model::status::State;
use crate::model::{Outcome, Plan, StepId};

use super::context::Context;

/// How a step that did not fail ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Applied {
    /// It did its work; a remark.
    Done(Option<String>),
    /// There was nothing to do; why.
    Skipped(String),
}

impl Applied {
    /// Done, with a remark.
    pub fn done(note: impl Into<String>) -> Self {
        Self::Done(Some(note.into()))
    }

    /// Not needed, and why.
    pub fn skipped(why: impl Into<String>) -> Self {
        Self::Skipped(why.into())
    }
}

/// Takes a step.
pub type Apply = fn(&mut Context) -> Outcome<Applied>;
/// Takes it back.
pub type Undo = fn(&mut Context) -> Outcome<()>;

/// A row of the table.
pub struct Step {
    /// Which step.
    pub id: StepId,
    /// Takes it.
    pub apply: Apply,
    /// Takes it back; `None`: there is nothing to take back.
    pub undo: Option<Undo>,
    /// It touches the agent: announced in the journal before it begins, and never aborted before it.
    pub touches: bool,
    /// What the updater is doing meanwhile.
    pub state: State,
    /// How long it may take before the watchdog may bite.
    pub limit: fn(&Plan) -> Duration,
}

/// The steps that a run takes after its decision, in order.
pub const STEPS: [Step; 10] = [
    Step {
        id: StepId::Preflight,
        apply: preflight::apply,
        undo: None,
        touches: false,
        state: State::Building,
        limit: short,
    },
    Step {
        id: StepId::Build,
        apply: build::apply,
        undo: None,
        touches: false,
        state: State::Building,
        limit: build::limit,
    },
    Step {
        id: StepId::Prove,
        apply: prove::apply,
        undo: None,
        touches: false,
        state: State::Building,
        limit: short,
    },
    Step {
        id: StepId::Stop,
        apply: stop::apply,
        undo: Some(stop::undo),
        touches: true,
        state: State::Switching,
        limit: short,
    },
    Step {
        id: StepId::Snapshot,
        apply: snapshot::apply,
        undo: Some(snapshot::undo),
        touches: true,
        state: State::Switching,
        limit: snapshot::limit,
    },
    Step {
        id: StepId::Install,
        apply: install::apply,
        undo: Some(install::undo),
        touches: true,
        state: State::Switching,
        limit: short,
    },
    Step {
        id: StepId::Register,
        apply: register::apply,
        undo: Some(register::undo),
        touches: true,
        state: State::Switching,
        limit: short,
    },
    Step {
        id: StepId::Start,
        apply: start::apply,
        undo: Some(start::undo),
        touches: true,
        state: State::Switching,
        limit: short,
    },
    Step {
        id: StepId::Verify,
        apply: verify::apply,
        undo: None,
        touches: true,
        state: State::Verifying,
        limit: verify::limit,
    },
    Step {
        id: StepId::Commit,
        apply: commit::apply,
        undo: None,
        touches: true,
        state: State::Verifying,
        limit: short,
    },
];

/// The place of a step in the table.
pub fn position(id: StepId) -> usize {
    STEPS.iter().position(|step| step.id == id).unwrap_or(STEPS.len())
}

/// The limit of steps that start a few programs and move a few files.
fn short(_: &Plan) -> Duration {
    Duration::from_secs(300)
}
