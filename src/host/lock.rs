//! One instance at a time: a lock that the kernel releases when its holder ends, however it ends.

use std::fs::{File, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::path::Path;
use std::time::Duration;

use super::{fault, files};
use crate::model::{Class, Failure, Outcome};

/// Who only looks whether the lock is held ([`holder`]) has it for some microseconds: one that is found
/// taken is tried again this often, with this pause.
const TRIES: u32 = 3;
const PAUSE: Duration = Duration::from_millis(10);

/// The lock, held until it is dropped or the process ends. The file stays: removing it would let two
/// processes hold locks on two files of one name.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

impl Lock {
    /// Takes the lock at `path` at once or not at all, and writes this process's id into it.
    ///
    /// # Errors
    /// `Busy`, naming the holder's process id, when another process (or another part of this one) has
    /// it; `Disk` when the file cannot be opened; `Security` when something else than a file is there.
    pub fn acquire(path: &Path) -> Outcome<Self> {
        let fail = |error: io::Error| Failure::io("lock", path, &error);
        let mut file = files::open_or_create(path, 0o600)?;
        let mut tries = 1;
        loop {
            match file.try_lock() {
                Ok(()) => break,
                Err(TryLockError::WouldBlock) if tries < TRIES => {
                    tries += 1;
                    std::thread::sleep(PAUSE);
                }
                Err(TryLockError::WouldBlock) => return Err(busy(path, &mut file)),
                Err(TryLockError::Error(error)) => return Err(fail(error)),
            }
        }
        let mut sign = || -> io::Result<()> {
            fault::point("write", path)?;
            file.set_len(0)?;
            file.rewind()?;
            writeln!(file, "{}", std::process::id())
        };
        // The number is only for a message: a full disk must not keep the service from running.
        let _ = sign();
        Ok(Self { _file: file })
    }
}

/// Who holds a lock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holder {
    /// Nobody.
    Nobody,
    /// This process.
    Process(u32),
    /// A process that did not say which.
    Unknown,
}

/// Looks who holds the lock at `path`, without taking it. A missing file is held by nobody.
///
/// # Errors
/// `Disk` when the file cannot be opened; `Security` when something else than a file is there.
pub fn holder(path: &Path) -> Outcome<Holder> {
    match path.symlink_metadata() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Holder::Nobody),
        Err(error) => return Err(Failure::io("look at", path, &error)),
        Ok(_) => {}
    }
    let mut file = files::open_nofollow(path, files::Owner::Any)?;
    match file.try_lock_shared() {
        Ok(()) => Ok(Holder::Nobody),
        Err(TryLockError::WouldBlock) => Ok(signed(&mut file).map_or(Holder::Unknown, Holder::Process)),
        Err(TryLockError::Error(error)) => Err(Failure::io("look at", path, &error)),
    }
}

/// The process that signed the file last.
fn signed(file: &mut File) -> Option<u32> {
    let mut text = String::new();
    file.take(32).read_to_string(&mut text).ok()?;
    text.trim().parse().ok()
}

fn busy(path: &Path, file: &mut File) -> Failure {
    let holder = match signed(file) {
        Some(pid) => format!("process {pid}"),
        None => "another process".to_owned(),
    };
    Failure::new(Class::Busy, format!("{holder} holds the lock `{}`", path.display()))
        .hint("wait until it is done, or ask the running service instead")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_is_told_who_holds_it_and_gets_it_afterwards() {
        let dir = tempfile::tempdir().expect("directory");
        let path = dir.path().join("lock");
        assert_eq!(holder(&path).expect("no file"), Holder::Nobody);
        let lock = Lock::acquire(&path).expect("free");
        assert_eq!(holder(&path).expect("held"), Holder::Process(std::process::id()));
        let failure = Lock::acquire(&path).expect_err("taken");
        assert_eq!(failure.class, Class::Busy);
        assert!(failure.what.contains(&std::process::id().to_string()), "{failure}");
        drop(lock);
        assert_eq!(holder(&path).expect("released"), Holder::Nobody);
        let lock = Lock::acquire(&path).expect("free again");
        drop(lock);
    }

    #[test]
    fn what_an_old_holder_wrote_does_not_matter() {
        let dir = tempfile::tempdir().expect("directory");
        let path = dir.path().join("lock");
        std::fs::write(&path, "4294967290 and a long rest").expect("write");
        let _lock = Lock::acquire(&path).expect("nobody holds it");
        let text = std::fs::read_to_string(&path).expect("read");
        assert_eq!(text, format!("{}\n", std::process::id()));
    }

    #[test]
    fn a_missing_directory_is_a_disk_failure() {
        let failure = Lock::acquire(Path::new("/nonexistent/lock")).expect_err("no directory");
        assert_eq!(failure.class, Class::Disk);
    }
}
