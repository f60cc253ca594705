//! An open directory: names are created, renamed and removed relative to it, so that a path swapped
//! meanwhile leads nowhere else, and its entries are made durable.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use super::fault;

/// A directory held open. Errors are the system's own; the caller names the file.
pub(super) struct Directory {
    path: PathBuf,
    #[cfg(unix)]
    handle: std::os::fd::OwnedFd,
}

/// The directory of `path` and the name in it.
pub(super) fn split(path: &Path) -> io::Result<(&Path, &OsStr)> {
    let name = path.file_name().ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "no file name"))?;
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => Ok((parent, name)),
        _ => Ok((Path::new("."), name)),
    }
}

/// Opens the directory that holds `path`; also gives the name in it.
pub(super) fn of(path: &Path) -> io::Result<(Directory, OsString)> {
    let (parent, name) = split(path)?;
    Ok((Directory::open(parent)?, name.to_owned()))
}

#[cfg(unix)]
impl Directory {
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        use rustix::fs::{Mode, OFlags};
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let handle = rustix::fs::open(path, flags, Mode::empty())?;
        Ok(Self { path: path.to_owned(), handle })
    }

    /// Creates a file that did not exist, readable and writable by the owner only.
    pub(super) fn create_new(&self, name: &OsStr) -> io::Result<File> {
        use rustix::fs::{Mode, OFlags};
        fault::point("create", &self.path.join(name))?;
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        Ok(File::from(rustix::fs::openat(&self.handle, name, flags, Mode::RUSR | Mode::WUSR)?))
    }

    pub(super) fn rename_to(&self, name: &OsStr, other: &Self, new: &OsStr) -> io::Result<()> {
        fault::point("rename", &self.path.join(name))?;
        Ok(rustix::fs::renameat(&self.handle, name, &other.handle, new)?)
    }

    pub(super) fn remove(&self, name: &OsStr) -> io::Result<()> {
        fault::point("remove", &self.path.join(name))?;
        Ok(rustix::fs::unlinkat(&self.handle, name, rustix::fs::AtFlags::empty())?)
    }

    pub(super) fn make(&self, name: &OsStr, mode: u32) -> io::Result<()> {
        use rustix::fs::{AtFlags, Mode};
        fault::point("create directory", &self.path.join(name))?;
        let mode = Mode::from_raw_mode(mode as rustix::fs::RawMode);
        rustix::fs::mkdirat(&self.handle, name, mode)?;
        // The process's umask took bits away; the mode asked for is meant exactly.
        Ok(rustix::fs::chmodat(&self.handle, name, mode, AtFlags::empty())?)
    }

    /// Makes creations, renames and removals in this directory survive a power cut.
    pub(super) fn sync(&self) -> io::Result<()> {
        fault::point("sync directory", &self.path)?;
        Ok(rustix::fs::fsync(&self.handle)?)
    }

    pub(super) fn same_as(&self, other: &Self) -> bool {
        match (rustix::fs::fstat(&self.handle), rustix::fs::fstat(&other.handle)) {
            (Ok(a), Ok(b)) => a.st_dev == b.st_dev && a.st_ino == b.st_ino,
            _ => false,
        }
    }
}

/// Elsewhere names are resolved by path, and the file system orders its own metadata.
#[cfg(not(unix))]
impl Directory {
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        if !std::fs::metadata(path)?.is_dir() {
            return Err(io::Error::from(io::ErrorKind::NotADirectory));
        }
        Ok(Self { path: path.to_owned() })
    }

    pub(super) fn create_new(&self, name: &OsStr) -> io::Result<File> {
        let path = self.path.join(name);
        fault::point("create", &path)?;
        File::options().read(true).write(true).create_new(true).open(path)
    }

    pub(super) fn rename_to(&self, name: &OsStr, other: &Self, new: &OsStr) -> io::Result<()> {
        fault::point("rename", &self.path.join(name))?;
        std::fs::rename(self.path.join(name), other.path.join(new))
    }

    pub(super) fn remove(&self, name: &OsStr) -> io::Result<()> {
        fault::point("remove", &self.path.join(name))?;
        std::fs::remove_file(self.path.join(name))
    }

    pub(super) fn make(&self, name: &OsStr, _mode: u32) -> io::Result<()> {
        fault::point("create directory", &self.path.join(name))?;
        std::fs::create_dir(self.path.join(name))
    }

    pub(super) fn sync(&self) -> io::Result<()> {
        fault::point("sync directory", &self.path)
    }

    pub(super) fn same_as(&self, other: &Self) -> bool {
        self.path == other.path
    }
}
