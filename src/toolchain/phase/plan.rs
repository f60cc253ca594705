//! Second phase: everything that the module needs, and how many packages there are to compile.

use std::collections::HashSet;
use std::time::Instant;

use crate::model::Outcome;
use crate::ports::BuildEvent;

use super::super::environment::Reach;
use super::super::progress::Meter;
use super::super::trace::{Line, Trace};
use super::super::verdict::Phase;
use super::{Build, Said};

/// Fetches dependencies and asks go what it would do. The number of packages that are not compiled yet.
///
/// # Errors
/// As a download, and `Build` when the packages cannot be loaded.
pub(in super::super) fn plan(build: &mut Build<'_>) -> Outcome<u64> {
    let jobs = build.options.jobs;
    let mut args = vec!["install".to_owned(), "-n".to_owned()];
    args.extend(build.flags(jobs));
    args.push(build.target());
    let mut packages = HashSet::new();
    let (mut trace, mut meter, mut said) = (Trace::default(), Meter::download(), Said::default());
    let limit = build.network_limit();
    let exit = build.go(Phase::Plan, args, Reach::Online, jobs, limit, &mut |line, sink| {
        if let Some((_, text)) = line {
            let meaning = trace.read(text);
            match meaning {
                Line::Head(package) => {
                    packages.insert(package.to_owned());
                }
                Line::Downloading(_) => {
                    // The rest of a plan is what go would do, not what it does.
                    meter.see(&meaning);
                    sink(BuildEvent::Output(text.to_owned()));
                }
                Line::Message(_) => said.add(text),
                _ => {}
            }
        }
        if let Some(progress) = meter.report(Instant::now()) {
            sink(BuildEvent::Progress(progress));
        }
    })?;
    let said = said.into_lines();
    if !exit.success() {
        for line in &said {
            (build.sink)(BuildEvent::Output(line.clone()));
        }
        return Err(build.failure(Phase::Plan, &said, exit));
    }
    Ok(packages.len() as u64)
}
