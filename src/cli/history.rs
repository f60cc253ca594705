//! `history`.

use super::exit::Exit;
use super::{Call, Ended, gate};
use crate::model::{Class, Failure, Run, Timestamp};
use crate::render;
use crate::render::words::Glyphs;
use crate::store::Layout;
use crate::world;

/// How many runs are listed.
const MOST: usize = 1_000;

/// Lists the runs that ended, newest first, or shows one.
pub(super) fn run(call: &Call<'_>, id: Option<&str>, json: bool) -> Ended {
    let settings = call.settings()?;
    gate::readable(&settings, "history")?;
    let mut records = world::reading(&settings)?;
    let Some(id) = id else {
        let runs: Vec<Run> =
            records.as_mut().map(|records| records.runs(MOST)).transpose()?.unwrap_or_default();
        match json {
            true => call.console.json(&runs)?,
            false if runs.is_empty() => call.console.talk("no run has ended yet"),
            false => call.console.print(&render::history::text(&runs, Timestamp::now()))?,
        }
        return Ok(Exit::Done);
    };
    let run = records.as_mut().map(|records| records.run(id)).transpose()?.flatten();
    let run = run.ok_or_else(|| {
        Failure::new(Class::Usage, format!("there is no run `{}`", id.escape_debug()))
            .hint("`sentinel-updater history` lists them")
    })?;
    match json {
        true => call.console.json(&run)?,
        false => {
            let log = Layout::new(&settings.paths.state).build_log(&run.id)?;
            let log = log.exists().then_some(log);
            call.console.print(&render::run::text(&run, log.as_deref(), Glyphs::Ascii))?;
        }
    }
    Ok(Exit::Done)
}
