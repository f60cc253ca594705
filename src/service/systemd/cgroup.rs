//! Waiting until a unit's control group has no process left.
//!
//! systemd reports a unit as stopped when its main process is gone and its stop commands have run. With
//! `KillMode=process`, others of its processes may live on, and hold the agent's database.

use std::fs::{self, File};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};

/// The hierarchies in which systemd keeps its units: unified, hybrid, legacy. Their root has this file.
const HIERARCHIES: [&str; 3] = ["/sys/fs/cgroup", "/sys/fs/cgroup/unified", "/sys/fs/cgroup/systemd"];
const PROCESSES: &str = "cgroup.procs";
/// The longest wait for a notification: one that never comes costs no more than this.
const LONGEST_WAIT: Duration = Duration::from_secs(1);
/// How often a group is looked at that tells nobody when it changes (legacy hierarchy).
const SLICE: Duration = Duration::from_millis(20);

/// Waits until `group` (from the root of the hierarchy) is empty or gone. A group that is gone costs one
/// failing `open`.
///
/// # Errors
/// The processes that are still there at `deadline`.
pub(super) fn wait_until_empty(group: &str, deadline: Instant) -> Result<(), Vec<u32>> {
    let Some(folder) = folder(group) else { return Ok(()) };
    wait_for(&folder, deadline)
}

fn folder(group: &str) -> Option<PathBuf> {
    let root = HIERARCHIES.into_iter().find(|root| Path::new(root).join(PROCESSES).exists())?;
    Some(Path::new(root).join(group.trim_start_matches('/')))
}

fn wait_for(folder: &Path, deadline: Instant) -> Result<(), Vec<u32>> {
    let events = File::open(folder.join("cgroup.events"));
    loop {
        let empty = match &events {
            // Read from the same open file each time: that arms the next notification.
            Ok(events) => !populated(events),
            Err(_) => processes(folder).is_empty(),
        };
        if empty {
            return Ok(());
        }
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            let left_over = processes(folder);
            return if left_over.is_empty() { Ok(()) } else { Err(left_over) };
        }
        match &events {
            Ok(events) => wait_for_notification(events, left.min(LONGEST_WAIT)),
            Err(_) => std::thread::sleep(left.min(SLICE)),
        }
    }
}

/// Reading fails when the group has been removed, which is as empty as can be.
fn populated(events: &File) -> bool {
    let mut text = [0; 256];
    let Ok(length) = events.read_at(&mut text, 0) else { return false };
    text[..length].split(|byte| *byte == b'\n').any(|line| line == b"populated 1")
}

fn wait_for_notification(events: &File, limit: Duration) {
    let mut sources = [PollFd::new(events, PollFlags::PRI)];
    let limit = Timespec::try_from(limit).ok();
    // Whatever ends the wait, the group is looked at again.
    let _ = poll(&mut sources, limit.as_ref());
}

/// The processes of a group and of the groups in it.
fn processes(folder: &Path) -> Vec<u32> {
    let text = fs::read_to_string(folder.join(PROCESSES)).unwrap_or_default();
    let mut pids: Vec<u32> = text.lines().filter_map(|line| line.parse().ok()).collect();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            pids.extend(processes(&entry.path()));
        }
    }
    pids
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_that_is_gone_is_empty_at_once() {
        let began = Instant::now();
        wait_until_empty("/no.slice/such.service", began + Duration::from_secs(60)).expect("empty");
        assert!(began.elapsed() < Duration::from_millis(100));
    }

    #[test]
    fn without_notifications_the_processes_are_counted_also_of_groups_inside() {
        let folder = tempfile::tempdir().expect("a folder");
        let inner = folder.path().join("inner");
        fs::create_dir(&inner).expect("a folder");
        fs::write(folder.path().join(PROCESSES), "").expect("written");
        fs::write(inner.join(PROCESSES), "12\n13\n").expect("written");
        assert_eq!(wait_for(folder.path(), Instant::now()), Err(vec![12, 13]));
        fs::write(inner.join(PROCESSES), "").expect("written");
        assert_eq!(wait_for(folder.path(), Instant::now()), Ok(()));
    }

    #[test]
    fn events_are_read() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("cgroup.events");
        for (text, expected) in [("populated 1\nfrozen 0\n", true), ("populated 0\nfrozen 1\n", false)] {
            fs::write(&path, text).expect("written");
            assert_eq!(populated(&File::open(&path).expect("open")), expected);
        }
    }
}
