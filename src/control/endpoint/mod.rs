//! The place where clients find the service, and who they are by the operating system's word: a Unix socket
//! or a named pipe.
//!
//! Both sides have the same few functions: [`Listener::bind`], `Incoming::accept`, `dial`. Only here does
//! this room ask which operating system it is compiled for.

mod access;

#[cfg(unix)]
mod unix;
#[cfg(unix)]
use unix as system;

#[cfg(windows)]
mod windows;
#[cfg(windows)]
use windows as system;

pub use access::{Access, Gate, Warning};
pub(super) use access::{Peer, Rules};
pub use system::Listener;
pub(super) use system::{Stream, dial};
