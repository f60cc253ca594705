//! The guard: this executable started again as `guard`, which runs one program and sees to it that
//! nothing of its tree outlives us.
//!
//! Its standard input is the lifeline, one end of a socket pair. End of file there means that the other
//! side cancelled or died: the tree is asked to end, then killed. `stop MILLISECONDS` there asks for the
//! same, with that long between the two. The other way it reports what becomes of the program, a line
//! each: `failed ERRNO`, or `started PID` and later `ended code|signal N [memory]`.
//!
//! A signal would be a shorter way to be told, but then a SIGKILL of the updater would leave a compiler
//! running; PDEATHSIG needs code between fork and exec, and reaches only the child, not the tree.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::{Command, Ended};
use crate::model::{Class, Failure, Outcome};

/// How long a tree has between the request to end and the kill, unless told otherwise.
const GRACE: Duration = Duration::from_millis(100);

/// How a program is watched over. Unix only; elsewhere the program runs without. Outside Linux, and
/// when the guard itself is killed, processes that left its group are not found, but for those below a
/// program that [`Supervised`](super::Supervised) watches and that still lives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Guard {
    /// The executable that understands `guard`.
    pub exe: PathBuf,
    /// Niceness of the tree, from 0 (ours) to 19.
    pub nice: Option<i32>,
    /// `oom_score_adj` of the tree, from -1000 to 1000: the higher, the sooner the kernel kills it.
    pub oom_score: Option<i32>,
    /// User and group that the program runs as, without supplementary groups and without a way back.
    pub user: Option<(u32, u32)>,
    /// The program is a service, not a tool: it may leave a memory image, has these supplementary groups
    /// of its user, and may gain the rights that its user may.
    pub service: Option<Vec<u32>>,
    /// How long the tree has between SIGTERM and SIGKILL.
    pub grace: Duration,
}

impl Guard {
    /// A guard that is `exe`, with nothing changed for the program.
    pub fn new(exe: impl Into<PathBuf>) -> Self {
        Self { exe: exe.into(), nice: None, oom_score: None, user: None, service: None, grace: GRACE }
    }

    /// A guard that is the running executable, also when its file was replaced meanwhile.
    ///
    /// # Errors
    /// `Internal` when the system cannot tell the executable's path.
    pub fn this_executable() -> Outcome<Self> {
        // In the child this names the same file as here, until it executes it.
        let kernel = PathBuf::from("/proc/self/exe");
        if kernel.exists() {
            return Ok(Self::new(kernel));
        }
        std::env::current_exe().map(Self::new).map_err(|error| {
            Failure::new(Class::Internal, "cannot find out which program this is").because(&error)
        })
    }

    /// The guard's arguments for `command`, which reads the file `stdin`.
    #[cfg_attr(not(unix), allow(dead_code))]
    pub(super) fn argv(&self, command: &Command, stdin: Option<&Path>) -> Vec<OsString> {
        let mut argv: Vec<OsString> = vec!["guard".into()];
        let mut option = |name: &str, value: OsString| argv.extend([name.into(), value]);
        if let Some(nice) = self.nice {
            option("--nice", nice.to_string().into());
        }
        if let Some(score) = self.oom_score {
            option("--oom-score", score.to_string().into());
        }
        if let Some((uid, gid)) = self.user {
            option("--user", format!("{uid}:{gid}").into());
        }
        if let Some(groups) = &self.service {
            let groups: Vec<String> = groups.iter().map(u32::to_string).collect();
            option("--service", groups.join(",").into());
        }
        option("--grace", self.grace.as_millis().to_string().into());
        if let Some(file) = stdin {
            option("--stdin", file.into());
        }
        argv.push("--".into());
        argv.push(command.program.clone().into());
        argv.extend(command.args.iter().cloned());
        argv
    }
}

/// What the guard tells about its program.
#[cfg_attr(not(unix), allow(dead_code))]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Report {
    /// The program could not be started: the system's error number.
    Failed(i32),
    /// It runs, as this process.
    Started(u32),
    Ended {
        how: Ended,
        memory: bool,
    },
}

#[cfg_attr(not(unix), allow(dead_code))]
impl Report {
    fn line(self) -> String {
        match self {
            Self::Failed(errno) => format!("failed {errno}\n"),
            Self::Started(pid) => format!("started {pid}\n"),
            Self::Ended { how, memory } => {
                let (word, number) = match how {
                    Ended::Code(code) => ("code", code),
                    Ended::Signal(signal) => ("signal", signal),
                };
                format!("ended {word} {number}{}\n", if memory { " memory" } else { "" })
            }
        }
    }

    pub(super) fn parse(line: &str) -> Option<Self> {
        let words: Vec<&str> = line.split_ascii_whitespace().collect();
        Some(match words[..] {
            ["failed", errno] => Self::Failed(errno.parse().ok()?),
            ["started", pid] => Self::Started(pid.parse().ok()?),
            ["ended", kind, number, ref rest @ ..] => {
                let number = number.parse().ok()?;
                let how = match kind {
                    "code" => Ended::Code(number),
                    "signal" => Ended::Signal(number),
                    _ => return None,
                };
                Self::Ended { how, memory: rest.contains(&"memory") }
            }
            _ => return None,
        })
    }
}

/// What the guard was asked to do.
#[cfg_attr(not(unix), allow(dead_code))]
#[derive(Debug, Default, PartialEq, Eq)]
struct Order {
    nice: Option<i32>,
    oom_score: Option<i32>,
    user: Option<(u32, u32)>,
    service: Option<Vec<u32>>,
    grace: Duration,
    stdin: Option<PathBuf>,
    program: OsString,
    args: Vec<OsString>,
}

#[cfg_attr(not(unix), allow(dead_code))]
fn parse(args: impl IntoIterator<Item = OsString>) -> Option<Order> {
    let mut args = args.into_iter();
    let mut order = Order { grace: GRACE, ..Order::default() };
    loop {
        let name = args.next()?;
        if name == "--" {
            order.program = args.next()?;
            order.args = args.collect();
            return Some(order);
        }
        let value = args.next()?;
        let text = value.to_str();
        match name.to_str()? {
            "--nice" => order.nice = Some(text?.parse().ok()?),
            "--oom-score" => order.oom_score = Some(text?.parse().ok()?),
            "--user" => {
                let (uid, gid) = text?.split_once(':')?;
                order.user = Some((uid.parse().ok()?, gid.parse().ok()?));
            }
            "--service" => {
                let groups = text?.split(',').filter(|group| !group.is_empty());
                order.service = Some(groups.map(|group| group.parse().ok()).collect::<Option<_>>()?);
            }
            "--grace" => order.grace = Duration::from_millis(text?.parse().ok()?),
            "--stdin" => order.stdin = Some(value.into()),
            _ => return None,
        }
    }
}

/// The hidden command `guard`, with the arguments that follow this word. Its exit code is the
/// program's, or 128 and the signal's number; 2: the arguments make no sense; 127: not started.
#[cfg(unix)]
pub fn guard_main(args: impl IntoIterator<Item = OsString>) -> std::process::ExitCode {
    match parse(args) {
        Some(order) => watch::main(&order),
        None => std::process::ExitCode::from(2),
    }
}

/// The hidden command `guard`: not on this system.
#[cfg(not(unix))]
pub fn guard_main(_args: impl IntoIterator<Item = OsString>) -> std::process::ExitCode {
    std::process::ExitCode::from(2)
}

#[cfg(unix)]
#[path = "watch.rs"]
mod watch;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_arrives_as_it_was_given() {
        let guard = Guard {
            nice: Some(10),
            oom_score: Some(-5),
            user: Some((65534, 7)),
            service: Some(vec![4, 24]),
            grace: Duration::from_millis(1500),
            ..Guard::new("/bin/updater")
        };
        let command = Command::new("/bin/tool").args(["--", "--nice", "x"]);
        let argv = guard.argv(&command, Some(Path::new("/some file")));
        let order = parse(argv.into_iter().skip(1)).expect("understood");
        assert_eq!(
            order,
            Order {
                nice: Some(10),
                oom_score: Some(-5),
                user: Some((65534, 7)),
                service: Some(vec![4, 24]),
                grace: Duration::from_millis(1500),
                stdin: Some("/some file".into()),
                program: "/bin/tool".into(),
                args: vec!["--".into(), "--nice".into(), "x".into()],
            }
        );
        let plain = parse(Guard::new("/x").argv(&Command::new("/bin/tool"), None).into_iter().skip(1));
        assert_eq!(plain, Some(Order { grace: GRACE, program: "/bin/tool".into(), ..Order::default() }));
    }

    #[test]
    fn nonsense_is_refused() {
        for args in [
            &[][..],
            &["--"],
            &["--nice", "--", "/bin/true"],
            &["--nice", "x", "--", "/bin/true"],
            &["--user", "0", "--", "/bin/true"],
            &["--service", "x", "--", "/bin/true"],
            &["--unknown", "1", "--", "/bin/true"],
            &["/bin/true"],
        ] {
            assert_eq!(parse(args.iter().map(OsString::from)), None, "{args:?}");
        }
    }

    #[test]
    fn reports_are_read_as_they_were_written() {
        for report in [
            Report::Failed(2),
            Report::Started(4121),
            Report::Ended { how: Ended::Code(0), memory: false },
            Report::Ended { how: Ended::Code(101), memory: true },
            Report::Ended { how: Ended::Signal(9), memory: true },
        ] {
            assert_eq!(Report::parse(&report.line()), Some(report));
        }
        for line in ["", "failed", "ended", "ended code", "ended code x", "ended well 1", "x 1"] {
            assert_eq!(Report::parse(line), None, "{line}");
        }
    }
}
