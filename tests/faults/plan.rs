//! What a case is, in words that pass from the test to a lane and back.

use serde::{Deserialize, Serialize};

/// A file system on a loop device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Disk {
    /// With `noauto_da_alloc`: the usual ext4 hides missing syncs.
    Ext4,
    Xfs,
}

impl Disk {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Ext4 => "ext4",
            Self::Xfs => "xfs",
        }
    }
}

/// One start of the updater that meets a fault.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Strike {
    /// What it is started with: `run`, or the words of the driver.
    pub(crate) words: Vec<String>,
    /// What is armed in it, as the program takes it from its environment.
    pub(crate) fault: String,
    pub(crate) blow: Blow,
}

/// What the fault is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Blow {
    /// It kills itself.
    Kill,
    /// It stops, and the file system is shut down with this argument before everything is killed.
    Cut(u32),
    /// An operation fails, and it lives on.
    Error,
    /// An operation and all after it fail: nothing can be recorded any more.
    Lasting,
    /// It stops, the disk is filled up to so many KiB, and it goes on.
    Fill(u64),
    /// The disk is filled up to so many KiB before it is started.
    Full(u64),
    /// It stops, so many inodes are left on the disk, and it goes on.
    FillInodes(u64),
    /// So many inodes are left before it is started.
    FullInodes(u64),
    /// It is killed inside its own database, before the so many-th call that changes a file of that.
    KillInDatabase(u32),
    /// The folder of the agent's binary is mounted read-only.
    ReadOnly,
    /// Nothing, under the eyes of strace until it rests.
    Trace,
    /// Nothing: it is left alone until it rests.
    None,
}

/// A case: from an image of the disk through strikes to an undisturbed start and its rest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Case {
    /// For messages.
    pub(crate) name: String,
    /// The disk's name among the images; none: an empty one.
    pub(crate) image: Option<String>,
    pub(crate) disk: Disk,
    /// The versions on offer: a tree's name.
    pub(crate) tree: String,
    /// How long a new version is watched.
    pub(crate) window: String,
    pub(crate) strikes: Vec<Strike>,
    /// The versions of which one must run in the end.
    pub(crate) ends: Vec<String>,
    /// The verdict of the last run; empty: any that is one.
    pub(crate) verdict: String,
    /// Afterwards what is on offer in this tree must be updated to.
    pub(crate) after: Option<(String, String)>,
    /// Keep the disk as an image of this name, as the last strike left it.
    pub(crate) save: Option<String>,
}

impl Case {
    /// Whether the last run may have ended like this.
    pub(crate) fn allows(&self, verdict: &serde_json::Value) -> bool {
        verdict.is_string() && (self.verdict.is_empty() || *verdict == self.verdict.as_str())
    }
}

/// What came of a case.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Report {
    /// What does not hold; none: all does.
    pub(crate) wrong: Option<String>,
    /// The operations that were struck.
    pub(crate) struck: Vec<String>,
    /// The operations that were passed in the last strike.
    pub(crate) passed: Vec<String>,
    /// Whether every strike met its fault: else the story was over before.
    pub(crate) met: bool,
    /// Of the files that were written without a sync just before a power cut: how many were lost or torn,
    /// and how many came through whole.
    pub(crate) lost: usize,
    pub(crate) kept: usize,
    /// What it took, in milliseconds, and how much of that was work of a processor.
    pub(crate) took_ms: u64,
    pub(crate) cpu_ms: u64,
}
