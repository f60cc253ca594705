//! The status as far as memory, file and service manager tell it: what the service starts from, and what is
//! shown where nobody can be asked.

use crate::config::Settings;
use crate::model::status::{AgentLife, AgentStatus};
use crate::model::{Installed, Outcome, ServiceState, Status, Timestamp};
use crate::world;

/// Puts what the updater remembers into `status`; whether it is stuck.
///
/// # Errors
/// `Permission` when the memory may not be read, `Disk`.
pub fn remembered(settings: &Settings, status: &mut Status) -> Outcome<bool> {
    let mut stuck = false;
    if let Some(mut records) = world::reading(settings)? {
        status.latest = records.latest()?;
        status.held = records.held()?;
        status.alerts = records.alerts()?;
        status.updater.paused = records.paused()?.filter(|paused| paused.holds(Timestamp::now()));
        status.updater.probation = records.probation()?.map(|probation| probation.shown());
        status.last_run = world::runs(settings, 1)?.pop();
        stuck = records.stuck()?.is_some();
    }
    status.agent.retracted = status.alerts.iter().any(|alert| alert.id == "retracted");
    Ok(stuck)
}

/// The agent's part; without a service manager that answers, by the file alone.
pub fn agent_status(
    settings: &Settings,
    state: Option<ServiceState>,
    installed: Option<Installed>,
) -> AgentStatus {
    let mut agent = AgentStatus {
        service: settings.agent.service_name.clone(),
        version: installed.as_ref().map(Installed::shown),
        binary: settings.agent.binary.clone(),
        sha256: installed.map(|installed| installed.sha256),
        ..AgentStatus::default()
    };
    match state {
        Some(state) => agent.see(&state),
        None if agent.version.is_some() => agent.state = AgentLife::Stopped,
        None => {}
    }
    agent
}
