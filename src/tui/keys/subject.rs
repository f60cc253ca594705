//! What an action would be about, in the present state.

use crate::control::protocol::CancelEffect;
use crate::model::status::State;
use crate::model::{StepId, Version, VersionRow};
use crate::tui::model::{Model, PaneId, Under};

/// What cancelling would do now; `None`: there is no run, or it is between `stop` and `start`, or it is
/// being taken back already. The service decides; this only hides a button that it would refuse.
pub fn cancel_effect(model: &Model) -> Option<CancelEffect> {
    let status = &model.view.as_ref()?.status;
    let run = status.run.as_ref()?;
    if matches!(status.updater.state, State::RollingBack | State::Recovering | State::Stuck) {
        return None;
    }
    match run.step {
        None | Some(StepId::Check | StepId::Detect | StepId::Preflight | StepId::Build | StepId::Prove) => {
            Some(CancelEffect::Aborts)
        }
        Some(StepId::Verify) => Some(CancelEffect::RollsBack),
        Some(_) => None,
    }
}

/// The version to go back to: the one under the cursor if it is kept, else the one that `rollback` without a
/// version goes to: the highest kept one below the installed one.
pub fn rollback_target(model: &Model) -> Option<&VersionRow> {
    let kept = |row: &&VersionRow| row.kept && !row.installed && !row.staged;
    if model.focus == PaneId::History
        && let Some(Under::Version(row)) = model.under_cursor()
        && kept(&row)
    {
        return Some(row);
    }
    // The highest comes first.
    let installed = model.versions.iter().position(|row| row.installed);
    model.versions.iter().skip(installed.map_or(0, |at| at + 1)).find(kept)
}

/// The version to hold or to allow again, and whether it is held now: the one under the cursor, else the
/// newest on offer.
pub fn hold_target(model: &Model) -> Option<(Version, bool)> {
    let status = &model.view.as_ref()?.status;
    let under = (model.focus == PaneId::History).then(|| model.under_cursor()).flatten();
    let text = match under {
        Some(Under::Version(row)) => Some(row.version.as_str()),
        Some(Under::Run(run)) => run.to.as_deref(),
        None => status.latest.version.as_deref().filter(|_| status.latest.update_available),
    };
    let version = Version::parse(text?).ok()?;
    let held = status.held.iter().any(|held| held.version == version);
    Some((version, held))
}
