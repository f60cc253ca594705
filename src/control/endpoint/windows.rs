//! A named pipe for the system and administrators of this machine. Its access list is the gate: whoever gets in
//! may steer, and there is neither a group nor a place for viewers.

use std::ffi::{OsStr, OsString};
use std::io;
use std::os::windows::ffi::OsStrExt as _;
use std::os::windows::io::AsRawHandle as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::windows::named_pipe::{ClientOptions, NamedPipeClient, NamedPipeServer, ServerOptions};
use windows_sys::Win32::Foundation::{ERROR_PIPE_BUSY, LocalFree};
use windows_sys::Win32::Security::Authorization::{
    ConvertStringSecurityDescriptorToSecurityDescriptorW, SDDL_REVISION_1,
};
use windows_sys::Win32::Security::{PSECURITY_DESCRIPTOR, SECURITY_ATTRIBUTES};
use windows_sys::Win32::System::Pipes::GetNamedPipeClientProcessId;

use super::{Access, Gate, Peer, Rules, Warning};
use crate::model::{Class, Failure, Outcome};

pub(in crate::control) use tokio::net::windows::named_pipe::NamedPipeServer as Stream;

/// Everything for the system and for administrators, nothing for others, nothing inherited.
const LIST: &str = "D:P(A;;GA;;;SY)(A;;GA;;;BA)";
/// How long to wait before another try when every instance of the pipe is taken.
const PAUSE: Duration = Duration::from_millis(20);

/// A pipe's name.
#[derive(Debug)]
pub(super) struct Place;

impl Place {
    /// Whoever passes the access list is taken for root.
    pub(super) fn rules(_access: &Access) -> (Rules, Vec<Warning>) {
        (Rules { name: String::new(), group: None, viewers: false, own: 0 }, Vec::new())
    }

    /// There is nothing to set.
    ///
    /// # Errors
    /// None.
    pub(super) fn set(&self, _rules: &mut Rules, _warnings: &mut Vec<Warning>) -> Outcome<()> {
        Ok(())
    }
}

/// A pipe that will listen when it is served.
#[derive(Debug)]
pub struct Listener {
    path: OsString,
    gate: Gate,
}

impl Listener {
    /// Prepares the pipe `path`. `access` changes nothing: the pipe is for administrators.
    ///
    /// # Errors
    /// None; what is wrong with the pipe shows when it is served.
    pub fn bind(path: &Path, access: &Access) -> Outcome<(Self, Vec<Warning>)> {
        let (rules, warnings) = Place::rules(access);
        Ok((Self { path: path.into(), gate: Gate::new(Arc::new(Place), rules) }, warnings))
    }

    /// The way to replace the rules later.
    pub fn gate(&self) -> Gate {
        self.gate.clone()
    }

    /// Makes the pipe, on the runtime that this is called on.
    ///
    /// # Errors
    /// `Busy` when there is one of that name already; `Service` otherwise.
    pub(in crate::control) fn start(self) -> Outcome<Incoming> {
        let next = instance(&self.path, true).map_err(|error| {
            let shown = Path::new(&self.path).display();
            match error.kind() {
                io::ErrorKind::PermissionDenied => {
                    let what = format!("another service listens at the control pipe `{shown}`");
                    Failure::new(Class::Busy, what).hint("stop it, or set paths.socket to another name")
                }
                _ => Failure::new(Class::Service, format!("cannot listen at `{shown}`")).because(&error),
            }
        })?;
        Ok(Incoming { path: self.path, next })
    }
}

/// Connections as they come.
#[derive(Debug)]
pub(in crate::control) struct Incoming {
    path: OsString,
    next: NamedPipeServer,
}

impl Incoming {
    /// The next one, with who it is. May be dropped and called again.
    pub(in crate::control) async fn accept(&mut self) -> io::Result<(Stream, Peer)> {
        self.next.connect().await?;
        // The next instance is there before this one is served: clients always find one.
        let next = instance(&self.path, false)?;
        let stream = std::mem::replace(&mut self.next, next);
        let pid = client(&stream);
        Ok((stream, Peer { uid: 0, groups: Vec::new(), pid }))
    }
}

/// An instance of the pipe. The first one fails when somebody else has made it before.
#[allow(unsafe_code)]
fn instance(path: &OsStr, first: bool) -> io::Result<NamedPipeServer> {
    let list: Vec<u16> = OsStr::new(LIST).encode_wide().chain([0]).collect();
    let mut descriptor: PSECURITY_DESCRIPTOR = std::ptr::null_mut();
    // SAFETY: the text ends with a zero; the descriptor is allocated by the system and freed below.
    let made = unsafe {
        ConvertStringSecurityDescriptorToSecurityDescriptorW(
            list.as_ptr(),
            SDDL_REVISION_1,
            &raw mut descriptor,
            std::ptr::null_mut(),
        )
    };
    if made == 0 {
        return Err(io::Error::last_os_error());
    }
    let mut attributes = SECURITY_ATTRIBUTES {
        nLength: u32::try_from(size_of::<SECURITY_ATTRIBUTES>()).unwrap_or(0),
        lpSecurityDescriptor: descriptor,
        bInheritHandle: 0,
    };
    let mut options = ServerOptions::new();
    options.first_pipe_instance(first).reject_remote_clients(true);
    // SAFETY: the attributes and what they point to live until the pipe is made.
    let pipe = unsafe { options.create_with_security_attributes_raw(path, (&raw mut attributes).cast()) };
    // SAFETY: allocated by the system above, and used no more.
    unsafe { LocalFree(descriptor) };
    pipe
}

/// The number of the process at the other end.
#[allow(unsafe_code)]
fn client(stream: &NamedPipeServer) -> Option<i32> {
    let mut number = 0;
    // SAFETY: the handle is open as long as the stream is, and the number is ours.
    let known = unsafe { GetNamedPipeClientProcessId(stream.as_raw_handle(), &raw mut number) };
    if known == 0 { None } else { i32::try_from(number).ok() }
}

/// Connects to the service at `path`. Does not end as long as others keep the service busy: the caller has a
/// limit on time.
///
/// # Errors
/// `Unreachable` when nobody listens there; `Permission` when this user may not.
pub(in crate::control) async fn dial(path: &Path) -> Outcome<NamedPipeClient> {
    let shown = path.display();
    loop {
        let error = match ClientOptions::new().open(path) {
            Ok(stream) => return Ok(stream),
            Err(error) => error,
        };
        if error.raw_os_error() == i32::try_from(ERROR_PIPE_BUSY).ok() {
            tokio::time::sleep(PAUSE).await;
            continue;
        }
        return Err(match error.kind() {
            io::ErrorKind::NotFound => {
                let what = format!("the updater's service does not run: there is no control pipe `{shown}`");
                Failure::new(Class::Unreachable, what)
                    .hint("start the service; `sentinel-updater status` tells what is known of it")
            }
            io::ErrorKind::PermissionDenied => {
                let what = format!("this user may not talk to the updater at `{shown}`");
                Failure::new(Class::Permission, what).because(&error).hint("run the command as administrator")
            }
            _ => {
                let what = format!("cannot connect to the updater at `{shown}`");
                Failure::new(Class::Unreachable, what).because(&error)
            }
        });
    }
}
