//! Looking at files and file systems: opening what others may have planted, room left, and whether a
//! directory really takes files.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

use super::directory::Directory;
use super::text::Lines;
use super::{Attributes, atomic};
use crate::model::{Class, Failure, Outcome};

/// Whose file is expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Owner {
    /// Anybody's.
    Any,
    /// This user's.
    User(u32),
}

/// Opens a file for reading in a directory where others may create files: a link is not followed, a
/// FIFO does not block, and only a regular file with one name and the expected owner is accepted.
///
/// # Errors
/// `Security` when it is something else, `Disk` when it cannot be opened.
pub fn open_nofollow(path: &Path, owner: Owner) -> Outcome<File> {
    let file = open_without_following(path, Access::Read, 0).map_err(|error| open_failure(path, &error))?;
    match suspicion(&file, owner) {
        Ok(None) => Ok(file),
        Ok(Some(why)) => Err(planted(path, &why)),
        Err(error) => Err(Failure::io("open", path, &error)),
    }
}

/// Opens for reading and writing a file of ours, created with `mode` when missing; the same care.
pub(super) fn open_or_create(path: &Path, mode: u32) -> Outcome<File> {
    let file =
        open_without_following(path, Access::ReadWrite, mode).map_err(|error| open_failure(path, &error))?;
    match suspicion(&file, Owner::Any) {
        Ok(None) => Ok(file),
        Ok(Some(why)) => Err(planted(path, &why)),
        Err(error) => Err(Failure::io("open", path, &error)),
    }
}

/// Opens for appending; the same care.
pub(super) fn open_append(path: &Path, mode: u32) -> io::Result<File> {
    let file = open_without_following(path, Access::Append, mode)?;
    match suspicion(&file, Owner::Any)? {
        None => Ok(file),
        Some(why) => Err(io::Error::other(why)),
    }
}

/// Room on a file system for an ordinary process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Space {
    /// Bytes that can still be written.
    pub bytes: u64,
    /// Size of the file system in bytes.
    pub total: u64,
    /// Files that can still be created; `None` where the file system has no such limit.
    pub inodes: Option<u64>,
}

/// Room on the file system that holds `path`.
///
/// # Errors
/// `Disk`.
#[cfg(unix)]
pub fn free_space(path: &Path) -> Outcome<Space> {
    let stat =
        rustix::fs::statvfs(path).map_err(|error| Failure::io("measure the room at", path, &error.into()))?;
    Ok(Space {
        bytes: stat.f_bavail.saturating_mul(stat.f_frsize),
        total: stat.f_blocks.saturating_mul(stat.f_frsize),
        // btrfs and its kin report zero of zero.
        inodes: (stat.f_files > 0).then_some(stat.f_favail),
    })
}

/// Room on the file system that holds `path`.
///
/// # Errors
/// `Disk`: this system is not asked yet.
#[cfg(not(unix))]
pub fn free_space(path: &Path) -> Outcome<Space> {
    Err(Failure::io(
        "measure the room at",
        path,
        &io::Error::new(io::ErrorKind::Unsupported, "not available on this system yet"),
    ))
}

/// Whether a rename from one path to the other can work: both exist on one file system.
///
/// # Errors
/// `Disk` when one of them cannot be looked at.
pub fn same_filesystem(one: &Path, other: &Path) -> Outcome<bool> {
    let device = |path: &Path| device(path).map_err(|error| Failure::io("look at", path, &error));
    Ok(device(one)? == device(other)?)
}

/// Proves that files can be created in `directory` by creating one, durably, and removing it: mode bits
/// say nothing of read-only mounts, quotas, access lists and immutable flags.
///
/// # Errors
/// `Disk`, as the creation failed.
pub fn writable_directory(directory: &Path) -> Outcome<()> {
    let probe = directory.join("sentinel-updater-probe");
    // Somebody who was killed in the same place left one. It may stay if it must.
    drop(atomic::sweep(&probe));
    // The writer works on a temporary name; dropping it takes that away again.
    let mut writer = atomic::Writer::create(&probe, &Attributes::with_mode(0o600))
        .map_err(|failure| failure.context(format!("cannot create files in `{}`", directory.display())))?;
    let written = writer
        .append(b"x")
        .map_err(|failure| failure.context(format!("cannot write files in `{}`", directory.display())));
    drop(writer);
    // A removal that failed once must not leave litter beside the agent's binary.
    drop(atomic::sweep(&probe));
    written
}

/// The last `count` lines of a text file, cleaned; a missing file has none. At most the last 4 MiB are
/// looked at. Links are not followed.
///
/// # Errors
/// As [`open_nofollow`].
pub fn tail(path: &Path, count: usize) -> Outcome<Vec<String>> {
    let mut file = match open_nofollow(path, Owner::Any) {
        Ok(file) => file,
        Err(failure) if !path.is_symlink() && !path.exists() => {
            return if path.parent().is_none_or(Path::exists) { Ok(Vec::new()) } else { Err(failure) };
        }
        Err(failure) => return Err(failure),
    };
    let bytes = last_lines(&mut file, count).map_err(|error| Failure::io("read the end of", path, &error))?;
    let mut found = Vec::new();
    let mut lines = Lines::default();
    lines.push(&bytes, &mut |line| found.push(line.to_owned()));
    lines.finish(&mut |line| found.push(line.to_owned()));
    found.drain(..found.len().saturating_sub(count));
    Ok(found)
}

/// Enough of the end of `file` to hold `count` lines.
fn last_lines(file: &mut File, count: usize) -> io::Result<Vec<u8>> {
    const CHUNK: u64 = 64 * 1024;
    const LIMIT: u64 = 4 * 1024 * 1024;
    let end = file.metadata()?.len();
    let mut start = end;
    let mut bytes: Vec<u8> = Vec::new();
    let mut ends = 0;
    // One more than asked for: the last line usually has an end of its own.
    while start > 0 && ends <= count && end - start < LIMIT {
        let length = CHUNK.min(start);
        start -= length;
        file.seek(SeekFrom::Start(start))?;
        let mut chunk = Vec::new();
        file.take(length).read_to_end(&mut chunk)?;
        ends += chunk.iter().filter(|byte| **byte == b'\n').count();
        chunk.append(&mut bytes);
        bytes = chunk;
    }
    if start > 0 {
        // The first line in hand was cut.
        let cut = bytes.iter().position(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        bytes.drain(..cut);
    }
    Ok(bytes)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Access {
    Read,
    ReadWrite,
    Append,
}

#[cfg(unix)]
fn open_without_following(path: &Path, access: Access, mode: u32) -> io::Result<File> {
    use rustix::fs::{Mode, OFlags};
    let flags = match access {
        Access::Read => OFlags::RDONLY,
        Access::ReadWrite => OFlags::RDWR | OFlags::CREATE,
        Access::Append => OFlags::WRONLY | OFlags::APPEND | OFlags::CREATE,
    };
    // NONBLOCK: opening a FIFO would wait for its other end. It means nothing for regular files.
    let flags = flags | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    let (parent, name) = super::directory::split(path)?;
    let directory =
        rustix::fs::open(parent, OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())?;
    let mode = Mode::from_raw_mode(mode as rustix::fs::RawMode);
    Ok(File::from(rustix::fs::openat(directory, name, flags, mode)?))
}

#[cfg(not(unix))]
fn open_without_following(path: &Path, access: Access, _mode: u32) -> io::Result<File> {
    if path.is_symlink() {
        return Err(io::Error::other("it is a symbolic link"));
    }
    let mut options = File::options();
    match access {
        Access::Read => options.read(true),
        Access::ReadWrite => options.read(true).write(true).create(true).truncate(false),
        Access::Append => options.append(true).create(true),
    };
    options.open(path)
}

/// Why this open file is not what it should be.
#[cfg(unix)]
fn suspicion(file: &File, owner: Owner) -> io::Result<Option<String>> {
    use std::os::unix::fs::MetadataExt;
    let stat = file.metadata()?;
    Ok(if !stat.is_file() {
        Some("it is not a regular file".to_owned())
    } else if stat.nlink() > 1 {
        Some(format!("it has {} names (hard links)", stat.nlink()))
    } else {
        match owner {
            Owner::User(uid) if uid != stat.uid() => {
                Some(format!("it belongs to user {} instead of {uid}", stat.uid()))
            }
            _ => None,
        }
    })
}

#[cfg(not(unix))]
fn suspicion(file: &File, _owner: Owner) -> io::Result<Option<String>> {
    Ok((!file.metadata()?.is_file()).then(|| "it is not a regular file".to_owned()))
}

fn open_failure(path: &Path, error: &io::Error) -> Failure {
    #[cfg(unix)]
    {
        let error = error.raw_os_error().map(rustix::io::Errno::from_raw_os_error);
        if error == Some(rustix::io::Errno::LOOP) {
            return planted(path, "it is a symbolic link");
        }
        // What opening a FIFO for writing or a socket gives.
        if error == Some(rustix::io::Errno::NXIO) {
            return planted(path, "it is not a regular file");
        }
    }
    Failure::io("open", path, error)
}

fn planted(path: &Path, why: &str) -> Failure {
    Failure::new(Class::Security, format!("refused to open `{}`", path.display()))
        .cause(why)
        .hint("find out who put it there, then remove it")
}

#[cfg(unix)]
fn device(path: &Path) -> io::Result<u64> {
    use std::os::unix::fs::MetadataExt;
    Ok(std::fs::metadata(path)?.dev())
}

/// The volume: the first component of the resolved path.
#[cfg(not(unix))]
fn device(path: &Path) -> io::Result<Option<std::ffi::OsString>> {
    let path = std::fs::canonicalize(path)?;
    Ok(path.components().next().map(|part| part.as_os_str().to_owned()))
}

/// Writes a new file for a user. What is there already, a link too, stays and is an error.
///
/// # Errors
/// `Disk`.
pub fn write_new(path: &Path, bytes: &[u8]) -> Outcome<()> {
    use std::io::Write as _;
    let act = || {
        super::fault::point("create", path)?;
        File::options().write(true).create_new(true).open(path)?.write_all(bytes)
    };
    act().map_err(|error| Failure::io("create", path, &error))
}

/// Makes what happened to the names in `directory` durable.
///
/// # Errors
/// `Disk`.
pub fn sync_directory(directory: &Path) -> Outcome<()> {
    Directory::open(directory)
        .and_then(|open| open.sync())
        .map_err(|error| Failure::io("sync the directory", directory, &error))
}

#[cfg(all(test, unix))]
mod tests;
