//! Running foreign programs in confinement.

use std::path::PathBuf;
use std::time::Duration;

use crate::model::Outcome;

use super::Cancel;

/// Spawns a program with exactly the given environment, streams its output and ends its whole
/// process tree at the limit, on request and when we die.
pub trait Runner: Send {
    /// Runs `program` to its end. `on_line` gets sanitised lines.
    ///
    /// # Errors
    /// `Toolchain` when it cannot be started, `Timeout`, `Cancelled`. A non-zero exit is no error.
    fn run(
        &mut self,
        program: &Program,
        cancel: &Cancel,
        on_line: &mut dyn FnMut(Stream, &str),
    ) -> Outcome<Exit>;
}

/// What to run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Program {
    /// The executable, absolute.
    pub executable: PathBuf,
    /// Its arguments.
    pub args: Vec<String>,
    /// Its environment, whole: nothing is inherited.
    pub env: Vec<(String, String)>,
    /// Its working directory.
    pub directory: PathBuf,
    /// What it reads as standard input; `None`: nothing.
    pub stdin: Option<Vec<u8>>,
    /// What it may use.
    pub limits: Limits,
}

/// What a program may use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Wall time.
    pub timeout: Duration,
    /// Memory in bytes, where the runner can enforce it.
    pub memory_max: Option<u64>,
    /// No network, where the runner can enforce it.
    pub offline: bool,
    /// The user to run as, where we may choose.
    pub user: Option<String>,
}

/// Where a line came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stream {
    /// Standard output.
    Out,
    /// Standard error.
    Err,
}

/// How a program ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exit {
    /// Its exit code; `None`: a signal ended it.
    pub code: Option<i32>,
    /// The signal.
    pub signal: Option<i32>,
    /// A process of its tree was killed for want of memory.
    pub out_of_memory: bool,
}

impl Exit {
    /// True for exit code 0.
    pub fn success(self) -> bool {
        self.code == Some(0)
    }

    /// How it ended, for messages: `exit status 1`, `signal 9`.
    pub fn in_words(self) -> String {
        match (self.code, self.signal) {
            (Some(code), _) => format!("exit status {code}"),
            (None, Some(signal)) => format!("signal {signal}"),
            (None, None) => "no exit status".into(),
        }
    }
}
