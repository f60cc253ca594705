//! The last resort when the updater ended in the middle of a switch: get the agent up again.
//!
//! Run by the service manager after every end of the updater. It gives no verdict and writes no
//! record: recovery does, when the updater is back.

use crate::model::{Outcome, Record, StepId};
use crate::ports::World;

use super::recover;

/// Puts a whole binary in place and starts it, if a switch is open and the agent is down. Returns
/// what was done, for people.
///
/// # Errors
/// What the file system or the service manager says.
pub fn rescue(world: &mut World) -> Outcome<Option<String>> {
    let open = world.journal.open_run()?;
    let entered = open
        .records
        .iter()
        .any(|record| matches!(record, Record::Enter { step, .. } if *step >= StepId::Stop));
    let Some(plan) = recover::plan(&open.records) else { return Ok(None) };
    if !entered || !plan.run_after || world.services.system_stopping() {
        return Ok(None);
    }
    let Some(old) = &plan.old else { return Ok(None) };
    if world.services.state(&plan.place.service)?.is_running() {
        return Ok(None);
    }
    let installed = world.agent_files.installed(&plan.place.binary)?.map(|installed| installed.sha256);
    let new = plan.new_kept.as_ref().map(|new| new.sha256.as_str());
    let whole = installed.as_deref().is_some_and(|sha256| sha256 == old.sha256 || Some(sha256) == new);
    if !whole {
        world.agent_files.put_back(&plan.place, plan.old_kept.as_ref(), &old.sha256)?;
    }
    world.services.start(&plan.place.service)?;
    Ok(Some(match whole {
        true => format!("{} was down in the middle of a switch and is started", plan.place.service),
        false => {
            format!("the binary of {} was damaged: {} is back and started", plan.place.service, old.shown())
        }
    }))
}
