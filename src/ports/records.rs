//! The updater's memory: history, held versions, versions seen, what was committed.

use serde::{Deserialize, Serialize};

use crate::model::status::{Alert, Latest, Paused};
use crate::model::{Held, Outcome, Probation, Run, Staged, Timestamp, Version};

/// Everything that outlives the process, beside the journal. Each method is one transaction.
///
/// All errors are `Disk` (the database cannot be written or read) unless said.
pub trait Records: Send {
    /// Writes a run into history: an upsert by id.
    fn put_run(&mut self, run: &Run) -> Outcome<()>;
    /// The newest runs first, at most `limit`.
    fn runs(&mut self, limit: usize) -> Outcome<Vec<Run>>;
    /// One run.
    fn run(&mut self, id: &str) -> Outcome<Option<Run>>;

    /// All held and waiting versions, newest version first.
    fn held(&mut self) -> Outcome<Vec<Held>>;
    /// Holds a version, replacing what was said of it.
    fn hold(&mut self, held: &Held) -> Outcome<()>;
    /// Lifts a hold; false: there was none.
    fn unhold(&mut self, version: &Version) -> Outcome<bool>;

    /// Notes which versions are on offer at `now`, keeping the time at which each was first seen.
    /// Writes nothing when all are known.
    fn note_offered(&mut self, module: &str, versions: &[Version], now: Timestamp) -> Outcome<()>;
    /// The versions of `module` seen so far.
    fn seen(&mut self, module: &str) -> Outcome<Vec<Seen>>;
    /// Remembers a version's commit time.
    fn set_commit_time(&mut self, module: &str, version: &Version, at: Timestamp) -> Outcome<()>;
    /// Pins the content hash of a version; the pinned one is returned. A hash that differs from
    /// the pinned one means that the version's content was changed.
    fn pin_sum(&mut self, module: &str, version: &Version, sum: &str) -> Outcome<String>;

    /// What the last successful run or adoption left as the agent's binary.
    fn committed(&mut self) -> Outcome<Option<Committed>>;
    /// Sets it.
    fn set_committed(&mut self, committed: &Committed) -> Outcome<()>;

    /// Whether automatic updates are paused.
    fn paused(&mut self) -> Outcome<Option<Paused>>;
    /// Pauses or resumes.
    fn set_paused(&mut self, paused: Option<&Paused>) -> Outcome<()>;

    /// The version that is still being watched after its commit.
    fn probation(&mut self) -> Outcome<Option<Probation>>;
    /// Begins, changes or ends it.
    fn set_probation(&mut self, probation: Option<&Probation>) -> Outcome<()>;
    /// The candidate that is built and proven and not switched to yet.
    fn staged(&mut self) -> Outcome<Option<Staged>>;
    /// Sets or forgets it.
    fn set_staged(&mut self, staged: Option<&Staged>) -> Outcome<()>;

    /// The last check's result, for `status` without the service.
    fn latest(&mut self) -> Outcome<Latest>;
    /// Sets it. Called when it changed in more than `checked_at`.
    fn set_latest(&mut self, latest: &Latest) -> Outcome<()>;

    /// Alerts that stand.
    fn alerts(&mut self) -> Outcome<Vec<Alert>>;
    /// Replaces them.
    fn set_alerts(&mut self, alerts: &[Alert]) -> Outcome<()>;

    /// Whether nothing automatic may happen until a command or a newer version (`stuck`); the
    /// version that led there.
    fn stuck(&mut self) -> Outcome<Option<String>>;
    /// Sets or clears it.
    fn set_stuck(&mut self, version: Option<&str>) -> Outcome<()>;
}

/// The agent's binary as the updater last left or adopted it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Committed {
    /// Version as shown.
    pub version: String,
    /// SHA-256 of the file.
    pub sha256: String,
    /// When.
    pub at: Timestamp,
}

/// A version that was on offer at some time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// The version.
    pub version: Version,
    /// When it was first seen.
    pub first_seen_at: Timestamp,
    /// It was in the very first answer: how long it had been there is not known.
    pub in_first_answer: bool,
    /// Its author's word for when it was made, once asked for.
    pub commit_time: Option<Timestamp>,
}
