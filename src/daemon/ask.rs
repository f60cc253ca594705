//! Asking the module system and deciding, without writing anything: beside a running service, and for
//! those who may not write.

use std::path::Path;

use tokio::runtime::Handle;

use super::attended::attended;
use crate::config::Settings;
use crate::engine::decide::{Facts, decide, latest};
use crate::engine::downtime::{self, Expected};
use crate::engine::majors::{ever_seen, offers};
use crate::engine::{Decision, Policy};
use crate::model::go_mod::path_of;
use crate::model::status::Latest;
use crate::model::{Changes, Installed, Outcome, Timestamp, Version};
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
    /// What the go.mod files of the installed version and of the target declare; `None`: not asked for, or
    /// one of them is not known.
    pub declared: Option<Changes>,
    /// How long a switch is expected to keep the agent down.
    pub expected: Expected,
}

/// What the module system has now. Nothing is remembered.
///
/// # Errors
/// What the module system answers; `Disk`, `Service`.
pub fn newest(settings: &Settings) -> Outcome<Latest> {
    beside_the_runtime(|handle| asked(settings, &handle, |_, _| None)).map(|found| found.latest)
}

/// Asks, decides, and finds out what changes from the installed version to `wanted`, or to the one that policy
/// leads to. The thread of `runtime` must not be the caller's.
///
/// # Errors
/// As [`newest`].
pub(super) fn compare(settings: &Settings, runtime: &Handle, wanted: Option<&Version>) -> Outcome<Found> {
    asked(settings, runtime, |found, source| {
        let target = wanted.or(found.decision.target.as_ref())?;
        let current = found.facts.installed.as_ref()?.version.as_ref()?;
        // Only for show: the preview is whole without it.
        let mut read = |version: &Version| {
            let module = path_of(&settings.agent.module, version);
            let rules = source.go_mod(&module, version, &Cancel::new()).ok()?;
            rules.is_real.then_some(rules)
        };
        let (old, new) = read(current).zip(read(target))?;
        Some(Changes::declared(&old, &new))
    })
}

fn asked(
    settings: &Settings,
    runtime: &Handle,
    compare: impl FnOnce(&Found, &mut dyn ModuleSource) -> Option<Changes>,
) -> Outcome<Found> {
    let mut source = world::source(settings, runtime)?;
    let (service, installed) = world::agent(settings)?;
    let (mut facts, expected) = remembered(settings, installed)?;
    facts.service = service;
    let policy = world::policy(settings);
    let offers = offers(source.as_mut(), &policy, facts.installed.as_ref(), &Cancel::new())?;
    facts.offered = offers.answer.offered;
    facts.machine = world::machine().machine_id();
    facts.expected = Some(expected);
    let decision = decide(&facts, &policy);
    let latest = shown(&facts, &decision, source.as_mut(), settings);
    let mut found = Found { facts, decision, policy, latest, declared: None, expected };
    found.declared = compare(&found, source.as_mut());
    Ok(found)
}

/// What the updater remembers; nothing where it may not be read.
fn remembered(settings: &Settings, installed: Option<Installed>) -> Outcome<(Facts, Expected)> {
    let unknown = downtime::expect(&[], &[], 0);
    let mut facts = Facts { now: Timestamp::now(), installed, ..Facts::default() };
    if is_hidden(&settings.paths.state) {
        return Ok((facts, unknown));
    }
    let Some(mut records) = world::reading(settings)? else { return Ok((facts, unknown)) };
    facts.committed = records.committed()?;
    facts.seen = ever_seen(records.as_mut(), &settings.agent.module, facts.installed.as_ref())?;
    facts.held = records.held()?;
    // What a build depends on is not looked at here: a version whose build failed counts as waiting.
    facts.held.iter_mut().for_each(|held| held.fingerprint = None);
    facts.paused = records.paused()?;
    facts.stuck = records.stuck()?;
    facts.staged = records.staged()?;
    let size = match &settings.agent.database {
        Some(database) => world::machine().file_size(database)?,
        None => 0,
    };
    Ok((facts, downtime::expect(&records.runs(50)?, &world::kept(settings)?, size)))
}

/// The updater's folder is private.
fn is_hidden(state: &Path) -> bool {
    std::fs::read_dir(state).is_err_and(|error| error.kind() == std::io::ErrorKind::PermissionDenied)
}

/// What is known of the newest version; its commit time is asked for where nobody did before.
fn shown(facts: &Facts, decision: &Decision, source: &mut dyn ModuleSource, settings: &Settings) -> Latest {
    let mut latest = latest(facts, decision);
    if let (None, Some(target)) = (latest.commit_time, &decision.target) {
        // Only for show: the answer is whole without it.
        let info = source.info(&path_of(&settings.agent.module, target), target, &Cancel::new());
        latest.commit_time = info.ok().and_then(|info| info.time);
    }
    latest
}

/// Runs `work` on a thread of its own while this one drives the network.
pub(super) fn beside_the_runtime<T: Send>(work: impl FnOnce(Handle) -> Outcome<T> + Send) -> Outcome<T> {
    attended("the check ended unexpectedly", work, |ended| async { drop(ended.await) })
}
