//! What the guard does: starts the program, waits for it and for the lifeline, and clears up.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::os::fd::AsFd;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command as StdCommand, ExitCode, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_current_process_group};

#[cfg(target_os = "linux")]
use super::super::tree;
use super::super::{Ended, memory_killings};
use super::{Order, Report};

/// How long a killed tree may take to be gone. Only a process stuck in the kernel needs longer.
#[cfg(target_os = "linux")]
const CLEARING: Duration = Duration::from_secs(5);

enum Event {
    Ended(Ended),
    /// It is to be stopped, with so long between SIGTERM and SIGKILL.
    Stop(Duration),
    /// The lifeline ended.
    Abandoned,
}

/// The whole life of a guard. The program stays in the guard's process group: whoever started the
/// guard knows that group from the first moment, and can clear it should the guard itself be killed.
pub(super) fn main(order: &Order) -> ExitCode {
    prepare(order);
    let killings = memory_killings();
    let child = match start(order) {
        Ok(child) => child,
        Err(error) => {
            say(Report::Failed(error.raw_os_error().unwrap_or(rustix::io::Errno::INVAL.raw_os_error())));
            return ExitCode::from(127);
        }
    };
    say(Report::Started(child.id()));
    let (sender, events) = mpsc::channel();
    let lifeline = sender.clone();
    // Nobody listens to these threads any more once the first of them has spoken.
    thread::spawn(move || {
        listen_to_lifeline(|grace| drop(lifeline.send(Event::Stop(grace))));
        let _ = lifeline.send(Event::Abandoned);
    });
    thread::spawn(move || {
        let _ = sender.send(Event::Ended(wait_for(Pid::from_child(&child))));
    });

    let grace = match events.recv() {
        Ok(Event::Ended(how)) => {
            let killed = how == Ended::Signal(Signal::KILL.as_raw());
            let failed = how != Ended::Code(0);
            let memory = killed || (failed && memory_killings() > killings);
            say(Report::Ended { how, memory });
            clear_up();
            return exit_code(how);
        }
        Ok(Event::Stop(grace)) => grace,
        Ok(Event::Abandoned) | Err(_) => order.grace,
    };
    ask_to_end();
    // The program's end or that of the time: what still lives is killed now.
    if let Some(how) = end_within(grace, order.grace, &events) {
        say(Report::Ended { how, memory: false });
    }
    clear_up();
    exit_code(Ended::Signal(Signal::TERM.as_raw()))
}

/// How the program ended, if it did within `grace`. Once nobody is there any more who could wait for it,
/// `abandoned` is all the time that is left.
fn end_within(grace: Duration, abandoned: Duration, events: &mpsc::Receiver<Event>) -> Option<Ended> {
    let mut until = Instant::now() + grace;
    loop {
        let shorter = match events.recv_timeout(until.saturating_duration_since(Instant::now())) {
            Ok(Event::Ended(how)) => return Some(how),
            Ok(Event::Stop(grace)) => grace,
            Ok(Event::Abandoned) => abandoned,
            Err(_) => return None,
        };
        until = until.min(Instant::now() + shorter);
    }
}

/// What the whole tree inherits. Each is a courtesy: refused by the system, the program runs without.
fn prepare(order: &Order) {
    use rustix::process::{Resource, Rlimit, setpgid, setpriority_process, setrlimit};
    // Done already by those who start us properly.
    let _ = setpgid(None, None);
    if let Some(nice) = order.nice {
        let _ = setpriority_process(None, nice);
    }
    if order.service.is_none() {
        // A crashing compiler needs no memory image on disk, possibly with secrets.
        let _ = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) });
    }
    #[cfg(target_os = "linux")]
    {
        if let Some(score) = order.oom_score {
            let _ = std::fs::write("/proc/self/oom_score_adj", score.to_string());
        }
        // Orphans of the tree become our children instead of init's, so that they can be found.
        let _ = rustix::process::set_child_subreaper(Some(rustix::process::getpid()));
    }
}

fn start(order: &Order) -> std::io::Result<Child> {
    let mut command = StdCommand::new(&order.program);
    command.args(&order.args);
    match &order.stdin {
        Some(path) => command.stdin(File::open(path)?),
        None => command.stdin(Stdio::null()),
    };
    #[cfg(target_os = "linux")]
    if let (Some((uid, gid)), Some(groups)) = (order.user, &order.service) {
        return as_user(command, uid, gid, groups);
    }
    if let Some((uid, gid)) = order.user {
        // As root, std clears the supplementary groups when a user is set.
        command.gid(gid).uid(uid);
        // A set-user-id program would lead back. Inherited from this thread.
        #[cfg(target_os = "linux")]
        rustix::thread::set_no_new_privs(true)?;
    }
    command.spawn()
}

/// Starts a program as a user with supplementary groups, which std cannot set: a thread takes them on,
/// and what it starts inherits them. This process keeps its own, so that it can end the program.
#[cfg(target_os = "linux")]
fn as_user(mut command: StdCommand, uid: u32, gid: u32, groups: &[u32]) -> std::io::Result<Child> {
    use rustix::process::{Gid, Uid};
    use rustix::thread::{set_thread_groups, set_thread_res_gid, set_thread_res_uid};
    let (uid, gid) = (Uid::from_raw(uid), Gid::from_raw(gid));
    let groups: Vec<Gid> = groups.iter().copied().map(Gid::from_raw).collect();
    let start = move || {
        set_thread_groups(&groups)?;
        set_thread_res_gid(gid, gid, gid)?;
        set_thread_res_uid(uid, uid, uid)?;
        command.spawn()
    };
    thread::scope(|scope| {
        scope
            .spawn(start)
            .join()
            .unwrap_or_else(|_| Err(std::io::Error::other("a thread ended unexpectedly")))
    })
}

/// Returns at its end; what comes before are requests to stop.
fn listen_to_lifeline(mut stop: impl FnMut(Duration)) {
    let mut lines = BufReader::new(std::io::stdin().lock());
    let mut line = String::new();
    loop {
        line.clear();
        match lines.read_line(&mut line) {
            Ok(1..) => {
                let grace = line.trim().strip_prefix("stop ").and_then(|grace| grace.parse().ok());
                if let Some(grace) = grace {
                    stop(Duration::from_millis(grace));
                }
            }
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Ok(0) | Err(_) => return,
        }
    }
}

/// Waits for `program`, and meanwhile for every orphan that comes to us.
fn wait_for(program: Pid) -> Ended {
    use rustix::process::{WaitOptions, wait};
    loop {
        match wait(WaitOptions::empty()) {
            Ok(Some((pid, status))) if pid == program => {
                return match (status.exit_status(), status.terminating_signal()) {
                    (Some(code), _) => Ended::Code(code),
                    (None, signal) => Ended::Signal(signal.unwrap_or_default()),
                };
            }
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            // There is no child: it cannot be told any more how it ended.
            Err(_) => return Ended::Code(i32::from(u8::MAX)),
        }
    }
}

/// SIGTERM to everything below us, wherever it went.
#[cfg(target_os = "linux")]
fn ask_to_end() {
    for process in tree::descendants(me()) {
        process.signal(Signal::TERM);
    }
}

/// SIGKILL to everything below us, wherever it went.
#[cfg(target_os = "linux")]
fn clear_up() {
    if !tree::kill_below(me(), CLEARING) {
        // It forks faster than we kill: the whole group at one stroke, this process included.
        let _ = kill_current_process_group(Signal::KILL);
    }
}

#[cfg(target_os = "linux")]
fn me() -> i32 {
    rustix::process::getpid().as_raw_pid()
}

/// The group cannot be asked without our being asked too.
#[cfg(not(target_os = "linux"))]
fn ask_to_end() {}

/// SIGKILL to the group, this process included: everything has been said.
#[cfg(not(target_os = "linux"))]
fn clear_up() {
    let _ = kill_current_process_group(Signal::KILL);
}

fn exit_code(how: Ended) -> ExitCode {
    ExitCode::from(match how {
        Ended::Code(code) => u8::try_from(code).unwrap_or(u8::MAX),
        Ended::Signal(signal) => u8::try_from(128 + signal).unwrap_or(u8::MAX),
    })
}

/// To the other end of the lifeline. It may be gone, or the guard was started by hand: never mind.
fn say(report: Report) {
    let _ = rustix::io::write(std::io::stdin().as_fd(), report.line().as_bytes());
}
