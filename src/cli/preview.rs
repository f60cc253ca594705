//! `update --dry-run`: what would be done, with every gate's verdict. Nothing is changed.

use super::args::Update;
use super::exit::Exit;
use super::service::{Reached, reach};
use super::{Call, Ended, gate};
use crate::config::Settings;
use crate::control::Request;
use crate::control::protocol::Plan;
use crate::daemon;
use crate::model::Preview;
use crate::render;
use crate::render::table::Table;
use crate::render::words;

/// Prints the preview; refused as the update would be.
pub(super) fn run(call: &Call<'_>, settings: &Settings, request: &Update) -> Ended {
    let preview: Preview = match reach(settings) {
        Reached::Service(mut service) => {
            service.ask(Request::Plan(Plan { version: request.version.clone() }))?
        }
        Reached::Absent(absent) => {
            gate::readable_supervisor(settings, "update --dry-run", &absent)?;
            daemon::preview(settings, request.version.as_ref())?
        }
    };
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
        // How it was found does not cross the socket.
        Some(ms) if preview.expected.is_empty() => words::milliseconds(ms),
        Some(_) => preview.expected.clone(),
        None => "none: no agent is installed".to_owned(),
    };
    text.push_str(&format!("expected downtime  {downtime}\n"));
    text
}
