//! `history`.

use super::exit::Exit;
use super::service::{Reached, reach};
use super::{Call, Ended, gate};
use crate::control::Request;
use crate::control::protocol::History;
use crate::model::{Class, Failure, Outcome, Run, Timestamp};
use crate::render;
use crate::render::words::Glyphs;
use crate::world;

/// How many ids a message names.
const NAMED: usize = 3;

/// Lists the runs that ended, newest first, or shows one.
pub(super) fn run(call: &Call<'_>, id: Option<&str>, json: bool) -> Ended {
    let settings = call.settings()?;
    let runs: Vec<Run> = match reach(&settings) {
        Reached::Service(mut service) => {
            service.ask(Request::History(History { limit: Some(world::RUNS) }))?
        }
        Reached::Absent(absent) => {
            gate::readable(&settings, "history", &absent)?;
            world::runs(&settings, world::RUNS)?
        }
    };
    match (id, json) {
        (None, true) => call.console.json(&runs)?,
        (None, false) if runs.is_empty() => call.console.talk("no run has ended yet"),
        (None, false) => call.console.print(&render::history::text(&runs, Timestamp::now()))?,
        (Some(id), true) => call.console.json(find(&runs, id)?)?,
        (Some(id), false) => {
            let run = find(&runs, id)?;
            let recall = render::run::recall(run, &runs);
            call.console.print(&render::run::text(run, recall, Glyphs::Ascii))?;
        }
    }
    Ok(Exit::Done)
}

/// The run with this id, or the only one whose id begins so.
///
/// # Errors
/// `Usage` when there is none, or more than one.
fn find<'a>(runs: &'a [Run], id: &str) -> Outcome<&'a Run> {
    if let Some(run) = runs.iter().find(|run| run.id == id) {
        return Ok(run);
    }
    let like: Vec<&Run> = runs.iter().filter(|run| !id.is_empty() && run.id.starts_with(id)).collect();
    let shown = id.escape_debug();
    let what = match like[..] {
        [run] => return Ok(run),
        [] => format!("there is no run `{shown}`"),
        _ => {
            let mut names: Vec<&str> = like.iter().take(NAMED).map(|run| run.id.as_str()).collect();
            if like.len() > NAMED {
                names.push("…");
            }
            format!("the ids of {} runs begin with `{shown}`: {}", like.len(), names.join(", "))
        }
    };
    Err(Failure::new(Class::Usage, what).hint("`sentinel-updater history` lists them"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{By, RunKind};

    #[test]
    fn an_id_may_be_cut_as_long_as_one_run_is_meant() {
        let run = |id: &str| Run::new(id.into(), RunKind::Update, By::Timer, Timestamp::UNIX_EPOCH);
        let ids = ["20261125T0-a", "20261124T0-b", "20261124T0-bc", "20261124T1-d", "20261124T1-e"];
        let runs = ids.map(run);
        for (id, expected) in [
            ("20261125", Ok("20261125T0-a")),
            ("20261124T0-b", Ok("20261124T0-b")),
            ("20261124T0-bc", Ok("20261124T0-bc")),
            ("nope", Err("there is no run `nope`")),
            ("", Err("there is no run ``")),
            ("20261124T1", Err("the ids of 2 runs begin with `20261124T1`: 20261124T1-d, 20261124T1-e")),
            (
                "2026",
                Err("the ids of 5 runs begin with `2026`: 20261125T0-a, 20261124T0-b, 20261124T0-bc, …"),
            ),
        ] {
            let found = find(&runs, id);
            assert_eq!(
                found.as_ref().map(|run| run.id.as_str()).map_err(|failure| failure.line()),
                expected.map_err(str::to_owned),
                "{id}"
            );
        }
    }
}
