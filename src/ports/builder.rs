//! The Go toolchain, as the engine sees it.

use std::path::{Path, PathBuf};

use crate::model::{BuildInfo, Outcome, Progress, Version};

use super::Cancel;

/// Builds agents and reads what they are made of.
pub trait Builder: Send {
    /// Finds go and the C compiler and checks that they can build a module whose go.mod says
    /// `go_line` (`1.22`, `1.23.4`; `None`: no line). Returns what was found, for people.
    ///
    /// # Errors
    /// `Toolchain` naming what is missing or too old and how to get it; `Security` when a tool
    /// could have been planted by a user that is not root.
    fn ready(&mut self, go_line: Option<&str>) -> Outcome<String>;

    /// Names what a build's outcome depends on besides the module: go, gcc, settings. When it
    /// changes, waiting after a failed build is over.
    fn fingerprint(&mut self) -> String;

    /// Downloads and compiles; blocks until done. The produced binary is the builder's until
    /// [`clean`](Self::clean).
    ///
    /// # Errors
    /// `Network` and `Module` while resolving and downloading, `Security` for checksums, `Build`
    /// for code that does not compile, `OutOfMemory`, `Disk`, `Timeout`, `Toolchain`, `Cancelled`.
    /// Whatever the end, no child is left.
    fn build(&mut self, job: &BuildJob, sink: &mut dyn FnMut(BuildEvent), cancel: &Cancel) -> Outcome<Built>;

    /// Reads a binary's build information without running it; `None`: it carries none.
    ///
    /// # Errors
    /// `Disk` when the file cannot be read; `Proof` when it is no complete executable.
    fn inspect(&mut self, binary: &Path) -> Outcome<Option<BuildInfo>>;

    /// Checks that a binary is a whole executable for this operating system and architecture.
    ///
    /// # Errors
    /// `Proof` saying what it is instead.
    fn check_target(&mut self, binary: &Path) -> Outcome<()>;

    /// What the binary prints when run with `args` in the build's confinement: first line,
    /// sanitised. Recorded, never compared: `None` when it fails or takes longer than 5 s.
    fn version_output(&mut self, binary: &Path, args: &[String]) -> Option<String>;

    /// Removes what builds left behind, also those that were killed. Caches stay.
    ///
    /// # Errors
    /// `Disk`.
    fn clean(&mut self) -> Outcome<()>;
}

/// What to build.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BuildJob {
    /// The run it is for; names the log.
    pub run: String,
    /// Module path.
    pub module: String,
    /// Package in it, relative; empty: the root.
    pub package: String,
    /// The exact version.
    pub version: Version,
}

/// What came out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Built {
    /// The binary.
    pub binary: PathBuf,
    /// Content hash of the downloaded module, `h1:…`.
    pub sum: String,
    /// How many packages were compiled.
    pub packages: u64,
}

/// What happens during a build.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BuildEvent {
    /// Where the whole output is being kept, before anything else: told also of a build that fails.
    Log(PathBuf),
    /// A sanitised line of output.
    Output(String),
    /// How far it is.
    Progress(Progress),
}
