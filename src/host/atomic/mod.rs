//! Files that are either the old one or the new one, whatever happens meanwhile: process killed, power
//! cut, disk full.
//!
//! The order is always: temporary file in the same directory, data, attributes, fsync of the file,
//! rename, fsync of the directory. A file system may keep a rename and lose the data that was not
//! synced before it, and a rename itself is not true until the directory is synced. After a failed
//! fsync the kernel marks the lost pages clean, so asking again would say "done": the temporary file is
//! thrown away and the operation has failed.

mod temporary;
#[cfg(test)]
mod tests;

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};

use self::temporary::create as create_temporary;
pub use self::temporary::{sweep, sweep_directory};
use super::directory::{self, Directory};
use super::{Attributes, digest, fault};
use crate::model::{Class, Failure, Outcome};

const CHUNK: usize = 256 * 1024;

/// Replaces (or creates) the file at `path` by `bytes`. Afterwards it survives a power cut.
///
/// # Errors
/// `Disk` from any of the operations; the old file is then untouched, except that after an error of
/// the last one, the sync of the directory, either file may be found.
pub fn write(path: &Path, bytes: &[u8], attributes: &Attributes) -> Outcome<()> {
    let mut writer = Writer::create(path, attributes)?;
    writer.append(bytes)?;
    writer.commit()
}

/// Replaces (or creates) the file at `path` by `bytes` at one stroke, without waiting for the disk: whoever
/// reads it sees either file whole, but after a power cut it may be anything. For what only this boot needs.
///
/// # Errors
/// `Disk`; the old file is then untouched.
pub fn publish(path: &Path, bytes: &[u8], attributes: &Attributes) -> Outcome<()> {
    let mut writer = Writer::create(path, attributes)?;
    writer.append(bytes)?;
    writer.show().map_err(|error| Failure::io("write", path, &error))
}

/// Copies the file at `from`, links followed, over `to`. Shares the blocks where the file system can,
/// which takes no time at any size.
///
/// # Errors
/// As [`write()`], and when `from` cannot be read.
pub fn copy(from: &Path, to: &Path, attributes: &Attributes, hash: Hash) -> Outcome<Copied> {
    let mut source = File::open(from).map_err(|error| Failure::io("open", from, &error))?;
    copy_file(&mut source, from, to, attributes, hash)
}

/// As [`copy`], from a file that is already open (and was examined): `from` is only its name in messages.
///
/// # Errors
/// As [`copy`].
pub fn copy_file(
    source: &mut File,
    from: &Path,
    to: &Path,
    attributes: &Attributes,
    hash: Hash,
) -> Outcome<Copied> {
    let mut writer = Writer::create(to, attributes)?;
    let copied = writer.take_from(source, hash).map_err(|error| {
        Failure::io("write", to, &error).context(format!("cannot copy `{}`", from.display()))
    })?;
    writer.commit()?;
    Ok(copied)
}

/// Whether a copy's digest is wanted: it costs a pass over the bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hash {
    /// No digest.
    Skip,
    /// SHA-256 of what was written.
    Sha256,
}

/// What a copy was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Copied {
    /// Its length.
    pub bytes: u64,
    /// Its SHA-256 in hexadecimal digits, when asked for.
    pub sha256: Option<String>,
    /// Whether blocks were shared instead of copied.
    pub shared: bool,
}

/// Renames `from` to `to`, replacing what is there, and makes it durable in both directories.
///
/// # Errors
/// `Disk`; the two must be on one file system.
pub fn rename(from: &Path, to: &Path) -> Outcome<()> {
    let act = || -> io::Result<()> {
        let (source, name) = directory::of(from)?;
        let (target, new) = directory::of(to)?;
        source.rename_to(&name, &target, &new)?;
        // The new name first: a cut between the two may show the file twice, never not at all.
        target.sync()?;
        if !source.same_as(&target) {
            source.sync()?;
        }
        Ok(())
    };
    act().map_err(|error| Failure::io("rename", from, &error).cause(format!("to `{}`", to.display())))
}

/// Removes the file at `path` durably. One that is not there is success, and so is a missing directory.
///
/// # Errors
/// `Disk`.
pub fn remove(path: &Path) -> Outcome<()> {
    let act = || -> io::Result<()> {
        let (directory, name) = directory::of(path)?;
        match directory.remove(&name) {
            // An earlier removal may have been cut off before its sync: sync in any case.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            other => other?,
        }
        directory.sync()
    };
    missing_is_fine(act()).map_err(|error| Failure::io("remove", path, &error))
}

/// Removes a directory with all that is in it, durably; links in it are not followed. One that is not
/// there is success.
///
/// # Errors
/// `Disk`; part of the tree may be gone then.
pub fn remove_tree(path: &Path) -> Outcome<()> {
    let act = || -> io::Result<()> {
        fault::point("remove tree", path)?;
        missing_is_fine(std::fs::remove_dir_all(path))?;
        directory::of(path)?.0.sync()
    };
    missing_is_fine(act()).map_err(|error| Failure::io("remove", path, &error))
}

/// Creates the directory `path` with `mode`, durably; missing parents get 0755. One that exists keeps
/// its mode.
///
/// # Errors
/// `Disk`, also when something else than a directory is there.
pub fn create_dir(path: &Path, mode: u32) -> Outcome<()> {
    if path.is_dir() {
        return Ok(());
    }
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    if let Some(parent) = parent {
        create_dir(parent, 0o755)?;
    }
    let act = || -> io::Result<()> {
        let (directory, name) = directory::of(path)?;
        match directory.make(&name, mode) {
            // Somebody else was faster.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && path.is_dir() => {}
            other => other?,
        }
        directory.sync()
    };
    act().map_err(|error| Failure::io("create the directory", path, &error))
}

/// A new version of a file in the making. Dropped without [`Writer::commit`] it leaves nothing.
pub struct Writer {
    path: PathBuf,
    directory: Directory,
    name: OsString,
    temporary: OsString,
    file: File,
    attributes: Attributes,
    /// A write failed: what was written is not what was meant, so it must not be committed.
    torn: bool,
    committed: bool,
}

impl Writer {
    /// Opens a temporary file beside `path`, which need not exist.
    ///
    /// # Errors
    /// `Disk`.
    pub fn create(path: &Path, attributes: &Attributes) -> Outcome<Self> {
        let fail = |error: io::Error| Failure::io("write", path, &error);
        let (directory, name) = directory::of(path).map_err(fail)?;
        let (file, temporary) = create_temporary(&directory, &name).map_err(fail)?;
        Ok(Self {
            path: path.to_owned(),
            directory,
            name,
            temporary,
            file,
            attributes: attributes.clone(),
            torn: false,
            committed: false,
        })
    }

    /// Adds bytes. The same as `write_all`, with the file named in the failure.
    ///
    /// # Errors
    /// `Disk`.
    pub fn append(&mut self, bytes: &[u8]) -> Outcome<()> {
        let path = self.path.clone();
        self.write_all(bytes).map_err(|error| Failure::io("write", &path, &error))
    }

    /// Puts the new file in the place of the old one, durably.
    ///
    /// # Errors
    /// `Disk`; the old file is untouched, except that after a failed sync of the directory either may be
    /// found after a power cut.
    pub fn commit(mut self) -> Outcome<()> {
        if self.torn {
            return Err(Failure::new(Class::Disk, format!("cannot write `{}`", self.path.display()))
                .cause("an earlier write of it failed"));
        }
        self.finish().map_err(|error| Failure::io("write", &self.path, &error))
    }

    /// Puts the new file in the place of the old one.
    fn show(&mut self) -> io::Result<()> {
        self.attributes.apply(&self.file, &self.path)?;
        self.directory.rename_to(&self.temporary, &self.directory, &self.name)?;
        self.committed = true;
        Ok(())
    }

    fn finish(&mut self) -> io::Result<()> {
        self.attributes.apply(&self.file, &self.path)?;
        fault::point("sync", &self.path)?;
        self.file.sync_all()?;
        self.directory.rename_to(&self.temporary, &self.directory, &self.name)?;
        self.committed = true;
        self.directory.sync()
    }

    /// Fills the file with all of `source`.
    fn take_from(&mut self, source: &mut File, hash: Hash) -> io::Result<Copied> {
        self.torn = true;
        fault::point("copy", &self.path)?;
        let shared = share_blocks(&self.file, source);
        let copied = if shared {
            let bytes = self.file.metadata()?.len();
            self.file.rewind()?;
            let sha256 = match hash {
                Hash::Skip => None,
                Hash::Sha256 => Some(digest::sha256_reader(&mut self.file)?),
            };
            Copied { bytes, sha256, shared }
        } else {
            copy_bytes(source, &mut self.file, hash)?
        };
        self.torn = false;
        Ok(copied)
    }
}

impl Write for Writer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let result = fault::point("write", &self.path).and_then(|()| self.file.write(bytes));
        self.torn |= result.as_ref().is_err_and(|error| error.kind() != io::ErrorKind::Interrupted);
        result
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        if !self.committed {
            // Whoever sees the failure of the write has the better message; `sweep` finds the rest.
            let _ = self.directory.remove(&self.temporary);
        }
    }
}

fn copy_bytes(source: &mut File, target: &mut File, hash: Hash) -> io::Result<Copied> {
    if hash == Hash::Skip {
        // The kernel copies without our seeing the bytes.
        let bytes = io::copy(source, target)?;
        return Ok(Copied { bytes, sha256: None, shared: false });
    }
    let mut digest = digest::Sha256::default();
    let mut buffer = vec![0; CHUNK];
    let mut bytes = 0;
    loop {
        match source.read(&mut buffer) {
            Ok(0) => return Ok(Copied { bytes, sha256: Some(digest.hex()), shared: false }),
            Ok(length) => {
                digest.update(&buffer[..length]);
                target.write_all(&buffer[..length])?;
                bytes += length as u64;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

#[cfg(target_os = "linux")]
fn share_blocks(target: &File, source: &File) -> bool {
    // Only whole files: a source read in part means its rest.
    let at_start = (&mut &*source).stream_position().is_ok_and(|position| position == 0);
    at_start && rustix::fs::ioctl_ficlone(target, source).is_ok()
}

#[cfg(not(target_os = "linux"))]
fn share_blocks(_target: &File, _source: &File) -> bool {
    false
}

fn missing_is_fine(result: io::Result<()>) -> io::Result<()> {
    match result {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}
