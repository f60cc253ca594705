//! Bytes that a child reads as its standard input: in a file, so that nobody waits for one who does not
//! read, and in memory where the system can, so that a full disk keeps nothing from being told.

use std::fs::File;
use std::io::{self, Seek, Write};
use std::path::{Path, PathBuf};

/// The bytes, as long as this lives.
pub(super) struct Input {
    file: File,
    path: PathBuf,
    on_disk: bool,
}

impl Input {
    /// Puts `bytes` where a child can read them.
    pub(super) fn new(bytes: &[u8]) -> io::Result<Self> {
        let mut input = in_memory().or_else(|_| on_disk())?;
        input.file.write_all(bytes)?;
        input.file.rewind()?;
        Ok(input)
    }

    /// The file at its beginning: for one child.
    pub(super) fn file(&self) -> io::Result<File> {
        self.file.try_clone()
    }

    /// A name by which another process of the same user can open it.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Input {
    fn drop(&mut self) {
        if self.on_disk {
            // It lies in a folder that is emptied by others.
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

#[cfg(target_os = "linux")]
fn in_memory() -> io::Result<Input> {
    use std::os::fd::AsRawFd;
    let file = File::from(rustix::fs::memfd_create("input", rustix::fs::MemfdFlags::CLOEXEC)?);
    let path = format!("/proc/{}/fd/{}", std::process::id(), file.as_raw_fd());
    Ok(Input { file, path: path.into(), on_disk: false })
}

#[cfg(not(target_os = "linux"))]
fn in_memory() -> io::Result<Input> {
    Err(io::ErrorKind::Unsupported.into())
}

fn on_disk() -> io::Result<Input> {
    use std::os::unix::fs::OpenOptionsExt;
    use std::sync::atomic::{AtomicU32, Ordering};
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let path = std::env::temp_dir().join(format!("sentinel-updater-{}-{count}", std::process::id()));
    let mut options = File::options();
    let file = options.read(true).write(true).create_new(true).mode(0o600).open(&path)?;
    Ok(Input { file, path, on_disk: true })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_kinds_are_read_from_the_beginning_and_leave_nothing() {
        for make in [in_memory, on_disk] {
            let Ok(mut input) = make() else { continue };
            input.file.write_all(b"whole").expect("written");
            input.file.rewind().expect("rewound");
            assert_eq!(std::fs::read(input.path()).expect("by name"), b"whole");
            assert_eq!(io::read_to_string(input.file().expect("a file")).expect("by file"), "whole");
            let path = input.on_disk.then(|| input.path().to_owned());
            drop(input);
            assert!(path.is_none_or(|path| !path.exists()));
        }
    }
}
