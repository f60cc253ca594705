//! The processes below one: found through their parents, ended without hitting a stranger.

use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal};

/// Between two looks at a tree that is being killed: a SIGKILL takes effect soon, not at once.
const PAUSE: Duration = Duration::from_millis(2);
/// How long a frozen process waits for those below it to be gone. Only one stuck in the kernel needs longer.
const FREEZING: Duration = Duration::from_secs(1);

/// A living process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Process {
    pid: i32,
    parent: i32,
    /// Ended, but not yet waited for.
    zombie: bool,
    /// When it started, in ticks since boot: with the number it names one process for ever.
    started: u64,
}

/// When process `pid` started, in ticks since boot: with the number it names one process of this boot.
/// `None` when there is no such process.
pub fn started(pid: u32) -> Option<u64> {
    let process = look_at(i32::try_from(pid).ok()?)?;
    (!process.zombie).then_some(process.started)
}

/// Waits until process `pid`, which need not be a child, has ended, at most until `until`; whether it has.
pub fn wait_for_end(pid: u32, until: Instant) -> bool {
    if let Some(pid) = i32::try_from(pid).ok().and_then(Pid::from_raw)
        && let Ok(pinned) = rustix::process::pidfd_open(pid, rustix::process::PidfdFlags::empty())
    {
        use rustix::event::{PollFd, PollFlags, Timespec, poll};
        let left = Timespec::try_from(until.saturating_duration_since(Instant::now())).ok();
        let _ = poll(&mut [PollFd::new(&pinned, PollFlags::IN)], left.as_ref());
    }
    started(pid).is_none()
}

/// Kills the process that has the number `pid` and started at `started`, and everything below it. It is
/// frozen first, so that it neither starts anything nor loses sight of its children meanwhile. They are gone
/// when this returns: whatever is started next must not meet them. Only one stuck in the kernel is left.
pub fn kill_tree(pid: u32, started: u64) {
    let Some(root) = i32::try_from(pid).ok().and_then(look_at).filter(|root| root.started == started) else {
        return;
    };
    root.signal(Signal::STOP);
    kill_below(root.pid, FREEZING);
    root.kill();
    let _ = wait_for_end(pid, Instant::now() + FREEZING);
}

/// All processes below `root`, itself not included.
pub(super) fn descendants(root: i32) -> Vec<Process> {
    let all = all();
    let mut found: Vec<Process> = Vec::new();
    let mut parents = vec![root];
    while let Some(parent) = parents.pop() {
        for process in all.iter().filter(|process| process.parent == parent) {
            if !found.iter().any(|known| known.pid == process.pid) {
                found.push(*process);
                parents.push(process.pid);
            }
        }
    }
    found
}

/// Kills everything below `root` until nothing lives there or `limit` is over; whether nothing does.
/// A process that forks between the look and the kill leaves a child that the next look finds,
/// provided that orphans become children of `root`.
pub(super) fn kill_below(root: i32, limit: Duration) -> bool {
    let started = Instant::now();
    loop {
        let living: Vec<Process> = descendants(root).into_iter().filter(|process| !process.zombie).collect();
        if living.is_empty() {
            return true;
        }
        if started.elapsed() > limit {
            return false;
        }
        for process in living {
            process.kill();
        }
        std::thread::sleep(PAUSE);
    }
}

impl Process {
    fn kill(&self) {
        self.signal(Signal::KILL);
    }

    /// Signals this very process: the number may have gone to another one since it was read, so the
    /// process is pinned first and looked at again.
    pub(super) fn signal(&self, signal: Signal) {
        use rustix::process::{PidfdFlags, pidfd_open, pidfd_send_signal};
        let Some(pid) = Pid::from_raw(self.pid) else { return };
        let Ok(pinned) = pidfd_open(pid, PidfdFlags::empty()) else { return };
        if look_at(self.pid).is_some_and(|now| now.started == self.started) {
            // It may have ended meanwhile, which is what is wanted.
            let _ = pidfd_send_signal(&pinned, signal);
        }
    }
}

fn all() -> Vec<Process> {
    let Ok(entries) = std::fs::read_dir("/proc") else { return Vec::new() };
    entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok()).filter_map(look_at).collect()
}

fn look_at(pid: i32) -> Option<Process> {
    let stat = std::fs::read(format!("/proc/{pid}/stat")).ok()?;
    parse(pid, &String::from_utf8_lossy(&stat))
}

/// Reads a line of `/proc/PID/stat` (proc(5)). The name in parentheses may hold anything, so the rest
/// is what follows the last one.
fn parse(pid: i32, stat: &str) -> Option<Process> {
    let (_, rest) = stat.rsplit_once(')')?;
    let mut fields = rest.split_ascii_whitespace();
    let zombie = matches!(fields.next()?, "Z" | "X" | "x");
    let parent = fields.next()?.parse().ok()?;
    // Field 22 of the line; the parent was the fourth.
    let started = fields.nth(17)?.parse().ok()?;
    Some(Process { pid, parent, zombie, started })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::{Command, Stdio};

    #[test]
    fn a_name_cannot_forge_the_fields() {
        let tail = "S 7 9 9 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 1 0 4242 1 1";
        for name in ["sh", "a) Z 1 (b", ") ) (", "x\ny"] {
            let process = parse(9, &format!("9 ({name}) {tail}")).expect("parsed");
            assert_eq!(process, Process { pid: 9, parent: 7, zombie: false, started: 4242 });
        }
        assert!(parse(9, &format!("9 (sh) Z{}", &tail[1..])).expect("parsed").zombie);
        for broken in ["", "9 (sh", "9 (sh) S", "9 (sh) S x", "9 (sh) S 1 2 3"] {
            assert_eq!(parse(9, broken), None, "{broken}");
        }
    }

    #[test]
    fn children_are_found_and_only_the_very_process_is_signalled() {
        let mut child = Command::new("/bin/sleep").arg("1000").stdin(Stdio::null()).spawn().expect("sleep");
        let pid = i32::try_from(child.id()).expect("pid");
        let me = i32::try_from(std::process::id()).expect("pid");
        let found = descendants(me).into_iter().find(|process| process.pid == pid).expect("found");
        let stranger = Process { started: found.started + 1, ..found };
        stranger.signal(Signal::KILL);
        assert_eq!(child.try_wait().expect("wait"), None);
        found.signal(Signal::KILL);
        use std::os::unix::process::ExitStatusExt;
        assert_eq!(child.wait().expect("wait").signal(), Some(9));
    }
}
