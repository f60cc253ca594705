//! Asking the module system and deciding, without writing anything: beside a running service, and for
//! those who may not write.

use tokio::runtime::{Builder, Handle};
use tokio::sync::oneshot;

use crate::config::Settings;
use crate::engine::decide::{Facts, decide};
use crate::engine::{Decision, Policy};
use crate::model::status::Latest;
use crate::model::{Class, Failure, Outcome, Timestamp};
use crate::ports::{Cancel, ModuleSource};
use crate::world;

/// What was found.
pub(super) struct Found {
    /// What the decision was made from.
    pub facts: Facts,
    /// What would be done by itself.
    pub decision: Decision,
    /// What the administrator wants.
    pub policy: Policy,
    /// The newest version, as the status has it.
    pub latest: Latest,
    /// How long the agent was down in the last update that went well, in milliseconds.
    pub last_downtime_ms: Option<u64>,
}

/// Asks and decides.
///
/// # Errors
/// What the module system answers; `Disk`, `Service`.
pub(super) fn ask(settings: &Settings) -> Outcome<Found> {
    beside_the_runtime(|handle| {
        let mut source = world::source(settings, &handle)?;
        let (mut facts, last_downtime_ms) = remembered(settings)?;
        facts.installed = world::installed(settings)?;
        facts.service = world::services(settings)?.state(&settings.agent.service_name)?;
        facts.offered = source.check(&settings.agent.module, &Cancel::new())?.offered;
        let policy = world::policy(settings);
        let decision = decide(&facts, &policy);
        let latest = latest(&facts, &decision, source.as_mut(), settings);
        Ok(Found { facts, decision, policy, latest, last_downtime_ms })
    })
}

/// What the updater remembers; nothing where it may not be read.
fn remembered(settings: &Settings) -> Outcome<(Facts, Option<u64>)> {
    let mut facts = Facts { now: Timestamp::now(), ..Facts::default() };
    if super::gate::readable(settings, "check").is_err() {
        return Ok((facts, None));
    }
    let Some(mut records) = world::reading(settings)? else { return Ok((facts, None)) };
    facts.committed = records.committed()?;
    facts.seen = records.seen(&settings.agent.module)?;
    facts.held = records.held()?;
    // What a build depends on is not looked at here: a version whose build failed counts as waiting.
    facts.held.iter_mut().for_each(|held| held.fingerprint = None);
    facts.paused = records.paused()?;
    facts.stuck = records.stuck()?;
    let downtime = records.runs(20)?.into_iter().find_map(|run| run.downtime_ms);
    Ok((facts, downtime))
}

fn latest(facts: &Facts, decision: &Decision, source: &mut dyn ModuleSource, settings: &Settings) -> Latest {
    let target = decision.target.as_ref();
    let seen = target.and_then(|target| facts.seen.iter().find(|seen| seen.version == *target));
    let commit_time = seen.and_then(|seen| seen.commit_time).or_else(|| {
        // Only for show: the answer is whole without it.
        let info = source.info(&settings.agent.module, target?, &Cancel::new()).ok()?;
        info.time
    });
    Latest {
        version: target.map(ToString::to_string),
        commit_time,
        first_seen_at: seen.map(|seen| seen.first_seen_at),
        checked_at: Some(facts.now),
        error: None,
        update_available: decision.update_available,
        reason: decision.reason.clone(),
    }
}

/// Runs `work` on a thread of its own while this one drives the network.
fn beside_the_runtime<T: Send>(work: impl FnOnce(Handle) -> Outcome<T> + Send) -> Outcome<T> {
    let runtime = Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::new(Class::Internal, "cannot set up the event loop").because(&error))?;
    let handle = runtime.handle().clone();
    let result = std::thread::scope(|scope| {
        let (done, ended) = oneshot::channel::<()>();
        let worker = scope.spawn(move || {
            let _done = done;
            work(handle)
        });
        // The sender is dropped when the work ends, however it ends.
        drop(runtime.block_on(ended));
        worker.join()
    });
    runtime.shutdown_background();
    result.unwrap_or_else(|_| Err(Failure::new(Class::Internal, "the check ended unexpectedly")))
}
