use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use libtest_mimic::{Arguments, Trial};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, PidfdFlags, Signal, kill_process, pidfd_open};
use sentinel_updater::host::process::{self, Cancel, Command, Ended, Exit, Guard, Stream};
use sentinel_updater::model::{Class, Outcome};

/// Long enough that only a bug reaches it.
const FOREVER: Duration = Duration::from_secs(60);
const PARENT: &str = "be-the-parent";

pub(crate) fn main() {
    let mut args = std::env::args().skip(1);
    if args.next().as_deref() == Some(PARENT) {
        be_the_parent(&args.next().expect("script"));
        return;
    }
    let tests: &[(&str, fn())] = &[
        ("timeout_ends_the_whole_tree", timeout_ends_the_whole_tree),
        ("cancel_is_quick_and_leaves_nothing", cancel_is_quick_and_leaves_nothing),
        ("a_silent_child_is_cancelled_from_another_thread", a_silent_child_is_cancelled_from_another_thread),
        ("a_token_cancelled_before_starts_nothing", a_token_cancelled_before_starts_nothing),
        ("a_killed_parent_leaves_nothing", a_killed_parent_leaves_nothing),
        ("a_killed_guard_is_told_and_leaves_nothing", a_killed_guard_is_told_and_leaves_nothing),
        ("what_a_program_leaves_behind_is_killed", what_a_program_leaves_behind_is_killed),
        ("a_flood_arrives_whole", a_flood_arrives_whole),
        ("ends_are_told_apart", ends_are_told_apart),
        ("the_environment_is_exactly_what_was_given", the_environment_is_exactly_what_was_given),
        ("a_file_is_standard_input", a_file_is_standard_input),
        ("a_guard_sets_niceness_score_and_user", a_guard_sets_niceness_score_and_user),
        ("what_cannot_be_started_is_named", what_cannot_be_started_is_named),
        ("an_unguarded_escapee_does_not_hold_us_up", an_unguarded_escapee_does_not_hold_us_up),
        ("an_endless_answer_is_refused", an_endless_answer_is_refused),
        ("lines_are_cleaned", lines_are_cleaned),
    ];
    let trials = tests
        .iter()
        .map(|(name, test)| {
            Trial::test(*name, move || {
                test();
                Ok(())
            })
        })
        .collect();
    libtest_mimic::run(&Arguments::from_args(), trials).exit();
}

fn updater() -> PathBuf {
    env!("CARGO_BIN_EXE_sentinel-updater").into()
}

fn shell(script: &str) -> Command {
    Command::new("/bin/sh").args(["-c", script]).env("PATH", "/usr/bin:/bin")
}

fn guarded(script: &str) -> Command {
    shell(script).guarded(Guard::new(updater()))
}

/// A number that only one test's processes have in their command lines.
fn mark() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    format!("{}{:03}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed))
}

/// Five ways to live on: a child, one that ignores SIGTERM with a child of its own, an orphan, one in a
/// session of its own, and an orphan in a session of its own. Each says "up" when it is where it wants to be.
fn tree(mark: &str) -> String {
    let sleep = format!("sleep 1000.{mark}");
    format!(
        "sh -c 'echo up; exec {sleep}' & \
         sh -c 'trap \"\" TERM; {sleep} & echo up; wait; {sleep}' & \
         (sh -c 'echo up; exec {sleep}' &) & \
         setsid sh -c 'echo up; exec {sleep}' & \
         (setsid sh -c 'trap \"\" TERM; echo up; {sleep}; {sleep}' &) & \
         while :; do wait; done"
    )
}
const UPS: usize = 5;

/// Living processes with the mark in their command line.
fn marked(mark: &str) -> Vec<(i32, String)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir("/proc").expect("proc") {
        let name = entry.expect("entry").file_name();
        let Some(pid) = name.to_str().and_then(|name| name.parse().ok()) else { continue };
        // That of a process that has just ended is empty or gone.
        let line = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        let line = String::from_utf8_lossy(&line).replace('\0', " ");
        if line.contains(mark) && pid != i32::try_from(std::process::id()).expect("pid") {
            found.push((pid, line));
        }
    }
    found
}

fn assert_none_left(mark: &str) {
    assert_eq!(marked(mark), [], "left behind");
}

fn run(command: &Command, timeout: Duration) -> (Outcome<Exit>, Vec<(Stream, String)>) {
    let mut lines = Vec::new();
    let result = process::run(command, timeout, &Cancel::new(), &mut |stream, line| {
        lines.push((stream, line.to_owned()));
    });
    (result, lines)
}

fn output(command: &Command) -> Vec<String> {
    let (result, lines) = run(command, FOREVER);
    let exit = result.expect("ran");
    assert!(exit.success(), "{exit:?}: {lines:?}");
    lines.into_iter().map(|(_, line)| line).collect()
}

fn timeout_ends_the_whole_tree() {
    let mark = mark();
    let limit = Duration::from_secs(2);
    let started = Instant::now();
    let (result, lines) = run(&guarded(&tree(&mark)), limit);
    assert_none_left(&mark);
    let failure = result.expect_err("it never ends by itself");
    assert_eq!(failure.class, Class::Timeout, "{failure}");
    assert_eq!(lines.len(), UPS, "{lines:?}");
    assert!(started.elapsed() >= limit && started.elapsed() < 2 * limit, "{:?}", started.elapsed());
}

fn cancel_is_quick_and_leaves_nothing() {
    let mut best = FOREVER;
    for _ in 0..5 {
        let mark = mark();
        let cancel = Cancel::new();
        let mut ups = 0;
        let mut cancelled = Instant::now();
        let result = process::run(&guarded(&tree(&mark)), FOREVER, &cancel, &mut |_, line| {
            assert_eq!(line, "up");
            ups += 1;
            if ups == UPS {
                assert!(marked(&mark).len() >= UPS);
                cancelled = Instant::now();
                cancel.cancel();
            }
        });
        best = best.min(cancelled.elapsed());
        assert_none_left(&mark);
        assert_eq!(result.expect_err("cancelled").class, Class::Cancelled);
    }
    // The best of several: other tests run beside this one.
    assert!(best < Duration::from_millis(200), "{best:?}");
}

fn a_silent_child_is_cancelled_from_another_thread() {
    for command in [guarded("exec sleep 1000"), shell("exec sleep 1000")] {
        let cancel = Cancel::new();
        let other = cancel.clone();
        let thread = std::thread::spawn(move || other.cancel());
        let started = Instant::now();
        let failure = process::capture(&command, FOREVER, &cancel).expect_err("cancelled");
        assert_eq!(failure.class, Class::Cancelled);
        assert!(started.elapsed() < FOREVER / 6, "{:?}", started.elapsed());
        thread.join().expect("thread");
    }
}

fn a_token_cancelled_before_starts_nothing() {
    let dir = tempfile::tempdir().expect("directory");
    let cancel = Cancel::new();
    cancel.cancel();
    let command = guarded(&format!("touch {}/started", dir.path().display()));
    let failure = process::capture(&command, FOREVER, &cancel).expect_err("cancelled");
    assert_eq!(failure.class, Class::Cancelled);
    assert!(!dir.path().join("started").exists());
}

/// The other side of the next test: runs a tree under a guard until it is killed.
fn be_the_parent(script: &str) {
    let result = process::run(&guarded(script), FOREVER, &Cancel::new(), &mut |_, line| {
        writeln!(std::io::stdout(), "{line}").expect("somebody reads");
    });
    panic!("not killed: {result:?}");
}

fn a_killed_parent_leaves_nothing() {
    let mark = mark();
    let mut parent = std::process::Command::new(std::env::current_exe().expect("this test"))
        .args([PARENT, &tree(&mark)])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .expect("parent");
    let mut lines = BufReader::new(parent.stdout.take().expect("stdout")).lines();
    for _ in 0..UPS {
        assert_eq!(lines.next().expect("line").expect("read"), "up");
    }
    let alive = pin(&marked(&mark));
    assert!(alive.len() >= UPS + 3, "shells, sleeps, guard and parent: {}", alive.len());
    parent.kill().expect("kill");
    parent.wait().expect("wait");
    wait_until_ended(&alive);
    assert_none_left(&mark);
}

fn pin(processes: &[(i32, String)]) -> Vec<OwnedFd> {
    let pin = |pid: i32| pidfd_open(Pid::from_raw(pid)?, PidfdFlags::empty()).ok();
    processes.iter().filter_map(|(pid, _)| pin(*pid)).collect()
}

fn wait_until_ended(processes: &[OwnedFd]) {
    let limit = Timespec { tv_sec: 20, tv_nsec: 0 };
    for process in processes {
        let mut set = [PollFd::new(process, PollFlags::IN)];
        assert_eq!(poll(&mut set, Some(&limit)).expect("poll"), 1, "a process is still alive");
    }
}

fn a_killed_guard_is_told_and_leaves_nothing() {
    let mark = mark();
    let script = format!("echo $PPID; sleep 1000.{mark} & exec sleep 1000.{mark}");
    let result = process::run(&guarded(&script), FOREVER, &Cancel::new(), &mut |_, line| {
        let guard = Pid::from_raw(line.parse().expect("pid")).expect("pid");
        kill_process(guard, Signal::KILL).expect("kill");
    });
    let failure = result.expect_err("the guard is gone");
    assert!(failure.what.contains("guard"), "{failure}");
    wait_until_ended(&pin(&marked(&mark)));
    assert_none_left(&mark);
}

fn what_a_program_leaves_behind_is_killed() {
    let mark = mark();
    let script =
        format!("setsid sh -c 'echo up; sleep 1000.{mark}' & sleep 1000.{mark} & read x <&3; exit 4");
    let started = Instant::now();
    // The file at 3 lets the program end only when the other one is in a session of its own.
    let script = format!(
        "mkfifo \"$DIR/fifo\"; exec 3<>\"$DIR/fifo\"; {}",
        script.replace("echo up", "echo up >&3; echo up")
    );
    let dir = tempfile::tempdir().expect("directory");
    let (result, lines) = run(&guarded(&script).env("DIR", dir.path()), FOREVER);
    assert_none_left(&mark);
    assert_eq!(result.expect("it ended by itself").ended, Ended::Code(4), "{lines:?}");
    assert!(started.elapsed() < FOREVER / 6);

    let (result, _) = run(&shell(&format!("sleep 1000.{mark} & exit 0")), FOREVER);
    assert!(result.expect("ended").success());
    wait_until_ended(&pin(&marked(&mark)));
    assert!(started.elapsed() < FOREVER / 3);
}

fn a_flood_arrives_whole() {
    for command in [guarded("seq 100000; seq 100000 >&2"), shell("seq 100000 >&2 & seq 100000; wait")] {
        let (result, lines) = run(&command, FOREVER);
        assert!(result.expect("ran").success());
        for wanted in [Stream::Out, Stream::Err] {
            let mut of_stream = lines.iter().filter(|(stream, _)| *stream == wanted);
            for number in 1..=100_000 {
                assert_eq!(
                    of_stream.next().map(|(_, line)| line.as_str()),
                    Some(number.to_string().as_str())
                );
            }
            assert_eq!(of_stream.next(), None);
        }
    }
}

fn ends_are_told_apart() {
    for (script, ended, out_of_memory) in [
        ("exit 0", Ended::Code(0), false),
        ("exit 3", Ended::Code(3), false),
        ("exit 137", Ended::Code(137), false),
        ("exit 255", Ended::Code(255), false),
        ("kill -SEGV $$", Ended::Signal(11), false),
        ("kill -TERM $$", Ended::Signal(15), false),
        ("kill -KILL $$", Ended::Signal(9), true),
        ("echo no end of line; printf x; exit 1", Ended::Code(1), false),
    ] {
        for command in [guarded(script), shell(script)] {
            let (result, _) = run(&command, FOREVER);
            let exit = result.expect("ended");
            assert_eq!((exit.ended, exit.out_of_memory), (ended, out_of_memory), "{script}");
        }
    }
    assert_eq!(output(&guarded("printf x"))[..], ["x"]);
}

fn the_environment_is_exactly_what_was_given() {
    let given = BTreeMap::from([("ONE", "1"), ("EMPTY", ""), ("WITH SPACE", "a=b c")]);
    let mut command = Command::new("/usr/bin/env").args(["-0"]).cwd("/usr");
    for (name, value) in &given {
        command = command.env(*name, *value);
    }
    for command in [command.clone(), command.guarded(Guard::new(updater()))] {
        let captured = process::capture(&command, FOREVER, &Cancel::new()).expect("ran");
        let text = captured.text();
        let mut found: Vec<&str> = text.split_terminator('\0').collect();
        found.sort_unstable();
        assert_eq!(found, ["EMPTY=", "ONE=1", "WITH SPACE=a=b c"]);
    }
    assert_eq!(output(&guarded("pwd").cwd("/usr/bin")), ["/usr/bin"]);
    // None of our open files either, except those that we ourselves were started with.
    let _file = std::fs::File::open("/etc/passwd").expect("file");
    let plain = std::process::Command::new("/bin/ls").arg("/proc/self/fd").output().expect("ls");
    let plain = String::from_utf8(plain.stdout).expect("text");
    assert_eq!(output(&guarded("exec ls /proc/self/fd")), plain.lines().collect::<Vec<_>>());
}

fn a_file_is_standard_input() {
    let dir = tempfile::tempdir().expect("directory");
    let file = dir.path().join("in put");
    std::fs::write(&file, "one\ntwo\n").expect("write");
    for command in [guarded("cat"), shell("cat")] {
        assert_eq!(output(&command), [""; 0], "nothing to read");
        assert_eq!(output(&command.stdin(&file)), ["one", "two"]);
    }
    let bytes = "x".repeat(200_000);
    for command in [guarded("wc -c"), Command::new("/bin/sh").args(["-c", "wc -c"])] {
        assert_eq!(output(&command.input(bytes.clone())), ["200000"]);
    }
    assert_eq!(output(&guarded("echo deaf").input(bytes)), ["deaf"], "nobody has to read");
    let (result, _) = run(&guarded("cat").stdin(dir.path().join("none")), FOREVER);
    assert!(result.expect_err("missing").what.contains("none"));
}

fn a_guard_sets_niceness_score_and_user() {
    let mut guard = Guard::new(updater());
    (guard.nice, guard.oom_score) = (Some(7), Some(300));
    let script =
        "nice; cat /proc/self/oom_score_adj; ulimit -c; id -u; id -G; grep NoNewPrivs /proc/self/status";
    let root = rustix::process::geteuid().is_root();
    if root {
        guard.user = Some((65534, 12345));
    }
    let lines = output(&shell(script).guarded(guard));
    assert_eq!(lines[..3], ["7", "300", "0"]);
    if root {
        assert_eq!(lines[3..], ["65534", "12345", "NoNewPrivs:     1"]);
    }
}

fn what_cannot_be_started_is_named() {
    for command in [Command::new("/nonexistent/tool"), Command::new("/etc/passwd"), Command::new("/tmp")] {
        for command in [command.clone(), command.clone().guarded(Guard::new(updater()))] {
            let (result, _) = run(&command, FOREVER);
            let failure = result.expect_err("not a program");
            let name = command.program.to_str().expect("name");
            assert!(failure.what.contains(name), "{failure}");
            assert_eq!(failure.class, Class::Disk, "{failure}");
        }
    }
    let (result, _) = run(&shell("true").guarded(Guard::new("/nonexistent/guard")), FOREVER);
    assert!(result.expect_err("no guard").what.contains("/nonexistent/guard"));
    let (result, _) = run(&guarded("true").cwd(Path::new("/nonexistent")), FOREVER);
    result.expect_err("no directory");
}

fn an_unguarded_escapee_does_not_hold_us_up() {
    let mark = mark();
    let started = Instant::now();
    let script = format!("setsid sh -c 'echo up; exec sleep 1000.{mark}' & read x <&3");
    let dir = tempfile::tempdir().expect("directory");
    let script =
        format!("mkfifo \"$DIR/fifo\"; exec 3<>\"$DIR/fifo\"; {}", script.replace("echo up", "echo up >&3"));
    let (result, _) = run(&shell(&script).env("DIR", dir.path()), FOREVER);
    assert!(result.expect("ended").success());
    assert!(started.elapsed() < FOREVER / 6, "{:?}", started.elapsed());
    let left = marked(&mark);
    assert_eq!(left.len(), 1, "only a guard finds those: {left:?}");
    kill_process(Pid::from_raw(left[0].0).expect("pid"), Signal::KILL).expect("kill");
}

fn an_endless_answer_is_refused() {
    let command = shell(&format!("head -c {} /dev/zero", process::CAPTURE_LIMIT + 1));
    let failure = process::capture(&command, FOREVER, &Cancel::new()).expect_err("too long");
    assert!(failure.what.contains("more than"), "{failure}");
    let command = shell(&format!("head -c {} /dev/zero", process::CAPTURE_LIMIT));
    let captured = process::capture(&command, FOREVER, &Cancel::new()).expect("just fits");
    assert_eq!(captured.stdout.len(), process::CAPTURE_LIMIT);
}

fn lines_are_cleaned() {
    let script = r"printf '\033[31mred\033[0m\n\033]0;title\007x\r50%%\r\n\377\n' >&2";
    assert_eq!(output(&guarded(script)), ["red", "x", "50%", "\u{fffd}"]);
}
