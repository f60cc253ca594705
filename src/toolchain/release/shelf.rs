//! The fetched releases of a host, side by side: `go1.26.8`, `go1.27.1`. A release that is there is
//! whole, because its directory gets its name last.

use std::path::{Path, PathBuf};

use crate::host::atomic;
use crate::host::draft::Draft;
use crate::model::Outcome;

use super::{Promise, Release};

/// In each release: its version and its hash.
const MARK: &str = ".fetched";
/// How many stay besides the one in use.
const KEPT: usize = 2;

/// The place of fetched releases.
pub(in crate::toolchain) struct Shelf<'a>(pub(in crate::toolchain) &'a Path);

/// A release that is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::toolchain) struct Shelved {
    /// Which one.
    pub(in crate::toolchain) release: Release,
    /// The hash that its archive had.
    pub(in crate::toolchain) sum: String,
    /// Its go command.
    pub(in crate::toolchain) go: PathBuf,
}

impl Shelf<'_> {
    /// What is there, the newest first.
    pub(in crate::toolchain) fn all(&self) -> Vec<Shelved> {
        let entries = std::fs::read_dir(self.0).into_iter().flatten().flatten();
        let mut all: Vec<_> = entries.filter_map(|entry| shelved(&entry.path())).collect();
        all.sort_by_key(|shelved| std::cmp::Reverse(shelved.release.number));
        all
    }

    /// Begins to add a release.
    pub(super) fn draft(&self, release: &Release) -> Outcome<Draft> {
        atomic::create_dir(self.0, 0o755)?;
        Draft::create(&self.0.join(release.to_string()))
    }

    /// Marks a release as the one that was promised.
    pub(super) fn mark(draft: &Draft, promise: &Promise) -> Outcome<()> {
        let text = format!("{} {}\n", promise.release.version, promise.sum);
        draft.add(MARK, &mut text.as_bytes(), false)
    }

    /// Removes all but the newest two and the one in use.
    pub(super) fn prune(&self, used: &Release) -> Outcome<()> {
        let old = self.all().into_iter().skip(KEPT).filter(|shelved| shelved.release != *used);
        old.map(|shelved| self.0.join(shelved.release.to_string()))
            .try_for_each(|place| atomic::remove_tree(&place))
    }
}

fn shelved(place: &Path) -> Option<Shelved> {
    let release = Release::named(place.file_name()?.to_str()?)?;
    let mark = std::fs::read_to_string(place.join(MARK)).ok()?;
    let (version, sum) = mark.trim_end().split_once(' ')?;
    let go = place.join("bin").join(format!("go{}", std::env::consts::EXE_SUFFIX));
    let is_whole = version == release.version.as_str() && go.is_file();
    is_whole.then(|| Shelved { release, sum: sum.to_owned(), go })
}
