//! Third phase: compile and link, without the network.

use std::time::{Duration, Instant};

use crate::model::{Class, Outcome};
use crate::ports::BuildEvent;

use super::super::progress::Meter;
use super::super::trace::{Line, Trace};
use super::super::verdict::Phase;
use super::{Build, Said};

/// Compiles the `total` packages of the plan (0: there is none) and says how many they were. When memory runs out it is tried once more with a single
/// job: what was compiled until then is kept.
///
/// # Errors
/// `Build`, `OutOfMemory`, `Disk`, `Toolchain`, `Timeout`, `Cancelled`.
pub(in super::super) fn compile(build: &mut Build<'_>, total: u64) -> Outcome<u64> {
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
    outcome.map(|()| {
        let progress = meter.finish();
        let packages = progress.done;
        (build.sink)(BuildEvent::Progress(progress));
        packages
    })
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

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use super::*;
    use crate::model::Version;
    use crate::ports::{BuildJob, Cancel, Exit, Program, Runner, Stream};
    use crate::toolchain::find::{Go, Tools};
    use crate::toolchain::log::Log;
    use crate::toolchain::workspace::Room;
    use crate::toolchain::{GoVersion, Options};

    /// Ends each run as told and remembers what it was asked.
    struct Scripted {
        ends: VecDeque<(&'static [&'static str], Exit)>,
        asked: Vec<Program>,
    }

    impl Runner for Scripted {
        fn run(
            &mut self,
            program: &Program,
            _: &Cancel,
            on_line: &mut dyn FnMut(Stream, &str),
        ) -> Outcome<Exit> {
            self.asked.push(program.clone());
            let (lines, exit) = self.ends.pop_front().expect("no more runs than planned");
            lines.iter().for_each(|line| on_line(Stream::Err, line));
            Ok(exit)
        }
    }

    const DONE: Exit = Exit { code: Some(0), signal: None, out_of_memory: false };
    const FAILED: Exit = Exit { code: Some(1), signal: None, out_of_memory: false };

    /// Compiles two packages with two jobs.
    fn compile_with(
        ends: &[(&'static [&'static str], Exit)],
    ) -> (Outcome<u64>, Vec<Program>, Vec<BuildEvent>) {
        let directory = tempfile::tempdir().expect("directory");
        let at = |name: &str| directory.path().join(name);
        let options = Options { jobs: 2, ..Options::new(at("cache"), at("work"), at("logs")) };
        let version = GoVersion::parse("go1.26.8").expect("a version");
        let go = Go {
            path: "/g/go".into(),
            version,
            release: "go1.26.8".to_owned(),
            default_proxy: String::new(),
        };
        let job = BuildJob {
            run: "1".to_owned(),
            module: "m".to_owned(),
            package: "x".to_owned(),
            version: Version::parse("v1.0.0").expect("a version"),
        };
        let mut runner = Scripted { ends: ends.iter().copied().collect(), asked: Vec::new() };
        let mut events = Vec::new();
        let outcome = compile(
            &mut Build {
                options: &options,
                tools: &Tools { go, cc: None },
                room: &Room::at(&at("work")),
                job: &job,
                runner: &mut runner,
                log: &mut Log::create(&options.logs, "1").expect("log"),
                sink: &mut |event| events.push(event),
                cancel: &Cancel::new(),
                deadline: Instant::now() + Duration::from_secs(60),
            },
            2,
        );
        (outcome, runner.asked, events)
    }

    #[test]
    fn when_memory_runs_out_one_job_tries_again_and_goes_on_counting() {
        let killed = Exit { out_of_memory: true, ..FAILED };
        for first in [
            (&["cp $WORK/b001/_pkg_.a /c/1-d # internal"][..], killed),
            (&["cp $WORK/b001/_pkg_.a /c/1-d # internal", "m/x: /g/compile: signal: killed"][..], FAILED),
        ] {
            let (outcome, asked, events) =
                compile_with(&[first, (&["cp $WORK/b002/_pkg_.a /c/2-d # internal"], DONE)]);
            outcome.expect("the second attempt did it");
            let jobs: Vec<&str> = asked
                .iter()
                .map(|program| {
                    let at = program.args.iter().position(|arg| arg == "-p").expect("-p");
                    program.args[at + 1].as_str()
                })
                .collect();
            assert_eq!(jobs, ["2", "1"]);
            assert!(asked[1].env.contains(&("GOMAXPROCS".to_owned(), "1".to_owned())));
            assert!(asked.iter().all(|program| program.limits.offline), "compilers need no network");
            let done: Vec<u64> = events
                .iter()
                .filter_map(|event| match event {
                    BuildEvent::Progress(progress) => Some(progress.done),
                    BuildEvent::Output(_) | BuildEvent::Log(_) => None,
                })
                .collect();
            assert!(done.is_sorted() && done.last() == Some(&2), "{done:?}");
        }
    }

    #[test]
    fn twice_out_of_memory_is_given_up_and_other_failures_are_not_repeated() {
        let killed = Exit { out_of_memory: true, ..FAILED };
        let (outcome, asked, _) = compile_with(&[(&[], killed), (&[], killed)]);
        assert_eq!((outcome.expect_err("killed").class, asked.len()), (Class::OutOfMemory, 2));
        let (outcome, asked, _) = compile_with(&[(&["# m/x", "x.go:1:2: undefined: y"], FAILED)]);
        let failure = outcome.expect_err("refused");
        assert_eq!((failure.class, asked.len()), (Class::Build, 1));
        assert_eq!(failure.causes, ["x.go:1:2: undefined: y"]);
    }
}
