//! Who is at the other end of a socket.

use std::io;
use std::os::fd::AsRawFd as _;

use tokio::net::UnixStream;

use super::Peer;

/// The peer of a connection, as it was when it connected.
pub(super) fn of(stream: &UnixStream) -> io::Result<Peer> {
    let credentials = stream.peer_cred()?;
    let mut groups = supplementary(stream)?;
    groups.push(credentials.gid());
    // 0: a process of another namespace, which has no number here.
    let pid = credentials.pid().filter(|pid| *pid != 0);
    Ok(Peer { uid: credentials.uid(), groups, pid })
}

/// The most groups that Linux lets a process have (NGROUPS_MAX).
#[cfg(target_os = "linux")]
const MOST: usize = 65_536;

/// No crate asks for SO_PEERGROUPS, and the lists in /proc belong to whoever has the process number by now.
#[cfg(target_os = "linux")]
#[allow(unsafe_code)]
fn supplementary(stream: &UnixStream) -> io::Result<Vec<u32>> {
    let mut groups: Vec<libc::gid_t> = vec![0; 64];
    loop {
        let mut bytes = libc::socklen_t::try_from(size_of_val(groups.as_slice())).unwrap_or(0);
        // SAFETY: the buffer is ours and as long as `bytes` says; the kernel writes at most that much and sets
        // `bytes` to what there is, or, with ERANGE, to what it needs.
        let failed = unsafe {
            libc::getsockopt(
                stream.as_raw_fd(),
                libc::SOL_SOCKET,
                libc::SO_PEERGROUPS,
                groups.as_mut_ptr().cast(),
                &raw mut bytes,
            )
        };
        let count = bytes as usize / size_of::<libc::gid_t>();
        if failed == 0 {
            groups.truncate(count);
            return Ok(groups);
        }
        let error = io::Error::last_os_error();
        match error.raw_os_error() {
            Some(libc::ERANGE) if count > groups.len() && count <= MOST => groups.resize(count, 0),
            // Before Linux 4.13: the first group has to do.
            Some(libc::ENOPROTOOPT) => return Ok(Vec::new()),
            _ => return Err(error),
        }
    }
}

/// No crate asks for the groups in LOCAL_PEERCRED. It has the first sixteen.
#[cfg(target_os = "macos")]
#[allow(unsafe_code)]
fn supplementary(stream: &UnixStream) -> io::Result<Vec<u32>> {
    // SAFETY: a structure of numbers; all zeros is one of its values.
    let mut found: libc::xucred = unsafe { std::mem::zeroed() };
    let mut bytes = size_of::<libc::xucred>() as libc::socklen_t;
    // SAFETY: the buffer is ours and as long as `bytes` says; the kernel writes at most that much.
    let failed = unsafe {
        libc::getsockopt(
            stream.as_raw_fd(),
            libc::SOL_LOCAL,
            libc::LOCAL_PEERCRED,
            (&raw mut found).cast(),
            &raw mut bytes,
        )
    };
    if failed != 0 {
        return Err(io::Error::last_os_error());
    }
    let count = usize::try_from(found.cr_ngroups).unwrap_or(0).min(found.cr_groups.len());
    Ok(found.cr_groups[..count].to_vec())
}

/// The first group has to do.
#[cfg(not(any(target_os = "linux", target_os = "macos")))]
fn supplementary(_stream: &UnixStream) -> io::Result<Vec<u32>> {
    Ok(Vec::new())
}
