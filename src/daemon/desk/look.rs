//! Requests that look.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::super::logs::{log_place, log_tail};
use super::super::{preview::preview_on, seen::agent_status, versions::versions};
use super::Desk;
use crate::config::Settings;
use crate::control::Queue;
use crate::control::protocol::{History, LogTail, Logs, Plan};
use crate::model::status::{AgentStatus, State};
use crate::model::{Outcome, Preview, Run, Status, VersionRow};
use crate::world;

/// How many lines of a log are told at most.
const LINES: usize = 5_000;
/// How often the agent is looked at while somebody follows.
const GLANCE: Duration = Duration::from_secs(3);

/// Whether the agent is being watched for those who follow.
#[derive(Clone, Default)]
pub(super) struct Watching(Arc<AtomicBool>);

impl Desk {
    /// The status, with the agent as it is now.
    pub(super) async fn status(&self) -> Status {
        self.see_agent().await;
        let mut status = self.hub.status();
        // Amid a run the engine tells of the agent at the end only: the answer says how it is now.
        if status.run.is_some()
            && let Ok(mut agent) = self.aside(whole).await
        {
            agent.retracted = status.agent.retracted;
            status.agent = agent;
        }
        status
    }

    pub(super) async fn plan(&self, plan: Plan) -> Outcome<Preview> {
        let runtime = self.runtime.clone();
        self.aside(move |settings| preview_on(settings, &runtime, plan.version.as_ref())).await
    }

    pub(super) async fn history(&self, history: &History) -> Outcome<Vec<Run>> {
        let limit = history.limit.unwrap_or(world::RUNS).min(world::RUNS);
        self.aside(move |settings| world::runs(settings, limit)).await
    }

    pub(super) async fn versions(&self) -> Outcome<Vec<VersionRow>> {
        self.aside(|settings| versions(settings).map(|(rows, _)| rows)).await
    }

    /// The end of a log. What is followed is followed first: a line that comes in between is told twice
    /// rather than never.
    pub(super) async fn tail(&self, request: &Logs, queue: &Arc<Queue>) -> Outcome<LogTail> {
        let (log, lines) = (request.log, request.lines.min(LINES));
        match request.follow {
            true => {
                // The thread keeps only a weak hold of the queue.
                let (followers, queue, runtime) =
                    (self.followers.clone(), Arc::downgrade(queue), self.runtime.clone());
                self.aside(move |settings| match queue.upgrade() {
                    Some(queue) => followers.follow(log, settings, &queue, &runtime),
                    None => Ok(()),
                })
                .await?;
            }
            false => self.followers.leave(log, queue),
        }
        self.aside(move |settings| {
            Ok(match log_place(settings, log)? {
                Some(place) => LogTail { lines: log_tail(&place, lines)?, source: Some(place.name()) },
                None => LogTail::default(),
            })
        })
        .await
    }

    /// The engine looks at the agent when it has a reason to; whoever follows sees more: as long as somebody does,
    /// the agent is looked at now and then.
    pub(super) fn watch_agent(&self) {
        if self.watching.0.swap(true, Ordering::SeqCst) {
            return;
        }
        let desk = self.clone();
        self.runtime.spawn(async move {
            loop {
                desk.see_agent().await;
                tokio::time::sleep(GLANCE).await;
                if !desk.hub.is_followed() {
                    desk.watching.0.store(false, Ordering::SeqCst);
                    // Somebody may have come in between, and have seen that it is being watched.
                    if !desk.hub.is_followed() || desk.watching.0.swap(true, Ordering::SeqCst) {
                        return;
                    }
                }
            }
        });
    }

    /// Looks at the agent, and tells what changed. While a run is under way that is the engine's to tell.
    async fn see_agent(&self) {
        let before = self.hub.status();
        if before.run.is_some() || before.updater.state == State::Recovering {
            return;
        }
        // Only for show: what cannot be seen stays as it was seen last.
        let before = before.agent;
        let seen_before = before.clone();
        let Ok(agent) = self.aside(move |settings| seen(settings, seen_before)).await else { return };
        self.hub.agent_seen(&before, agent);
    }
}

/// The agent's life and its binary as they are now.
fn whole(settings: &Settings) -> Outcome<AgentStatus> {
    let (state, installed) = world::agent(settings)?;
    Ok(agent_status(settings, Some(state), installed))
}

/// The agent's life as it is now; its binary is looked at by the engine.
fn seen(settings: &Settings, mut agent: AgentStatus) -> Outcome<AgentStatus> {
    agent.see(&world::services(settings)?.state(&settings.agent.service_name)?);
    Ok(agent)
}
