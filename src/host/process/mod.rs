//! Child processes: started with an exact environment, read while they run, and ended with all their
//! children when their time is up, when somebody cancels, and when this process dies.
//!
//! ```text
//!  run / capture ── direct: PROGRAM in a process group of its own (short questions: `go env`, `systemctl show`)
//!        │
//!        └──────── guarded: guard ── PROGRAM in a group of its own ── children, also those that left the group
//!                     ▲  lifeline: a socket that is the guard's standard input. It ends when we cancel and
//!                     │  when we die, even by SIGKILL; the guard then ends the whole tree.
//! ```
//!
//! No `pre_exec`: everything between fork and exec is std's.

mod cancel;
mod exit;
mod guard;
#[cfg(unix)]
mod input;
#[cfg(unix)]
mod pump;
#[cfg(not(unix))]
#[path = "plain.rs"]
mod pump;
#[cfg(unix)]
mod supervised;
#[cfg(target_os = "linux")]
mod tree;
#[cfg(all(unix, not(target_os = "linux")))]
#[path = "no_tree.rs"]
mod tree;

use std::collections::{BTreeMap, VecDeque};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

pub use cancel::Cancel;
pub use exit::{Ended, Exit};
pub use guard::{Guard, guard_main};
#[cfg(unix)]
pub use supervised::{Said, Supervised};
#[cfg(unix)]
pub use tree::{kill_tree, started, wait_for_end};

use super::text::{self, Lines};
use crate::model::{Class, Failure, Outcome};

/// The most that [`capture`] takes of standard output, in bytes.
pub const CAPTURE_LIMIT: usize = 32 * 1024 * 1024;
/// How many last lines of standard error [`capture`] keeps.
const TAIL_LINES: usize = 40;

/// Which of a child's outputs a line came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stream {
    /// Standard output.
    Out,
    /// Standard error.
    Err,
}

/// What to run. No variable of our environment is inherited, and no file that this program opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    /// The program, as an absolute path: nothing is looked up.
    pub program: PathBuf,
    /// Its arguments, without the program's name.
    pub args: Vec<OsString>,
    /// Its whole environment.
    pub env: BTreeMap<OsString, OsString>,
    /// Its working directory; `None`: this process's.
    pub cwd: Option<PathBuf>,
    /// A file that it reads as standard input; `None`: nothing to read.
    pub stdin: Option<PathBuf>,
    /// What it reads as standard input instead of a file.
    pub input: Option<Vec<u8>>,
    /// Who watches over it: for everything that has children or runs foreign code.
    pub guard: Option<Guard>,
}

impl Command {
    /// `program` without arguments, environment or guard.
    pub fn new(program: impl Into<PathBuf>) -> Self {
        Self {
            program: program.into(),
            args: Vec::new(),
            env: BTreeMap::new(),
            cwd: None,
            stdin: None,
            input: None,
            guard: None,
        }
    }

    /// Adds an argument.
    #[must_use]
    pub fn arg(mut self, arg: impl Into<OsString>) -> Self {
        self.args.push(arg.into());
        self
    }

    /// Adds arguments.
    #[must_use]
    pub fn args<A: Into<OsString>>(mut self, args: impl IntoIterator<Item = A>) -> Self {
        self.args.extend(args.into_iter().map(Into::into));
        self
    }

    /// Sets a variable of the environment.
    #[must_use]
    pub fn env(mut self, name: impl Into<OsString>, value: impl Into<OsString>) -> Self {
        self.env.insert(name.into(), value.into());
        self
    }

    /// Sets the working directory.
    #[must_use]
    pub fn cwd(mut self, directory: impl Into<PathBuf>) -> Self {
        self.cwd = Some(directory.into());
        self
    }

    /// Lets it read `file` as standard input.
    #[must_use]
    pub fn stdin(mut self, file: impl Into<PathBuf>) -> Self {
        self.stdin = Some(file.into());
        self
    }

    /// Lets it read `bytes` as standard input.
    #[must_use]
    pub fn input(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.input = Some(bytes.into());
        self
    }

    /// Puts it under a guard.
    #[must_use]
    pub fn guarded(mut self, guard: Guard) -> Self {
        self.guard = Some(guard);
        self
    }

    /// Program and arguments on one clean line, for messages. The environment, which may hold
    /// passwords, is not in it.
    pub fn line(&self) -> String {
        let mut line = self.program.to_string_lossy().into_owned();
        for arg in &self.args {
            line.push(' ');
            line.push_str(&arg.to_string_lossy());
        }
        text::clean(&line)
    }

    fn check(&self) -> Outcome<()> {
        let absolute = |path: &Path| path.is_absolute();
        if !absolute(&self.program) {
            let what = format!("refused to run `{}`: not an absolute path", self.program.display());
            return Err(Failure::new(Class::Internal, what));
        }
        Ok(())
    }
}

/// Runs `command` to its end and hands every line of its outputs, cleaned, to `on_line` as it comes.
///
/// A program that ends in whatever way is an [`Exit`]; see [`Exit::check`]. What it left running is
/// killed before this returns.
///
/// # Errors
/// `Timeout` after `timeout` and `Cancelled` after `cancel`, each when the tree has been ended; `Disk`
/// when the program cannot be started; `OutOfMemory` or `Internal` when its guard was killed.
pub fn run(
    command: &Command,
    timeout: Duration,
    cancel: &Cancel,
    on_line: &mut dyn FnMut(Stream, &str),
) -> Outcome<Exit> {
    command.check()?;
    let (mut out, mut err) = (Lines::default(), Lines::default());
    let mut take = |stream: Stream, bytes: Option<&[u8]>| {
        let lines = if stream == Stream::Out { &mut out } else { &mut err };
        match bytes {
            Some(bytes) => lines.push(bytes, &mut |line| on_line(stream, line)),
            None => lines.finish(&mut |line| on_line(stream, line)),
        }
    };
    pump::run(command, timeout, cancel, &mut take)
}

/// What a short program said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Captured {
    /// How it ended.
    pub exit: Exit,
    /// All of its standard output, as it came.
    pub stdout: Vec<u8>,
    /// The last lines of its standard error, cleaned.
    pub stderr: Vec<String>,
}

impl Captured {
    /// Standard output as text, invalid bytes replaced. Not cleaned: for parsers, not for eyes.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.stdout).into_owned()
    }

    /// The output if the program succeeded.
    ///
    /// # Errors
    /// As [`Exit::check`] with the last words of standard error as cause.
    pub fn check(self, command: &Command, class: Class) -> Outcome<Self> {
        match self.exit.check(command, class) {
            Ok(()) => Ok(self),
            Err(failure) => match self.stderr.iter().rev().find(|line| !line.trim().is_empty()) {
                Some(line) => Err(failure.cause(line.trim())),
                None => Err(failure),
            },
        }
    }
}

/// Runs `command` to its end and gives what it wrote.
///
/// # Errors
/// As [`run`]; `Internal` when standard output is longer than [`CAPTURE_LIMIT`], since a part of an
/// answer is none.
pub fn capture(command: &Command, timeout: Duration, cancel: &Cancel) -> Outcome<Captured> {
    command.check()?;
    let mut stdout = Vec::new();
    let mut overflow = false;
    let mut lines = Lines::default();
    let mut stderr = VecDeque::new();
    let mut keep = |line: &str| {
        if stderr.len() == TAIL_LINES {
            stderr.pop_front();
        }
        stderr.push_back(line.to_owned());
    };
    let mut take = |stream: Stream, bytes: Option<&[u8]>| match (stream, bytes) {
        (Stream::Out, Some(bytes)) if stdout.len() + bytes.len() > CAPTURE_LIMIT => overflow = true,
        (Stream::Out, Some(bytes)) => stdout.extend_from_slice(bytes),
        (Stream::Out, None) => {}
        (Stream::Err, Some(bytes)) => lines.push(bytes, &mut keep),
        (Stream::Err, None) => lines.finish(&mut keep),
    };
    let exit = pump::run(command, timeout, cancel, &mut take)?;
    if overflow {
        let what = format!("`{}` wrote more than {CAPTURE_LIMIT} bytes", command.line());
        return Err(Failure::new(Class::Internal, what));
    }
    Ok(Captured { exit, stdout, stderr: stderr.into() })
}

/// Takes the bytes of a stream as they come; `None` is its end.
type Take<'a> = &'a mut dyn FnMut(Stream, Option<&[u8]>);

/// Why a child was ended by us.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stop {
    TimedOut,
    Cancelled,
}

impl Stop {
    fn failure(self, command: &Command, timeout: Duration) -> Failure {
        let line = command.line();
        match self {
            Self::TimedOut => {
                Failure::new(Class::Timeout, format!("`{line}` was ended after its limit of {timeout:?}"))
            }
            Self::Cancelled => Failure::new(Class::Cancelled, format!("`{line}` was cancelled")),
        }
    }
}

/// How many processes the kernel has killed for want of memory since boot. `None` where it does not say.
#[cfg(unix)]
fn memory_killings() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/vmstat").ok()?;
    text.lines().find_map(|line| line.strip_prefix("oom_kill ")?.parse().ok())
}

fn start_failure(program: &Path, error: &std::io::Error) -> Failure {
    Failure::io("run", program, error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_line_is_clean_and_has_no_environment() {
        let command = Command::new("/bin/tool").args(["a", "b\u{1b}[31m\nc"]).env("TOKEN", "secret");
        assert_eq!(command.line(), "/bin/tool a b c");
    }

    #[test]
    fn nothing_is_looked_up_in_a_path() {
        let command = Command::new("sh");
        let failure = capture(&command, Duration::from_secs(5), &Cancel::new()).expect_err("relative");
        assert_eq!(failure.class, Class::Internal);
    }

    #[cfg(unix)]
    #[test]
    fn the_last_words_become_the_cause() {
        let command =
            Command::new("/bin/sh").args(["-c", "echo out; echo first >&2; echo last words >&2; exit 3"]);
        let captured = capture(&command, Duration::from_secs(60), &Cancel::new()).expect("ran");
        assert_eq!(captured.text(), "out\n");
        let failure = captured.check(&command, Class::Service).expect_err("exit 3");
        assert_eq!(failure.class, Class::Service);
        assert!(failure.line().ends_with("exit code 3: last words"), "{failure}");
    }
}
