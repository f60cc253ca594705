//! How long a switch is expected to keep the agent down.

use std::time::Duration;

use crate::model::{Kept, Outcome, Run, RunKind, Verdict};
use crate::ports::World;

use super::policy::Policy;

/// How many runs count.
const RUNS: usize = 5;
/// What a restart is taken to last before one was measured, in milliseconds.
const RESTART_MS: u64 = 1000;
/// What copying a database is taken to reach before it was measured, in bytes a millisecond.
const COPY_RATE: u64 = 100_000;

/// The expected downtime, and what is known about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Expected {
    /// In milliseconds, the database's part included.
    pub ms: u64,
    /// The part that copying the database takes.
    pub snapshot_ms: u64,
    /// How many switches were measured; 0: it is assumed.
    pub measured: usize,
}

impl Expected {
    /// As a duration.
    pub fn duration(&self) -> Duration {
        Duration::from_millis(self.ms)
    }
}

/// From earlier `runs` (newest first) and the snapshots of `kept` versions, for a database of `size`
/// bytes: the median of what switches took without the database, and the database's part by its size.
pub fn expect(runs: &[Run], kept: &[Kept], size: u64) -> Expected {
    let switched = |run: &&Run| {
        matches!(run.kind, RunKind::Update | RunKind::Rollback) && run.verdict == Some(Verdict::Updated)
    };
    let mut gaps: Vec<u64> = runs
        .iter()
        .filter(switched)
        .filter_map(|run| Some(run.downtime_ms?.saturating_sub(run.snapshot_ms.unwrap_or(0))))
        .take(RUNS)
        .collect();
    gaps.sort_unstable();
    let restart = gaps.get(gaps.len() / 2).copied().unwrap_or(RESTART_MS);
    let snapshot_ms = if size == 0 { 0 } else { snapshot(runs, kept, size) };
    Expected { ms: restart + snapshot_ms, snapshot_ms, measured: gaps.len() }
}

/// As the last snapshot that is still known: with shared blocks the same, copied in proportion.
fn snapshot(runs: &[Run], kept: &[Kept], size: u64) -> u64 {
    let measured = runs.iter().find_map(|run| {
        let took = run.snapshot_ms?;
        let of_run = |snapshot: &&crate::model::Snapshot| {
            snapshot.path.file_stem().is_some_and(|stem| stem.to_str() == Some(run.id.as_str()))
        };
        let snapshot = kept.iter().filter_map(|kept| kept.snapshot.as_ref()).find(of_run)?;
        Some((took, snapshot))
    });
    match measured {
        Some((took, snapshot)) if snapshot.method == "reflink" || snapshot.size == 0 => took,
        Some((took, snapshot)) => {
            u64::try_from(u128::from(took) * u128::from(size) / u128::from(snapshot.size)).unwrap_or(u64::MAX)
        }
        None => size / COPY_RATE,
    }
}

/// What is expected on this host.
///
/// # Errors
/// `Disk`.
pub(super) fn of(world: &mut World, policy: &Policy) -> Outcome<Expected> {
    let size = match &policy.place.database {
        Some(database) => world.machine.file_size(database)?,
        None => 0,
    };
    Ok(expect(&world.records.runs(50)?, &world.versions.kept()?, size))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{By, Snapshot, Timestamp};

    fn run(id: &str, down: u64, snapshot: u64) -> Run {
        let mut run = Run::new(id.into(), RunKind::Update, By::Timer, Timestamp::UNIX_EPOCH);
        run.verdict = Some(Verdict::Updated);
        run.downtime_ms = Some(down);
        run.snapshot_ms = Some(snapshot);
        run
    }

    fn kept(id: &str, size: u64, method: &str) -> Kept {
        Kept {
            version: "v1.0.0".into(),
            sha256: String::new(),
            path: "/x".into(),
            kept_at: Timestamp::UNIX_EPOCH,
            sum: None,
            snapshot: Some(Snapshot {
                path: format!("/snapshots/{id}.db").into(),
                database: "/db".into(),
                at: Timestamp::UNIX_EPOCH,
                schema: None,
                size,
                method: method.into(),
            }),
        }
    }

    #[test]
    fn measured_runs_count_without_their_database() {
        let runs = [run("r3", 5_000, 4_900), run("r2", 250, 50), run("r1", 9_000, 0)];
        for (kept, size, expected) in [
            (vec![], 0, (200, 0, 3)),
            (vec![], 1_000_000_000, (10_200, 10_000, 3)),
            (vec![kept("r2", 1_000, "copy")], 4_000, (400, 200, 3)),
            (vec![kept("r2", 1_000, "reflink")], 4_000_000, (250, 50, 3)),
        ] {
            let found = expect(&runs, &kept, size);
            assert_eq!((found.ms, found.snapshot_ms, found.measured), expected, "{size}");
        }
    }

    #[test]
    fn what_was_never_measured_is_assumed_and_failures_do_not_count() {
        let mut failed = run("r1", 60_000, 0);
        failed.verdict = Some(Verdict::RolledBack);
        assert_eq!(expect(&[failed], &[], 0), Expected { ms: 1000, snapshot_ms: 0, measured: 0 });
    }
}
