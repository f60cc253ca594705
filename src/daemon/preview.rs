//! What an update would do: `update --dry-run`, and `plan` of the control socket. Nothing is changed.

use tokio::runtime::Handle;

use super::ask::{Found, beside_the_runtime, compare};
use crate::config::Settings;
use crate::engine::gates::{Wanted, gates};
use crate::engine::switch::in_words;
use crate::model::preview::{Gate, Step};
use crate::model::{Class, Failure, Installed, Outcome, Preview, StepId, Version};
use crate::render::words;

/// What an update to `wanted`, or to the version that policy leads to, would do, with every gate's verdict.
///
/// # Errors
/// What the module system answers; `Refused` when there is no version to take; `Disk`, `Service`.
pub fn preview(settings: &Settings, wanted: Option<&Version>) -> Outcome<Preview> {
    beside_the_runtime(|handle| preview_on(settings, &handle, wanted))
}

/// The same within a process that has a runtime already; its thread must not be the caller's.
///
/// # Errors
/// As [`preview`].
pub(super) fn preview_on(
    settings: &Settings,
    runtime: &Handle,
    wanted: Option<&Version>,
) -> Outcome<Preview> {
    judged(&compare(settings, runtime, wanted)?, wanted)
}

fn judged(found: &Found, wanted: Option<&Version>) -> Outcome<Preview> {
    let Found { facts, decision, policy, .. } = found;
    let target = wanted.or(decision.target.as_ref()).ok_or_else(|| {
        let why = decision.reason.clone().unwrap_or_else(|| "there is no version to take".into());
        Failure::new(Class::Refused, why)
    })?;
    let installed = facts.installed.as_ref();
    let current = installed.and_then(|installed| installed.version.as_ref());
    let chosen = decision.target.as_ref() == Some(target);
    let asked = Wanted { target, current, chosen, held: &facts.held, offered: &facts.offered };
    let mut gates: Vec<Gate> = gates(&asked, policy)
        .into_iter()
        .map(|gate| Gate {
            id: gate.id.into(),
            title: gate.title.into(),
            passes: gate.refusal.is_none(),
            reason: gate.refusal,
        })
        .collect();
    let too_long = policy.too_long(found.expected.duration()).filter(|_| installed.is_some());
    gates.push(Gate {
        id: "max_downtime".into(),
        title: "down for no longer than allowed".into(),
        passes: too_long.is_none(),
        reason: too_long.map(|(expected, limit)| {
            format!(
                "{} are expected, policy.max_downtime is {}",
                words::duration(expected),
                words::duration(limit)
            )
        }),
    });
    Ok(Preview {
        installed: installed.map(Installed::shown),
        target: target.to_string(),
        current: current == Some(target),
        gates,
        staged: facts.staged.as_ref().is_some_and(|staged| staged.version == *target),
        steps: StepId::ALL.map(|id| Step { id, title: id.title().into() }).into(),
        declared_changes: found.declared.clone(),
        expected_downtime_ms: installed.map(|_| found.expected.ms),
        expected: in_words(&found.expected),
    })
}
