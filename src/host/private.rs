//! Directories for nobody else.

use std::io;
use std::path::Path;

/// Makes the directory `path`, which must not exist, for this user alone; not durable.
///
/// # Errors
/// The system's: `AlreadyExists` also for a link of that name.
#[cfg(unix)]
pub fn create(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    std::fs::DirBuilder::new().mode(0o700).create(path)
}

/// Makes the directory `path`, which must not exist; not durable. The folder for temporary files is this
/// user's own there.
///
/// # Errors
/// The system's: `AlreadyExists`.
#[cfg(not(unix))]
pub fn create(path: &Path) -> io::Result<()> {
    std::fs::create_dir(path)
}
