//! The go command's own code as a process that answers questions.

use std::cell::RefCell;
use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use sentinel_updater::host::digest::sha256;
use serde::{Deserialize, Serialize};

use crate::kit::go::Go;
use crate::kit::{Result, cache, child, proxy};

const PROGRAM: &str = include_str!("oracle/main.go");
/// The module whose packages the go command orders versions and reads go.mod files with. A toolchain
/// carries the very sources that it was built from.
const VENDORED: &str = "golang.org/x/mod";

/// What Go says.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Answer {
    pub(crate) ok: Vec<bool>,
    pub(crate) error: String,
    pub(crate) order: i32,
    pub(crate) pseudo: bool,
    pub(crate) nanoseconds: i64,
    pub(crate) module: String,
    pub(crate) go: String,
    pub(crate) retractions: Option<Vec<Interval>>,
}

/// A retraction.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Interval {
    pub(crate) low: String,
    pub(crate) high: String,
    pub(crate) rationale: String,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Question<'a> {
    kind: &'a str,
    texts: &'a [&'a str],
}

/// The running program. One process answers all cases of a property.
pub(crate) struct Oracle {
    process: Child,
    pipes: RefCell<(ChildStdin, BufReader<ChildStdout>)>,
}

impl Oracle {
    /// Starts it; built once for each toolchain.
    pub(crate) fn start() -> Result<Self> {
        let go = Go::find()?;
        let name = format!("oracle-{}-{}", proxy::key(&go)?, &sha256(PROGRAM.as_bytes())[..12]);
        let place = cache::entry(&name, |draft| build(&go, draft))?;
        let mut process = Command::new(place.join("oracle"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| format!("cannot start the oracle: {error}"))?;
        let (stdin, stdout) = (process.stdin.take(), process.stdout.take());
        let pipes = stdin.zip(stdout.map(BufReader::new)).ok_or("the oracle has no pipes")?;
        Ok(Self { process, pipes: RefCell::new(pipes) })
    }

    /// Asks one question.
    pub(crate) fn ask(&self, kind: &str, texts: &[&str]) -> Answer {
        let mut question = serde_json::to_vec(&Question { kind, texts }).expect("a question");
        question.push(b'\n');
        let (stdin, stdout) = &mut *self.pipes.borrow_mut();
        stdin.write_all(&question).expect("the oracle listens");
        let mut line = String::new();
        stdout.read_line(&mut line).expect("the oracle answers");
        serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"))
    }
}

impl Drop for Oracle {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn build(go: &Go, draft: &Path) -> Result<()> {
    let home = tempfile::tempdir().map_err(|error| error.to_string())?;
    let write = |name: &str, text: &str| {
        let path = home.path().join(name);
        fs::create_dir_all(path.parent().expect("a folder"))
            .and_then(|()| fs::write(&path, text))
            .map_err(|error| format!("{}: {error}", path.display()))
    };
    // The language of the go command's own sources.
    let theirs = go.root().join("src/cmd/go.mod");
    let text = fs::read_to_string(&theirs).map_err(|error| format!("{}: {error}", theirs.display()))?;
    let language = text.lines().find(|line| line.starts_with("go ")).unwrap_or("go 1.21");
    write("main.go", PROGRAM)?;
    write(
        "go.mod",
        &format!("module oracle\n\n{language}\n\nrequire {VENDORED} v0.0.0\n\nreplace {VENDORED} => ./mod\n"),
    )?;
    write("mod/go.mod", &format!("module {VENDORED}\n\n{language}\n"))?;
    let sources = go.root().join("src/cmd/vendor").join(VENDORED);
    for package in ["semver", "module", "modfile", "internal/lazyregexp"] {
        copy(&sources.join(package), &home.path().join("mod").join(package))?;
    }
    let build_cache = home.path().join("cache");
    let mut command = go.command(home.path(), &build_cache, "off");
    command.args(["build", "-o"]).arg(draft.join("oracle")).arg(".");
    child::run(command, proxy::BUILD)?.check().map(drop)
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    let wrong = |error: std::io::Error| format!("{}: {error}", from.display());
    fs::create_dir_all(to).map_err(wrong)?;
    for entry in fs::read_dir(from).map_err(wrong)? {
        let path = entry.map_err(wrong)?.path();
        if path.extension().is_some_and(|extension| extension == "go") {
            fs::copy(&path, to.join(path.file_name().expect("a name"))).map_err(wrong)?;
        }
    }
    Ok(())
}
