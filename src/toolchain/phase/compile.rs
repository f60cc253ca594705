//! Third phase: compile and link, without the network.

use std::time::{Duration, Instant};

use crate::model::{Class, Outcome};
use crate::ports::BuildEvent;

use super::super::progress::Meter;
use super::super::trace::{Line, Trace};
use super::super::verdict::Phase;
use super::{Build, Said};

/// Compiles the `total` packages of the plan. When memory runs out it is tried once more with a single
/// job: what was compiled until then is kept.
///
/// # Errors
/// `Build`, `OutOfMemory`, `Disk`, `Toolchain`, `Timeout`, `Cancelled`.
pub(in super::super) fn compile(build: &mut Build<'_>, total: u64) -> Outcome<()> {
    let mut meter = Meter::compile(total);
    let jobs = build.options.jobs.max(1);
    let outcome = match once(build, jobs, &mut meter) {
        Err(failure) if failure.class == Class::OutOfMemory && jobs > 1 => {
            (build.sink)(BuildEvent::Output("memory ran out: trying again with one job".to_owned()));
            build.log.line("# memory ran out: trying again with one job");
            meter.again();
            once(build, 1, &mut meter)
        }
        outcome => outcome,
    };
    if outcome.is_ok() {
        (build.sink)(BuildEvent::Progress(meter.finish()));
    }
    outcome
}

fn once(build: &mut Build<'_>, jobs: u32, meter: &mut Meter) -> Outcome<()> {
    let mut args = vec!["install".to_owned(), "-x".to_owned(), "-v".to_owned()];
    args.extend(build.flags(jobs));
    args.push(build.target());
    let (mut trace, mut said) = (Trace::default(), Said::default());
    let reach = build.reach();
    let exit = build.go(Phase::Compile, args, reach, jobs, Duration::MAX, &mut |line, sink| {
        if let Some((_, text)) = line {
            let meaning = trace.read(text);
            meter.see(&meaning);
            if matches!(meaning, Line::Message(_)) {
                said.add(text);
            }
            if matches!(meaning, Line::Message(_) | Line::Head(_) | Line::Started(_) | Line::Downloading(_)) {
                sink(BuildEvent::Output(text.to_owned()));
            }
        }
        if let Some(progress) = meter.report(Instant::now()) {
            sink(BuildEvent::Progress(progress));
        }
    })?;
    if exit.success() { Ok(()) } else { Err(build.failure(Phase::Compile, &said.into_lines(), exit)) }
}
