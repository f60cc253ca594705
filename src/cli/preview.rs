//! `update --dry-run`: what would be done, with every gate's verdict. Nothing is changed.

use serde::Serialize;

use super::args::Update;
use super::ask::{Found, ask_and_compare};
use super::exit::Exit;
use super::{Call, Ended};
use crate::config::Settings;
use crate::engine::gates::{Wanted, gates};
use crate::engine::switch::in_words;
use crate::model::{Changes, Class, Failure, Outcome, StepId, Version};
use crate::render;
use crate::render::table::Table;
use crate::render::words;

/// What an update would do.
#[derive(Debug, PartialEq, Eq, Serialize)]
struct Preview {
    /// The installed version.
    installed: Option<String>,
    /// The version to reach.
    target: String,
    /// Whether it is installed already.
    current: bool,
    /// Every gate with its verdict.
    gates: Vec<Verdict>,
    /// The steps in their order.
    steps: Vec<Step>,
    /// What the go.mod files of both versions declare; null: one of them is not known. What is compiled in
    /// is known after the build.
    declared_changes: Option<Changes>,
    /// It is built and proven already.
    staged: bool,
    /// How long the agent is expected to be down, in milliseconds; null: none is installed.
    expected_downtime_ms: Option<u64>,
    /// The same in words.
    #[serde(skip)]
    expected: String,
}

#[derive(Debug, PartialEq, Eq, Serialize)]
struct Verdict {
    id: &'static str,
    title: &'static str,
    passes: bool,
    reason: Option<String>,
}

#[derive(Debug, PartialEq, Eq, Serialize)]
struct Step {
    id: StepId,
    title: &'static str,
}

/// Prints the preview; refused as the update would be.
pub(super) fn run(call: &Call<'_>, settings: &Settings, request: &Update) -> Ended {
    let preview = preview(&ask_and_compare(settings, request.version.as_ref())?, request.version.as_ref())?;
    match request.json {
        true => call.console.json(&preview)?,
        false => call.console.print(&text(&preview, request.force))?,
    }
    // Staging stops nothing.
    let counts = |gate: &&Verdict| !(request.stage_only && gate.id == "max_downtime");
    let refused = preview.gates.iter().filter(counts).any(|gate| !gate.passes);
    Ok(if refused && !request.force && !preview.current { Exit::Refused } else { Exit::Done })
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
    let mut gates: Vec<Verdict> = gates(&asked, policy)
        .into_iter()
        .map(|gate| Verdict {
            id: gate.id,
            title: gate.title,
            passes: gate.refusal.is_none(),
            reason: gate.refusal,
        })
        .collect();
    let too_long = policy.too_long(found.expected.duration()).filter(|_| installed.is_some());
    gates.push(Verdict {
        id: "max_downtime",
        title: "down for no longer than allowed",
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
        steps: StepId::ALL.map(|id| Step { id, title: id.title() }).into(),
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
        gates.row([gate.title.into(), verdict.into(), gate.reason.clone().unwrap_or_default()]);
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
