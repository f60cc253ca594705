//! The client's way to the socket.

use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::time::Duration;

use rustix::net::{AddressFamily, SocketAddrUnix, SocketType};
use tokio::net::UnixStream;

use super::super::access::remedy;
use super::groups;
use crate::model::{Class, Failure, Outcome};

/// How long to wait before another try when too many others are waiting to be let in.
const PAUSE: Duration = Duration::from_millis(20);

/// Connects to the service at `path`. Does not end as long as others keep the service busy: the caller has a
/// limit on time.
///
/// # Errors
/// `Unreachable` when nobody listens there; `Permission` when this user may not; `Security` when whoever listens
/// is neither root nor this user.
pub(in crate::control) async fn dial(path: &Path) -> Outcome<UnixStream> {
    let stream = loop {
        match UnixStream::connect(path).await {
            Ok(stream) => break stream,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => tokio::time::sleep(PAUSE).await,
            Err(error) => return Err(because(path, &error)),
        }
    };
    let owner = stream.peer_cred().map_err(|error| because(path, &error))?.uid();
    if owner != 0 && owner != rustix::process::geteuid().as_raw() {
        let what = format!("user {owner} listens at the control socket `{}`", path.display());
        return Err(Failure::new(Class::Security, what)
            .cause("only root and this user are trusted to be the updater")
            .hint("run the command as that user, or name another socket"));
    }
    Ok(stream)
}

/// Why a connection did not come about.
fn because(path: &Path, error: &io::Error) -> Failure {
    let shown = path.display();
    let failure = |class, what: String| Failure::new(class, what).because(error);
    match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => {
            let what = format!("the updater's service does not run: there is no control socket `{shown}`");
            Failure::new(Class::Unreachable, what)
                .hint("start the service; `sentinel-updater status` tells what is known of it")
        }
        io::ErrorKind::ConnectionRefused => {
            let what = format!("the updater's service has ended: nobody listens at `{shown}`");
            failure(Class::Unreachable, what).hint("start the service, and look into its log")
        }
        io::ErrorKind::PermissionDenied => {
            let what = format!("this user may not talk to the updater at `{shown}`");
            failure(Class::Permission, what).hint(remedy(group(path).as_deref()))
        }
        io::ErrorKind::InvalidInput => {
            failure(Class::Usage, format!("`{shown}` cannot be the path of a socket"))
        }
        _ => failure(Class::Unreachable, format!("cannot connect to the updater at `{shown}`")),
    }
}

/// The group to join: the socket's, or where that cannot be seen its directory's.
fn group(path: &Path) -> Option<String> {
    let number = |path: &Path| Some(path.symlink_metadata().ok()?.gid());
    let number = number(path).or_else(|| number(path.parent()?)).filter(|group| *group != 0);
    number.and_then(groups::name)
}

/// Whether somebody listens at the socket `path`. Never waits.
pub(super) fn somebody_listens(path: &Path) -> io::Result<bool> {
    let socket = rustix::net::socket(AddressFamily::UNIX, SocketType::STREAM, None)?;
    rustix::io::ioctl_fionbio(&socket, true)?;
    match rustix::net::connect(&socket, &SocketAddrUnix::new(path)?) {
        // So many wait to be let in that there is no room: somebody listens.
        Ok(()) | Err(rustix::io::Errno::AGAIN | rustix::io::Errno::INPROGRESS) => Ok(true),
        Err(rustix::io::Errno::CONNREFUSED | rustix::io::Errno::NOENT) => Ok(false),
        Err(error) => Err(error.into()),
    }
}
