//! Owner, mode, access list, capabilities and security label of a file: what must be the same after a
//! file was replaced.

use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};

#[cfg(unix)]
use super::fault;
use crate::model::{Failure, Outcome};

/// The extended attributes that are carried over, in the order in which they are set: capabilities
/// last, because changing the owner or the data clears them.
#[cfg(unix)]
const CARRIED: [&str; 3] = ["security.selinux", "system.posix_acl_access", "security.capability"];

/// The larger of what Linux allows an extended attribute (64 KiB).
#[cfg(target_os = "linux")]
const LARGEST_VALUE: usize = 64 * 1024;

/// The attributes of a file besides its bytes. Outside Unix nothing is read and nothing applied.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attributes {
    /// Permission bits with set-user-id and its kin, `0o7777` at most.
    pub mode: u32,
    /// Owner; `None` leaves it to the process that creates the file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uid: Option<u32>,
    /// Group; `None` leaves it to the process that creates the file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gid: Option<u32>,
    /// Extended attributes by name (Linux): access list, capabilities, security label.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub xattrs: BTreeMap<String, Vec<u8>>,
}

impl Default for Attributes {
    /// A program of this system: 0755 and the process's own user, which is root in the service.
    fn default() -> Self {
        Self::with_mode(0o755)
    }
}

impl Attributes {
    /// `mode` and nothing else: owned by whoever creates the file.
    pub fn with_mode(mode: u32) -> Self {
        Self { mode, uid: None, gid: None, xattrs: BTreeMap::new() }
    }

    /// The attributes of the file at `path`; a symbolic link is followed.
    ///
    /// # Errors
    /// `Disk` when the file or its attributes cannot be read.
    pub fn of(path: &Path) -> Outcome<Self> {
        File::open(path)
            .and_then(|file| Self::of_file(&file))
            .map_err(|error| Failure::io("read the attributes of", path, &error))
    }

    /// As [`Attributes::of`], of an open file.
    ///
    /// # Errors
    /// The system's.
    #[cfg(unix)]
    pub fn of_file(file: &File) -> io::Result<Self> {
        use std::os::unix::fs::MetadataExt;
        let stat = file.metadata()?;
        let mut xattrs = BTreeMap::new();
        for name in CARRIED {
            if let Some(value) = read_xattr(file, name)? {
                xattrs.insert(name.to_owned(), value);
            }
        }
        Ok(Self { mode: stat.mode() & 0o7777, uid: Some(stat.uid()), gid: Some(stat.gid()), xattrs })
    }

    /// As [`Attributes::of`], of an open file.
    ///
    /// # Errors
    /// The system's.
    #[cfg(not(unix))]
    pub fn of_file(file: &File) -> io::Result<Self> {
        file.metadata().map(|_| Self::default())
    }

    /// Gives `file` these attributes: owner, mode, then extended attributes. To be called when the
    /// data is complete, since a write clears capabilities and set-user-id.
    ///
    /// # Errors
    /// The system's. A label that the file system does not know is left out; everything else counts.
    #[cfg(unix)]
    pub fn apply(&self, file: &File, path: &Path) -> io::Result<()> {
        use std::os::unix::fs::{MetadataExt, fchown};
        let stat = file.metadata()?;
        let new = |wanted: Option<u32>, present| wanted.filter(|id| *id != present);
        let (uid, gid) = (new(self.uid, stat.uid()), new(self.gid, stat.gid()));
        if uid.is_some() || gid.is_some() {
            fault::point("change owner", path)?;
            fchown(file, uid, gid)?;
        }
        fault::point("change mode", path)?;
        rustix::fs::fchmod(file, rustix::fs::Mode::from_raw_mode(self.mode as rustix::fs::RawMode))?;
        for name in CARRIED {
            if let Some(value) = self.xattrs.get(name) {
                fault::point("set an attribute", path)?;
                write_xattr(file, name, value)?;
            }
        }
        Ok(())
    }

    /// Nothing to apply: a new file inherits the access list of its directory.
    ///
    /// # Errors
    /// Never.
    #[cfg(not(unix))]
    pub fn apply(&self, _file: &File, _path: &Path) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(target_os = "linux")]
fn read_xattr(file: &File, name: &str) -> io::Result<Option<Vec<u8>>> {
    use rustix::io::Errno;
    let mut value = vec![0; LARGEST_VALUE];
    match rustix::fs::fgetxattr(file, name, &mut value[..]) {
        Ok(length) => {
            value.truncate(length);
            value.shrink_to_fit();
            Ok(Some(value))
        }
        Err(Errno::NODATA | Errno::OPNOTSUPP) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

#[cfg(target_os = "linux")]
fn write_xattr(file: &File, name: &str, value: &[u8]) -> io::Result<()> {
    use rustix::fs::XattrFlags;
    use rustix::io::Errno;
    match rustix::fs::fsetxattr(file, name, value, XattrFlags::empty()) {
        // The label then comes from the mount; losing it is not losing a right that was granted.
        Err(Errno::OPNOTSUPP) if name == "security.selinux" => Ok(()),
        Err(error) => Err(io::Error::new(io::Error::from(error).kind(), format!("{name}: {error}"))),
        Ok(()) => Ok(()),
    }
}

#[cfg(all(unix, not(target_os = "linux")))]
fn read_xattr(_file: &File, _name: &str) -> io::Result<Option<Vec<u8>>> {
    Ok(None)
}

#[cfg(all(unix, not(target_os = "linux")))]
fn write_xattr(_file: &File, _name: &str, _value: &[u8]) -> io::Result<()> {
    Ok(())
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;
    use std::os::unix::fs::{MetadataExt, chown};

    /// `cap_net_bind_service=ep` in the form in which the kernel stores it (version 2).
    const BIND: [u8; 20] = [1, 0, 0, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    /// An access list that lets uid 1 write: version 2, user::rw-, user:1:rw-, group::r--, mask::rw-, other::---.
    const ACCESS: [u8; 44] = [
        2, 0, 0, 0, //
        1, 0, 6, 0, 255, 255, 255, 255, //
        2, 0, 6, 0, 1, 0, 0, 0, //
        4, 0, 4, 0, 255, 255, 255, 255, //
        16, 0, 6, 0, 255, 255, 255, 255, //
        32, 0, 0, 0, 255, 255, 255, 255,
    ];

    #[test]
    fn mode_is_exact_whatever_the_umask() {
        let dir = tempfile::tempdir().expect("directory");
        let path = dir.path().join("file");
        let file = File::create(&path).expect("file");
        Attributes::with_mode(0o4751).apply(&file, &path).expect("apply");
        assert_eq!(Attributes::of(&path).expect("read").mode, 0o4751);
    }

    #[test]
    fn owner_access_list_and_capabilities_are_carried_over() {
        if !rustix::process::geteuid().is_root() {
            return;
        }
        let dir = tempfile::tempdir().expect("directory");
        let (from, to) = (dir.path().join("from"), dir.path().join("to"));
        File::create(&from).expect("file");
        chown(&from, Some(7), Some(8)).expect("chown");
        rustix::fs::setxattr(&from, CARRIED[1], &ACCESS, rustix::fs::XattrFlags::empty())
            .expect("access list");
        rustix::fs::setxattr(&from, CARRIED[2], &BIND, rustix::fs::XattrFlags::empty()).expect("capability");
        let attributes = Attributes::of(&from).expect("read");
        assert_eq!((attributes.uid, attributes.gid), (Some(7), Some(8)));
        assert_eq!(attributes.xattrs[CARRIED[2]], BIND);

        let file = File::create(&to).expect("file");
        attributes.apply(&file, &to).expect("apply");
        assert_eq!(Attributes::of(&to).expect("read"), attributes);
        assert_eq!(std::fs::metadata(&to).expect("stat").uid(), 7);
    }

    #[test]
    fn attributes_survive_the_journal() {
        let attributes = Attributes {
            mode: 0o755,
            uid: Some(0),
            gid: None,
            xattrs: BTreeMap::from([(CARRIED[2].to_owned(), BIND.to_vec())]),
        };
        let text = serde_json::to_string(&attributes).expect("write");
        assert_eq!(serde_json::from_str::<Attributes>(&text).expect("read"), attributes);
    }

    #[test]
    fn a_missing_file_is_named() {
        let failure = Attributes::of(Path::new("/nonexistent/file")).expect_err("missing");
        assert!(failure.what.contains("/nonexistent/file"), "{failure}");
    }
}
