//! Finds go and the C compiler and asks them what they are. Root runs only what nobody else could have
//! put there.

mod advice;
mod cc;
mod go;

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::host::{Cancel, Command, privilege, process};
use crate::model::{Class, Failure, Outcome};

use super::{GoVersion, Options};

/// How long a tool may take to say what it is. They take milliseconds, but disks may have to wake up.
const PATIENCE: Duration = Duration::from_secs(30);

/// The tools of a build.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Tools {
    /// The go command.
    pub(super) go: Go,
    /// The C compiler; `None` when C is switched off.
    pub(super) cc: Option<Cc>,
}

/// A go command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Go {
    /// The real one, not a wrapper around it.
    pub(super) path: PathBuf,
    /// Its release.
    pub(super) version: GoVersion,
    /// The same in its own words: `go1.26.8`.
    pub(super) release: String,
    /// GOPROXY where nobody set it.
    pub(super) default_proxy: String,
}

/// A C compiler.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Cc {
    /// Its place.
    pub(super) path: PathBuf,
    /// The first line of what it says about itself.
    pub(super) version: String,
}

/// Finds the go that `options` ask for. Nothing is written.
///
/// # Errors
/// `Toolchain` naming what is missing or too old and how to get it; `Security` when the only one found
/// could have been planted.
pub(super) fn go(options: &Options, go_line: Option<&str>) -> Outcome<Go> {
    go::find(options, go_line)
}

/// What the go at a place is; root runs it only if nobody else could have put it there.
///
/// # Errors
/// As [`go()`].
pub(super) fn identify(path: &Path) -> Outcome<Go> {
    privilege::safe_executable(path)?;
    go::identify(path)
}

/// Finds the C compiler that `options` ask for; `None` when C is switched off.
///
/// # Errors
/// As [`go()`].
pub(super) fn cc(options: &Options) -> Outcome<Option<Cc>> {
    if options.cgo { cc::find(options).map(Some) } else { Ok(None) }
}

/// Looks for both tools at once: each is started and asked, which takes time and no processor.
///
/// # Errors
/// As [`cc()`], else as `go`.
pub(super) fn both<T: Send>(
    options: &Options,
    go: impl FnOnce() -> Outcome<T> + Send,
) -> Outcome<(T, Option<Cc>)> {
    std::thread::scope(|scope| {
        let go = scope.spawn(go);
        let cc = cc(options);
        let go = go.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        let cc = cc?;
        Ok((go?, cc))
    })
}

/// Tries candidates in their order. What was wrong with the first that exists is the failure.
fn first_good<T>(
    candidates: impl IntoIterator<Item = PathBuf>,
    mut examine: impl FnMut(&Path) -> Outcome<T>,
) -> Outcome<Option<T>> {
    let mut first = None;
    let mut seen = Vec::new();
    for candidate in candidates {
        if !candidate.is_file() || seen.contains(&candidate) {
            continue;
        }
        match privilege::safe_executable(&candidate).and_then(|()| examine(&candidate)) {
            Ok(found) => return Ok(Some(found)),
            Err(failure) => first = first.or(Some(failure)),
        }
        seen.push(candidate);
    }
    first.map_or(Ok(None), Err)
}

/// Asks a tool a short question; its standard output. There is no HOME: go would start a child that
/// counts the question there, and outlives the answer.
fn ask(program: &Path, args: &[&str]) -> Outcome<String> {
    let own = program.parent().unwrap_or(Path::new("/"));
    let path = std::env::join_paths([own, Path::new("/usr/bin"), Path::new("/bin")]).unwrap_or_default();
    let command = Command::new(program)
        .args(args)
        .cwd(own)
        .env("PATH", path)
        .env("GOENV", "off")
        .env("GOWORK", "off")
        .env("GOFLAGS", "")
        .env("GOTOOLCHAIN", "local");
    let said = process::capture(&command, PATIENCE, &Cancel::new()).map_err(|mut failure| {
        // A tool that cannot be started is not the disk's fault.
        failure.class = Class::Toolchain;
        failure
    })?;
    Ok(said.check(&command, Class::Toolchain)?.text())
}

/// A program of this name in each directory of the service's PATH and of the build's.
fn in_path(options: &Options, name: &str) -> Vec<PathBuf> {
    let name = format!("{name}{}", std::env::consts::EXE_SUFFIX);
    let own = options.path_extra.iter().chain(&options.search).filter(|directory| directory.is_absolute());
    own.map(|directory| directory.join(&name)).collect()
}

fn missing(what: &str, advice: String) -> Failure {
    Failure::new(Class::Toolchain, format!("cannot find {what}")).hint(advice)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_good_one_wins_and_the_first_failure_speaks() {
        let directory = tempfile::tempdir().expect("directory");
        let [one, two] = ["one", "two"].map(|name| directory.path().join(name));
        std::fs::write(&one, "").expect("written");
        std::fs::write(&two, "").expect("written");
        let all = || [directory.path().join("none"), one.clone(), one.clone(), two.clone()];
        let mut tried = 0;
        let found = first_good(all(), |path| {
            tried += 1;
            if path == two { Ok("found") } else { Err(Failure::new(Class::Toolchain, "bad")) }
        });
        assert_eq!((found, tried), (Ok(Some("found")), 2));
        let failure = first_good::<()>(all(), |path| {
            Err(Failure::new(Class::Toolchain, path.file_name().expect("name").to_string_lossy()))
        });
        assert_eq!(failure.expect_err("none is good").what, "one");
        assert_eq!(first_good::<()>([directory.path().join("none")], |_| Ok(())), Ok(None));
    }
}
