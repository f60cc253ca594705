//! First phase: the module itself, whose content hash is its identity from here on.

use std::path::PathBuf;
use std::time::Instant;

use serde::Deserialize;

use crate::host::text;
use crate::model::{Class, Failure, Outcome};
use crate::ports::{BuildEvent, Stream};

use super::super::environment::Reach;
use super::super::progress::Meter;
use super::super::trace::{Line, Trace};
use super::super::verdict::Phase;
use super::{Build, Said};

/// What `go mod download -json` says of a module.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Answer {
    error: String,
    sum: String,
    go_mod: PathBuf,
}

/// A module in the cache.
pub(in super::super) struct Downloaded {
    /// Its content hash, `h1:…`.
    pub(in super::super) sum: String,
    /// Where go says that its go.mod lies: below the cache, whatever it says.
    pub(in super::super) go_mod: PathBuf,
}

/// Downloads the module and has go check it against the checksum database.
///
/// # Errors
/// `Network`, `Module`, `Security`, `Toolchain`, `Disk`, `Config`, `Timeout`, `Cancelled`.
pub(in super::super) fn download(build: &mut Build<'_>) -> Outcome<Downloaded> {
    let module = format!("{}@{}", build.job.module, build.job.version);
    let args = ["mod", "download", "-json", &module].map(str::to_owned).to_vec();
    let (mut json, mut said) = (String::new(), Said::default());
    let (mut trace, mut meter) = (Trace::default(), Meter::download());
    let limit = build.network_limit();
    let jobs = build.options.jobs;
    let exit = build.go(Phase::Download, args, Reach::Online, jobs, limit, &mut |line, sink| {
        match line {
            Some((Stream::Out, text)) => {
                json.push_str(text);
                json.push('\n');
            }
            Some((Stream::Err, text)) => {
                let meaning = trace.read(text);
                meter.see(&meaning);
                if !matches!(meaning, Line::Noise) {
                    sink(BuildEvent::Output(text.to_owned()));
                    said.add(text);
                }
            }
            None => {}
        }
        if let Some(progress) = meter.report(Instant::now()) {
            sink(BuildEvent::Progress(progress));
        }
    })?;
    let answer: Answer = serde_json::from_str(&json).unwrap_or_default();
    if !exit.success() || !answer.error.is_empty() {
        let mut said = said.into_lines();
        said.extend(answer.error.lines().map(text::clean));
        return Err(build.failure(Phase::Download, &said, exit));
    }
    if !answer.sum.starts_with("h1:") {
        return Err(Failure::new(Class::Module, format!("go gave no content hash for {module}"))
            .cause(format!("it said `{}`", text::clean(&json))));
    }
    Ok(Downloaded { sum: text::clean(&answer.sum), go_mod: answer.go_mod })
}
