//! Runs in a table, newest first.

use super::table::Table;
use super::words;
use crate::model::{Run, Timestamp};

/// One line a run; empty for no runs.
pub fn text(runs: &[Run], now: Timestamp) -> String {
    if runs.is_empty() {
        return String::new();
    }
    let mut table = Table::with_headings(&["RUN", "STARTED", "WHAT", "OUTCOME", "TOOK", "DOWN", "BY"]);
    for run in runs {
        let ms = |ms: Option<u64>| ms.map_or_else(|| "-".to_owned(), words::milliseconds);
        table.row([
            run.id.clone(),
            words::age(run.started_at, now),
            format!("{} {}", words::kind(run.kind), words::way(run)),
            words::verdict(run.verdict).to_owned(),
            ms(run.took_ms),
            ms(run.downtime_ms),
            run.by.to_string(),
        ]);
    }
    table.text(0)
}

#[cfg(test)]
mod tests {
    use super::super::samples;
    use super::*;
    use crate::model::Verdict;

    #[test]
    fn one_line_a_run() {
        let now = samples::at("2026-11-24T05:15:00Z");
        let done = samples::run();
        let mut failed = done.clone();
        failed.id = "20261124T041500Z-ffff".into();
        failed.verdict = Some(Verdict::Failed);
        failed.downtime_ms = None;
        failed.started_at = samples::at("2026-11-24T04:15:00Z");
        assert_eq!(
            text(&[failed, done], now),
            "\
RUN                    STARTED  WHAT                     OUTCOME                  TOOK  DOWN    BY
20261124T041500Z-ffff  1 h ago  update v1.4.1 -> v1.4.2  failed, agent untouched  41 s  -       uid 0
20261124T031500Z-1a2b  2 h ago  update v1.4.1 -> v1.4.2  done                     41 s  180 ms  uid 0
"
        );
        assert_eq!(text(&[], now), "");
    }
}
