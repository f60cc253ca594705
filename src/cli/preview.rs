//! `update --dry-run`: what would be done, with every gate's verdict. Nothing is changed.

use super::args::Update;
use super::ask::{Found, ask_and_compare};
use super::exit::Exit;
use super::{Call, Ended, gate};
use crate::config::Settings;
use crate::engine::gates::{Wanted, gates};
use crate::engine::switch::in_words;
use crate::model::preview::{Gate, Step};
use crate::model::{Class, Failure, Outcome, Preview, StepId, Version};
use crate::render;
use crate::render::table::Table;
use crate::render::words;

/// Prints the preview; refused as the update would be.
pub(super) fn run(call: &Call<'_>, settings: &Settings, request: &Update) -> Ended {
    gate::readable_supervisor(settings, "update --dry-run")?;
    let preview = preview(&ask_and_compare(settings, request.version.as_ref())?, request.version.as_ref())?;
    match request.json {
        true => call.console.json(&preview)?,
        false => call.console.print(&text(&preview, request.force))?,
    }
    Ok(if preview.is_refused(request.stage_only) && !request.force && !preview.current {
        Exit::Refused
    } else {
        Exit::Done
    })
}

fn preview(found: &Found, wanted: Option<&Version>) -> Outcome<Preview> {
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
        installed: installed.map(crate::model::Installed::shown),
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

fn text(preview: &Preview, force: bool) -> String {
    let mut facts = Table::default();
    facts.row(["installed".into(), preview.installed.clone().unwrap_or_else(|| "nothing".into())]);
    facts.row(["target".into(), preview.target.clone()]);
    let mut text = facts.text(0);
    if preview.current {
        text.push_str("It is installed already: nothing would be done.\n");
        return text;
    }
    let mut gates = Table::default();
    for gate in &preview.gates {
        let verdict = match (gate.passes, force) {
            (true, _) => "yes",
            (false, true) => "no, forced",
            (false, false) => "no",
        };
        gates.row([gate.title.clone(), verdict.into(), gate.reason.clone().unwrap_or_default()]);
    }
    text.push_str("conditions\n");
    text.push_str(&gates.text(2));
    text.push_str("steps\n");
    for (number, step) in (1..).zip(&preview.steps) {
        text.push_str(&format!("  {number:2}  {}\n", step.title));
    }
    if let Some(changes) = &preview.declared_changes {
        text.push_str("changes by the go.mod files (what is compiled in is known after the build)\n");
        for line in render::changes::lines(changes) {
            text.push_str(&format!("  {line}\n"));
        }
    }
    if preview.staged {
        text.push_str("It is built and proven already: steps 4 and 5 only look at it again.\n");
    }
    let downtime = match preview.expected_downtime_ms {
        Some(_) => preview.expected.as_str(),
        None => "none: no agent is installed",
    };
    text.push_str(&format!("expected downtime  {downtime}\n"));
    text
}
