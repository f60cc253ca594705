//! The files that are written beside the ones they replace: their names, and what interrupted writers left
//! of them.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io;
use std::path::Path;

use super::super::directory::{self, Directory};
use crate::model::{Failure, Outcome};

/// How many names are tried for a temporary file. They are random: a second try is an attack or a bug.
const NAME_ATTEMPTS: u32 = 16;

/// Removes temporary files that interrupted writes of `path` left beside it; how many there were.
///
/// # Errors
/// `Disk`; a missing directory is none.
pub fn sweep(path: &Path) -> Outcome<usize> {
    directory::split(path)
        .and_then(|(parent, name)| remove_where(parent, |entry| is_temporary_of(entry, name)))
        .map_err(|error| Failure::io("remove temporary files of", path, &error))
}

/// Removes the temporary files that interrupted writes of any file in `directory` left; links are not
/// followed. Nobody may be writing there. How many there were.
///
/// # Errors
/// `Disk`; a missing directory is none.
pub fn sweep_directory(directory: &Path) -> Outcome<usize> {
    remove_where(directory, is_temporary)
        .map_err(|error| Failure::io("remove temporary files in", directory, &error))
}

/// Removes the entries of a directory that are `litter`; none where there is no directory.
fn remove_where(path: &Path, litter: impl Fn(&OsStr) -> bool) -> io::Result<usize> {
    let act = || -> io::Result<usize> {
        let directory = Directory::open(path)?;
        let mut count = 0;
        for entry in std::fs::read_dir(path)? {
            let entry = entry?.file_name();
            if litter(&entry) {
                directory.remove(&entry)?;
                count += 1;
            }
        }
        Ok(count)
    };
    match act() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(0),
        other => other,
    }
}

/// `.NAME.tmp-0123456789abcdef`: hidden, recognisable, unpredictable.
pub(super) fn create(directory: &Directory, name: &OsStr) -> io::Result<(File, OsString)> {
    let mut attempt = 0;
    loop {
        let temporary = temporary_name(name)?;
        match directory.create_new(&temporary) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && attempt < NAME_ATTEMPTS => {
                attempt += 1;
            }
            other => return other.map(|file| (file, temporary)),
        }
    }
}

const MARK: &str = ".tmp-";
const RANDOM_DIGITS: usize = 16;

fn temporary_name(name: &OsStr) -> io::Result<OsString> {
    use ring::rand::SecureRandom;
    let mut random = [0; RANDOM_DIGITS / 2];
    ring::rand::SystemRandom::new()
        .fill(&mut random)
        .map_err(|_| io::Error::other("the system gives no random numbers"))?;
    let mut temporary = OsString::from(".");
    temporary.push(name);
    temporary.push(format!("{MARK}{:016x}", u64::from_ne_bytes(random)));
    Ok(temporary)
}

fn is_temporary_of(entry: &OsStr, name: &OsStr) -> bool {
    let (entry, name) = (entry.as_encoded_bytes(), name.as_encoded_bytes());
    let rest = entry.strip_prefix(b".").and_then(|rest| rest.strip_prefix(name));
    rest.is_some_and(is_mark)
}

/// Whether `entry` is a temporary file of any file.
fn is_temporary(entry: &OsStr) -> bool {
    let entry = entry.as_encoded_bytes();
    let Some(start) = entry.len().checked_sub(MARK.len() + RANDOM_DIGITS) else { return false };
    let (name, end) = entry.split_at(start);
    name.len() > 1 && name.starts_with(b".") && is_mark(end)
}

/// Whether `end` is what follows the name.
fn is_mark(end: &[u8]) -> bool {
    end.strip_prefix(MARK.as_bytes())
        .is_some_and(|digits| digits.len() == RANDOM_DIGITS && digits.iter().all(u8::is_ascii_hexdigit))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_swept_of_temporary_files_and_of_nothing_else() {
        let dir = tempfile::tempdir().expect("directory");
        for name in [".a.tmp-0123456789abcdef", ".b.c.tmp-fedcba9876543210"] {
            std::fs::write(dir.path().join(name), "x").expect("write");
        }
        let stay =
            ["a", ".a", ".a.tmp-", ".tmp-0123456789abcdef", "a.tmp-0123456789abcdef", ".a.tmp-012345678"];
        for name in stay {
            std::fs::write(dir.path().join(name), "x").expect("write");
        }
        assert_eq!(sweep_directory(dir.path()), Ok(2));
        assert_eq!(sweep_directory(dir.path()), Ok(0));
        assert_eq!(sweep_directory(&dir.path().join("missing")), Ok(0));
        assert!(stay.iter().all(|name| dir.path().join(name).exists()));
    }
}
