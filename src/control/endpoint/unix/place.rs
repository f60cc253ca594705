//! Where the socket's file is, and that nobody else had a hand in it.

use std::fs::{DirBuilder, File, Metadata};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, FileTypeExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, Gid, Mode, OFlags, RawMode};

use super::super::{Access, Rules, Warning};
use super::dial::somebody_listens;
use super::groups;
use crate::host::privilege;
use crate::model::{Class, Failure, Outcome};

const STICKY: u32 = 0o1000;
const OTHERS_WRITE: u32 = 0o002;

/// The path of a socket with its directory held open.
#[derive(Debug)]
pub(in crate::control::endpoint) struct Place {
    pub(super) path: PathBuf,
    directory: File,
    /// Whether the directory is the socket's own: then its group and mode are, too.
    own: bool,
}

impl Place {
    /// Access with its group looked up.
    pub(in crate::control::endpoint) fn rules(access: &Access) -> (Rules, Vec<Warning>) {
        let name = access.group.clone();
        let group = if name.is_empty() { None } else { groups::number(&name) };
        let missing = group.is_none() && !name.is_empty();
        let warnings = if missing { vec![Warning::NoGroup(name.clone())] } else { Vec::new() };
        let own = rustix::process::geteuid().as_raw();
        (Rules { name, group, viewers: access.viewers, own }, warnings)
    }

    /// Opens the directory of `path`, made when it is missing.
    pub(super) fn open(path: &Path) -> Outcome<Self> {
        let config =
            |what: String| Failure::new(Class::Config, what).hint("set paths.socket to another path");
        let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else {
            return Err(config(format!("the control socket `{}` names no file", path.display())));
        };
        if !path.is_absolute() {
            return Err(config(format!("the control socket `{}` is not absolute", path.display())));
        }
        std::os::unix::net::SocketAddr::from_pathname(path).map_err(|error| {
            let length = path.as_os_str().len();
            config(format!("the control socket's path is too long, {length} bytes: `{}`", path.display()))
                .because(&error)
        })?;
        let directory = open_directory(parent)?;
        let found = directory.metadata().map_err(|error| Failure::io("look at", parent, &error))?;
        trusted(parent, &found)?;
        if let Some(above) = parent.parent() {
            privilege::safe_directory(above, &unsafe_place(parent)).map_err(|mut failure| {
                let hint = failure.hint.take();
                failure.hint = hint.map(|hint| format!("{hint}, or set paths.socket to another path"));
                failure
            })?;
        }
        let ours = found.uid() == rustix::process::geteuid().as_raw() && found.mode() & STICKY == 0;
        let mut entries = parent.read_dir().map_err(|error| Failure::io("list", parent, &error))?;
        let own = ours && entries.all(|entry| entry.is_ok_and(|entry| entry.file_name() == name));
        Ok(Self { path: path.to_owned(), directory, own })
    }

    /// Removes a socket that nobody listens at.
    pub(super) fn clear(&self) -> Outcome<()> {
        let path = &self.path;
        let found = match path.symlink_metadata() {
            Ok(found) => found,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(Failure::io("look at", path, &error)),
        };
        if !found.file_type().is_socket() {
            let what =
                format!("`{}` is in the place of the control socket, and it is no socket", path.display());
            return Err(Failure::new(Class::Security, what).hint("find out who put it there, and remove it"));
        }
        if somebody_listens(path).map_err(|error| Failure::io("try", path, &error))? {
            let what = format!("another service listens at the control socket `{}`", path.display());
            return Err(Failure::new(Class::Busy, what).hint("stop it, or set paths.socket to another path"));
        }
        std::fs::remove_file(path).map_err(|error| Failure::io("remove the old", path, &error))
    }

    /// Sets group and mode of the directory, where it is our own, and of the socket. `rules` loses a group that
    /// may not be had.
    ///
    /// # Errors
    /// `Disk` naming the file.
    pub(in crate::control::endpoint) fn set(
        &self,
        rules: &mut Rules,
        warnings: &mut Vec<Warning>,
    ) -> Outcome<()> {
        let failed =
            |error: rustix::io::Errno| Failure::io("set group and mode of", &self.path, &error.into());
        let name = self.path.file_name().unwrap_or_default();
        // Without a group it becomes our own: one that had access before must not keep it.
        let give = |group: u32| {
            let group = Some(Gid::from_raw(group));
            if self.own {
                rustix::fs::fchown(&self.directory, None, group)?;
            }
            rustix::fs::chownat(&self.directory, name, None, group, AtFlags::SYMLINK_NOFOLLOW)
        };
        let own = rustix::process::getegid().as_raw();
        if let Err(error) = give(rules.group.unwrap_or(own)) {
            let Some(group) = rules.group.take() else { return Err(failed(error)) };
            let error = io::Error::from(error).to_string();
            let group = if rules.name.is_empty() { group.to_string() } else { rules.name.clone() };
            warnings.push(Warning::NotGiven { group, error });
            give(own).map_err(failed)?;
        }
        let (directory, socket) = if rules.viewers { (0o755, 0o666) } else { (0o750, 0o660) };
        if self.own {
            rustix::fs::fchmod(&self.directory, mode(directory)).map_err(failed)?;
        }
        rustix::fs::chmodat(&self.directory, name, mode(socket), AtFlags::empty()).map_err(failed)
    }
}

fn mode(mode: u32) -> Mode {
    Mode::from_raw_mode(mode as RawMode)
}

/// Opens a directory, made when it is missing; a link in its place is refused.
fn open_directory(path: &Path) -> Outcome<File> {
    let make = |path: &Path, mode: u32| match DirBuilder::new().recursive(true).mode(mode).create(path) {
        Err(error) if !path.is_dir() => Err(Failure::io("create", path, &error)),
        _ => Ok(()),
    };
    if path.symlink_metadata().is_err() {
        if let Some(parent) = path.parent() {
            make(parent, 0o755)?;
        }
        make(path, 0o750)?;
    }
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    match rustix::fs::open(path, flags, Mode::empty()) {
        Ok(directory) => Ok(File::from(directory)),
        Err(rustix::io::Errno::LOOP | rustix::io::Errno::NOTDIR) => {
            let what =
                format!("`{}` should be the control socket's directory, and it is none", path.display());
            Err(Failure::new(Class::Security, what)
                .cause("a link or a file is in its place")
                .hint("find out who put it there, and remove it"))
        }
        Err(error) => Err(Failure::io("open", path, &error.into())),
    }
}

/// Refuses a directory in which a stranger could exchange what is ours. In a sticky one nobody can.
fn trusted(path: &Path, found: &Metadata) -> Outcome<()> {
    let own = rustix::process::geteuid().as_raw();
    let why = if found.uid() != 0 && found.uid() != own {
        format!("it belongs to user {}", found.uid())
    } else if found.mode() & OTHERS_WRITE != 0 && found.mode() & STICKY == 0 {
        "everybody may write in it".to_owned()
    } else {
        return Ok(());
    };
    let hint = "give it to root with mode 0755, or set paths.socket to another path";
    Err(Failure::new(Class::Security, unsafe_place(path)).cause(why).hint(hint))
}

fn unsafe_place(path: &Path) -> String {
    format!("`{}` is no safe place for the control socket", path.display())
}
