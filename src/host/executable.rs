//! Which file a running process was started from.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

/// The executable of a running process, held open: it is the file itself, whatever its name means now.
pub struct Executable {
    /// The file.
    pub file: File,
    /// Its name as the system tells it, with `(deleted)` after a name that no longer leads to it.
    pub name: PathBuf,
}

/// Opens the executable of process `pid`.
///
/// # Errors
/// `NotFound` when there is no such process, `PermissionDenied` when it is another user's, `Unsupported`
/// where the system has no way to tell.
#[cfg(target_os = "linux")]
pub fn of_process(pid: u32) -> io::Result<Executable> {
    let link = format!("/proc/{pid}/exe");
    let file = File::open(&link)?;
    Ok(Executable { file, name: std::fs::read_link(&link)? })
}

/// Opens the executable of process `pid`.
///
/// # Errors
/// Always `Unsupported`: this system names a path, not a file.
#[cfg(not(target_os = "linux"))]
pub fn of_process(_pid: u32) -> io::Result<Executable> {
    Err(io::Error::new(io::ErrorKind::Unsupported, "not available on this system yet"))
}

/// Whether `path` now leads to the file that is open as `file`.
///
/// # Errors
/// When one of them cannot be looked at.
#[cfg(unix)]
pub fn is_at(file: &File, path: &Path) -> io::Result<bool> {
    use std::os::unix::fs::MetadataExt;
    let (open, named) = (file.metadata()?, std::fs::metadata(path)?);
    Ok((open.dev(), open.ino()) == (named.dev(), named.ino()))
}

/// Whether `path` now leads to the file that is open as `file`.
///
/// # Errors
/// Always `Unsupported`.
#[cfg(not(unix))]
pub fn is_at(_file: &File, _path: &Path) -> io::Result<bool> {
    Err(io::Error::new(io::ErrorKind::Unsupported, "not available on this system yet"))
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn finds_the_file_of_this_very_program() {
        let executable = of_process(std::process::id()).expect("ours");
        let path = std::env::current_exe().expect("path");
        assert_eq!(executable.name, path);
        assert!(is_at(&executable.file, &path).expect("same"));
        assert!(!is_at(&executable.file, Path::new("/proc/self/stat")).expect("other"));
        assert!(is_at(&executable.file, Path::new("/nonexistent")).is_err());
    }

    #[test]
    fn no_process_has_the_number_zero() {
        assert_eq!(of_process(0).err().map(|error| error.kind()), Some(io::ErrorKind::NotFound));
    }
}
