//! One run with its steps, and single steps as they go by.

use super::table::{self, Table};
use super::words::{self, Glyphs};
use crate::model::{By, Run, RunKind, StepId, StepRow, StepStatus, Verdict};

/// A run in one sentence: what, how it ended, how long it took, why.
pub fn outcome(run: &Run) -> String {
    let mut text = format!("{} {}: {}", words::kind(run.kind), words::way(run), words::verdict(run.verdict));
    if let Some(took_ms) = run.took_ms.filter(|took_ms| *took_ms > 0) {
        text.push_str(&format!(" in {}", words::milliseconds(took_ms)));
    }
    if let Some(down) = run.downtime_ms {
        text.push_str(&format!(", agent down for {}", words::milliseconds(down)));
    }
    let later = run.steps.iter().find(|row| row.id == StepId::Stop && run.verdict == Some(Verdict::Staged));
    if let Some(why) = run.error.as_ref().or_else(|| later.and_then(|row| row.note.as_ref())) {
        text.push_str(&format!(": {why}"));
    }
    text
}

/// Everything about a run. `recall` is the run that took it back after its commit, if one did.
pub fn text(run: &Run, recall: Option<&Run>, glyphs: Glyphs) -> String {
    let mut facts = Table::default();
    let mut fact = |name: &str, value: String| facts.row([name.to_owned(), value]);
    fact("run", run.id.clone());
    fact("what", format!("{} {}", words::kind(run.kind), words::way(run)));
    fact("asked for by", run.by.to_string());
    fact("started", words::time(run.started_at));
    fact("outcome", words::verdict(run.verdict).to_owned());
    if let Some(took_ms) = run.took_ms {
        fact("took", words::milliseconds(took_ms));
    }
    if let Some(down) = run.downtime_ms {
        let of_it = run
            .snapshot_ms
            .map_or_else(String::new, |ms| format!(" ({} of it for the database)", words::milliseconds(ms)));
        fact("agent down", format!("{}{of_it}", words::milliseconds(down)));
    }
    if let Some(error) = &run.error {
        fact("reason", error.clone());
    }
    if let Some(recall) = recall {
        let why = recall.error.as_deref().map_or_else(String::new, |why| format!(": {why}"));
        fact("probation", format!("not passed: taken back by run {}{why}", recall.id));
    }
    if let Some(log) = &run.build_log {
        fact("build log", log.display().to_string());
    }
    if let Some(changes) = &run.changes {
        let names = std::iter::once("changes").chain(std::iter::repeat(""));
        names.zip(super::changes::lines(changes)).for_each(|(name, line)| fact(name, line));
    }
    let mut text = facts.text(0);
    text.push_str("steps\n");
    for row in &run.steps {
        text.push_str(&step(row, glyphs));
        text.push('\n');
    }
    text
}

/// The run of `runs`, in any order, by which probation took `run` back.
pub fn recall<'a>(run: &Run, runs: &'a [Run]) -> Option<&'a Run> {
    let takes_back = |later: &&Run| {
        later.kind == RunKind::Rollback
            && later.by == By::Probation
            && later.from == run.to
            && later.started_at > run.started_at
    };
    // A version may be taken again: the first recall after this run is the one that meant it.
    runs.iter().filter(takes_back).min_by_key(|later| later.started_at)
}

/// The widest title of a step.
const TITLE: usize = 29;
/// Room for a duration: `59 min 59 s`.
const TOOK: usize = 11;

/// One step on a line, in columns that do not depend on the other steps.
pub fn step(row: &StepRow, glyphs: Glyphs) -> String {
    let took = match (row.status, row.took_ms) {
        (StepStatus::Done | StepStatus::Skipped | StepStatus::Running, None) => String::new(),
        (StepStatus::Done, Some(took_ms)) => words::milliseconds(took_ms),
        (status, _) => words::step_status(status).to_owned(),
    };
    let note = row.note.as_deref().unwrap_or_default();
    let pad = |text: &str, columns: usize| " ".repeat(columns.saturating_sub(table::width(text)));
    let line = format!(
        "  {} {}{}  {took}{}  {note}",
        words::glyph(row.status, glyphs),
        row.title,
        pad(&row.title, TITLE),
        pad(&took, TOOK),
    );
    line.trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::super::samples;
    use super::*;

    #[test]
    fn a_run_that_went_well() {
        let mut run = samples::run();
        run.build_log = Some("/state/builds/20261124T031500Z-1a2b.log".into());
        run.changes = Some(samples::changes());
        assert_eq!(
            text(&run, None, Glyphs::Ascii),
            "\
run           20261124T031500Z-1a2b
what          update v1.4.1 -> v1.4.2
asked for by  uid 0
started       2026-11-24 03:15:00 UTC
outcome       done
took          41 s
agent down    180 ms (12 ms of it for the database)
build log     /state/builds/20261124T031500Z-1a2b.log
changes       Go go1.25.1 -> go1.26.8
              a.test/x v1.0.0 -> v1.1.0
steps
  + Version check                  3 ms
  + Update detection               3 ms         v1.4.1 installed, v1.4.2 wanted
  + Preflight                      3 ms
  + Download & compile             36 s         41 packages
  + Prove & stage                  3 ms
  + Stop agent                     3 ms
  + Snapshot                       12 ms
  + Install binary                 3 ms
  - Uninstall & reinstall service               nothing to change
  + Start agent                    3 ms
  + Verify                         3 ms
  + Commit                         3 ms
"
        );
    }

    #[test]
    fn a_run_that_probation_took_back() {
        let run = samples::run();
        let mut later = samples::run();
        (later.id, later.kind, later.by) = ("20261124T032000Z-ffff".into(), RunKind::Rollback, By::Probation);
        (later.from, later.to) = (run.to.clone(), run.from.clone());
        later.error = Some("it died".into());
        later.started_at = samples::at("2026-11-24T03:20:00Z");
        let mut second = later.clone();
        second.id = "20261124T043000Z-ffff".into();
        second.started_at = samples::at("2026-11-24T04:30:00Z");
        let mut on_request = later.clone();
        on_request.by = By::Uid(0);
        let runs = [second, on_request.clone(), later.clone(), run.clone()];
        assert_eq!(recall(&run, &runs).map(|run| run.id.as_str()), Some("20261124T032000Z-ffff"));
        assert_eq!(recall(&run, &[on_request, run.clone()]), None);
        let text = text(&run, recall(&run, &runs), Glyphs::Ascii);
        let line = "probation     not passed: taken back by run 20261124T032000Z-ffff: it died";
        assert!(text.lines().any(|found| found == line), "{text}");
    }

    #[test]
    fn a_run_that_was_taken_back() {
        let mut run = samples::run();
        run.verdict = Some(Verdict::RolledBack);
        run.error = Some("the agent exited with 1".into());
        run.step_ended(StepId::Install, StepStatus::Undone, None, None);
        run.step_ended(
            StepId::Verify,
            StepStatus::Failed,
            Some(12_000),
            Some("the agent exited with 1".into()),
        );
        run.step_ended(StepId::Commit, StepStatus::NotRun, None, Some("the verify step failed".into()));
        let text = text(&run, None, Glyphs::Unicode);
        for line in [
            "outcome       rolled back",
            "reason        the agent exited with 1",
            "  ↩ Install binary                 taken back",
            "  ✗ Verify                         failed       the agent exited with 1",
            "  · Commit                         not run      the verify step failed",
        ] {
            assert!(text.lines().any(|found| found == line), "{line}\n{text}");
        }
        assert!(!text.contains("build log"));
    }
}
