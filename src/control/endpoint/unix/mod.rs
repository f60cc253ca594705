//! A Unix socket in a directory of its own.

mod dial;
mod groups;
mod peer;
mod place;

use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::sync::Arc;

use super::{Access, Gate, Peer, Warning};
use crate::model::{Failure, Outcome};

pub(in crate::control) use dial::dial;
pub(super) use place::Place;
pub(in crate::control) use tokio::net::UnixStream as Stream;

/// A socket that listens. Its file goes when this is dropped.
#[derive(Debug)]
pub struct Listener {
    socket: std::os::unix::net::UnixListener,
    gate: Gate,
    file: File,
}

/// The socket's file, by its number: another service may have put its own in its place.
#[derive(Debug)]
struct File {
    place: Arc<Place>,
    number: (u64, u64),
}

impl Listener {
    /// Listens at `path`. Its directory is made when it is missing; where it is ours and holds nothing else, its
    /// group and mode are set as those of the socket: 0750 and 0660, for viewers 0755 and 0666. A directory that
    /// holds other things stays as it is. A socket that nobody listens at any more is replaced.
    ///
    /// # Errors
    /// `Busy` when somebody listens there; `Security` when a stranger could have put something there, or what
    /// is there is no socket; `Config` when the path is too long or not absolute; `Disk` otherwise.
    pub fn bind(path: &Path, access: &Access) -> Outcome<(Self, Vec<Warning>)> {
        let (mut rules, mut warnings) = Place::rules(access);
        let place = Arc::new(Place::open(path)?);
        place.clear()?;
        let failed = |error: &io::Error| Failure::io("listen at", path, error);
        let socket = std::os::unix::net::UnixListener::bind(path).map_err(|error| failed(&error))?;
        socket.set_nonblocking(true).map_err(|error| failed(&error))?;
        let there = std::fs::symlink_metadata(path).map_err(|error| failed(&error))?;
        let file = File { place: place.clone(), number: (there.dev(), there.ino()) };
        place.set(&mut rules, &mut warnings)?;
        Ok((Self { socket, gate: Gate::new(place, rules), file }, warnings))
    }

    /// The way to replace the rules later.
    pub fn gate(&self) -> Gate {
        self.gate.clone()
    }

    /// Begins to take connections, on the runtime that this is called on.
    ///
    /// # Errors
    /// `Internal` when the runtime cannot watch the socket.
    pub(in crate::control) fn start(self) -> Outcome<Incoming> {
        let socket = tokio::net::UnixListener::from_std(self.socket).map_err(|error| {
            Failure::new(crate::model::Class::Internal, "cannot watch the control socket").because(&error)
        })?;
        Ok(Incoming { socket, _file: self.file })
    }
}

/// Connections as they come.
#[derive(Debug)]
pub(in crate::control) struct Incoming {
    socket: tokio::net::UnixListener,
    _file: File,
}

impl Incoming {
    /// The next one, with who it is. May be dropped and called again.
    pub(in crate::control) async fn accept(&mut self) -> io::Result<(Stream, Peer)> {
        let (stream, _) = self.socket.accept().await?;
        let peer = peer::of(&stream)?;
        Ok((stream, peer))
    }
}

impl Drop for File {
    fn drop(&mut self) {
        let path = &self.place.path;
        let Ok(there) = std::fs::symlink_metadata(path) else { return };
        if (there.dev(), there.ino()) == self.number {
            // What is left is replaced at the next start.
            drop(std::fs::remove_file(path));
        }
    }
}
