//! The phases of a build, one file each. Go's exit code tells nothing, so what failed is known by where
//! it failed: each phase has its own time and its own classes of failure.

mod compile;
mod download;
mod familiar;
mod plan;

use std::time::{Duration, Instant};

use crate::model::{Class, Failure, Outcome};
use crate::ports::{BuildEvent, BuildJob, Cancel, Exit, Limits, Program, Runner, Stream};

use super::Options;
use super::environment::{self, Reach};
use super::find::Tools;
use super::follow;
use super::log::Log;
use super::verdict::{self, Phase};
use super::workspace::Room;

pub(super) use compile::compile;
pub(super) use download::download;
pub(super) use familiar::Familiar;
pub(super) use plan::plan;

/// How many of the last lines are kept to say why something failed.
const REMEMBERED: usize = 200;

/// Takes each line of go, `None` in silence, and where to send what follows from it.
type OnLine<'a> = &'a mut dyn FnMut(Option<(Stream, &str)>, Sink<'_>);
/// Takes what happens.
type Sink<'a> = &'a mut dyn FnMut(BuildEvent);

/// What the phases of one build share.
pub(super) struct Build<'a> {
    pub(super) options: &'a Options,
    pub(super) tools: &'a Tools,
    pub(super) room: &'a Room,
    pub(super) job: &'a BuildJob,
    pub(super) runner: &'a mut dyn Runner,
    pub(super) log: &'a mut Log,
    pub(super) sink: &'a mut dyn FnMut(BuildEvent),
    pub(super) cancel: &'a Cancel,
    /// When the whole build must be over.
    pub(super) deadline: Instant,
}

impl Build<'_> {
    /// The package with its version, as go takes it.
    fn target(&self) -> String {
        let BuildJob { module, package, version, .. } = self.job;
        if package.is_empty() {
            format!("{module}@{version}")
        } else {
            format!("{module}/{package}@{version}")
        }
    }

    /// Runs go with `args` and hands over every line, `None` when there is silence. Everything goes to
    /// the log.
    fn go(
        &mut self,
        phase: Phase,
        args: Vec<String>,
        reach: Reach,
        jobs: u32,
        limit: Duration,
        on_line: OnLine<'_>,
    ) -> Outcome<Exit> {
        let left = self.deadline.saturating_duration_since(Instant::now());
        let program = Program {
            executable: self.tools.go.path.clone(),
            args,
            env: environment::variables(self.options, self.tools, self.room, reach, jobs),
            directory: self.room.empty.clone(),
            stdin: None,
            limits: Limits {
                timeout: left.min(limit),
                memory_max: self.options.memory_max,
                offline: reach == Reach::Fetched,
                user: self.options.user.clone(),
            },
        };
        self.log.line(&format!("$ {} {}", program.executable.display(), program.args.join(" ")));
        let (log, sink) = (&mut *self.log, &mut *self.sink);
        let outcome = follow::run(self.runner, &program, self.cancel, &mut |line| {
            if let Some((_, text)) = line {
                log.line(text);
            }
            on_line(line, sink);
        });
        match &outcome {
            Ok(exit) => self.log.line(&format!("# {}", ending(*exit))),
            Err(failure) => self.log.line(&format!("# {}", failure.line())),
        }
        self.log.flush();
        outcome.map_err(|failure| self.explain(phase, failure))
    }

    /// Puts a failure of the runner into the words of the build.
    fn explain(&self, phase: Phase, failure: Failure) -> Failure {
        let target = self.target();
        match (failure.class, phase) {
            (Class::Timeout, Phase::Download | Phase::Plan) => {
                Failure::new(Class::Timeout, format!("downloading {target} took too long"))
                    .cause(failure.line())
                    .hint("check that build.goproxy answers, or raise build.timeout")
            }
            (Class::Timeout, Phase::Compile) => {
                Failure::new(Class::Timeout, format!("compiling {target} took too long"))
                    .cause(failure.line())
                    .hint("raise build.timeout")
            }
            (Class::Cancelled, _) => {
                Failure::new(Class::Cancelled, format!("the build of {target} was cancelled"))
            }
            _ => failure.context(format!("cannot build {target}")),
        }
    }

    /// The failure of a go that ended by itself.
    fn failure(&self, phase: Phase, said: &[String], exit: Exit) -> Failure {
        let modules = environment::module_cache(self.options);
        let mut failure = verdict::failure(phase, &self.target(), said, exit.out_of_memory, &modules);
        if failure.causes.is_empty() {
            failure.causes.push(ending(exit));
        }
        failure
    }

    /// The most time for what needs the network: it has no limit of its own in go, and a proxy that
    /// hangs must leave time to say so.
    fn network_limit(&self) -> Duration {
        self.options.timeout / 3
    }

    /// Flags of the compiler that plan and build must share.
    fn flags(&self, jobs: u32) -> Vec<String> {
        let mut flags = vec!["-trimpath".to_owned(), "-p".to_owned(), jobs.max(1).to_string()];
        if !self.options.tags.is_empty() {
            flags.extend(["-tags".to_owned(), self.options.tags.join(",")]);
        }
        flags
    }

    /// Where modules are only read from once everything was fetched. A toolchain that go fetches for
    /// itself is looked up again by each go command, so that needs the network to the end.
    fn reach(&self) -> Reach {
        if self.options.fetch_toolchain { Reach::Online } else { Reach::Fetched }
    }
}

fn ending(exit: Exit) -> String {
    match (exit.code, exit.signal) {
        (Some(code), _) => format!("go ended with exit code {code}"),
        (None, Some(signal)) => format!("go was killed by signal {signal}"),
        (None, None) => "go ended in an unknown way".to_owned(),
    }
}

/// The last lines of an output.
#[derive(Debug, Default)]
struct Said {
    lines: std::collections::VecDeque<String>,
}

impl Said {
    fn add(&mut self, line: &str) {
        if self.lines.len() == REMEMBERED {
            self.lines.pop_front();
        }
        self.lines.push_back(line.to_owned());
    }

    fn into_lines(self) -> Vec<String> {
        self.lines.into()
    }
}
