//! SHA-256 of files, remembered as long as their stamps stay the same.

use std::fs::File;
use std::path::Path;
use std::time::SystemTime;

use super::digest;
use crate::host::stamp::Stamp;
use crate::model::{Class, Failure, Outcome};

/// Binary, backup, staged and two kept versions.
const REMEMBERED: usize = 5;
/// How often a file is read again because it changed while it was read.
const ATTEMPTS: usize = 3;

/// Digests by stamp, the latest last.
#[derive(Debug, Default)]
pub(super) struct Digests(Vec<(Stamp, String)>);

impl Digests {
    /// The digest of the file at `path`; `None`: there is none.
    ///
    /// # Errors
    /// As [`open`]; `Disk` also when somebody keeps writing to it.
    pub(super) fn of(&mut self, path: &Path) -> Outcome<Option<String>> {
        for _ in 0..ATTEMPTS {
            let Some((mut file, stamp)) = open(path)? else { return Ok(None) };
            if let Some((_, sha256)) = self.0.iter().find(|(known, _)| *known == stamp) {
                return Ok(Some(sha256.clone()));
            }
            let sha256 =
                digest::sha256_reader(&mut file).map_err(|error| Failure::io("read", path, &error))?;
            if file.metadata().is_ok_and(|now| Stamp::of(&now) == stamp) {
                self.learn_settled(stamp, &file, &sha256);
                return Ok(Some(sha256));
            }
        }
        Err(Failure::new(Class::Disk, format!("cannot read `{}`", path.display()))
            .cause("it is being written to")
            .hint("wait until the copy is done"))
    }

    /// Remembers the content of a file that this program has just written.
    pub(super) fn learn(&mut self, path: &Path, sha256: &str) {
        if let Ok(Some((_, stamp))) = open(path) {
            self.remember(stamp, sha256);
        }
    }

    /// Remembers what was read from `file` if it had `stamp` before and still has, and if any later
    /// change is sure to show.
    pub(super) fn learn_settled(&mut self, stamp: Stamp, file: &File, sha256: &str) {
        let unchanged = file.metadata().is_ok_and(|now| Stamp::of(&now) == stamp);
        if unchanged && stamp.is_settled(SystemTime::now()) {
            self.remember(stamp, sha256);
        }
    }

    fn remember(&mut self, stamp: Stamp, sha256: &str) {
        self.0.retain(|(known, _)| !known.same_file(&stamp));
        if self.0.len() >= REMEMBERED {
            self.0.remove(0);
        }
        self.0.push((stamp, sha256.to_owned()));
    }
}

/// Opens a binary with its stamp; `None`: there is none.
///
/// # Errors
/// `Security` when it is a link or no regular file; `Disk`.
pub(super) fn open(path: &Path) -> Outcome<Option<(File, Stamp)>> {
    let fail = |error: std::io::Error| Failure::io("open", path, &error);
    let found = match std::fs::symlink_metadata(path) {
        Ok(found) => found,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(fail(error)),
    };
    if found.is_symlink() {
        // A rename would replace the link and leave what it leads to: the operator decides.
        let target = std::fs::canonicalize(path).unwrap_or_default();
        return Err(Failure::new(Class::Security, format!("`{}` is a symbolic link", path.display()))
            .hint(format!("set agent.binary to the file itself, `{}`", target.display())));
    }
    if !found.is_file() {
        return Err(Failure::new(Class::Security, format!("`{}` is not a regular file", path.display()))
            .hint("move it away, or set agent.binary to the agent's binary"));
    }
    let file = File::open(path).map_err(fail)?;
    let stamp = Stamp::of(&file.metadata().map_err(fail)?);
    Ok(Some((file, stamp)))
}
