//! A runner for hosts without a service manager: the program and all its children in a process group
//! under a guard.

use crate::host::process::{self, Ended};
use crate::host::{self, Command, Guard};
use crate::model::{Class, Outcome};
use crate::ports::{Cancel, Exit, Program, Runner, Stream};

use super::user;

/// A build is the least important thing on the host: behind the agent for the processor…
const NICE: i32 = 10;
/// …and before it when memory runs out.
const OOM_SCORE: i32 = 800;

/// Runs programs under a guard.
///
/// Of the limits it enforces the time and, as root, the user. It cannot enforce `memory_max` (an
/// address-space limit would stop Go, which reserves far more than it uses; the kernel is told to end
/// the build first instead) nor `offline` (without a namespace of its own a process has the host's
/// network).
#[derive(Debug)]
pub struct ProcessGroupRunner {
    guard: Guard,
}

impl ProcessGroupRunner {
    /// Runs programs under `guard`, which is usually [`Guard::this_executable`].
    pub fn new(guard: Guard) -> Self {
        Self { guard: Guard { nice: Some(NICE), oom_score: Some(OOM_SCORE), ..guard } }
    }
}

impl Runner for ProcessGroupRunner {
    fn run(
        &mut self,
        program: &Program,
        cancel: &Cancel,
        on_line: &mut dyn FnMut(Stream, &str),
    ) -> Outcome<Exit> {
        let guard = Guard { user: user::resolve(program.limits.user.as_deref())?, ..self.guard.clone() };
        let command =
            Command::new(&program.executable).args(&program.args).cwd(&program.directory).guarded(guard);
        let command = program.env.iter().fold(command, |command, (name, value)| command.env(name, value));
        let command = match &program.stdin {
            Some(bytes) => command.input(bytes.clone()),
            None => command,
        };
        let stop = host::Cancel::new();
        let waker = stop.clone();
        cancel.on_request(move || waker.cancel());
        let exit = process::run(&command, program.limits.timeout, &stop, &mut |stream, line| {
            let stream = match stream {
                host::Stream::Out => Stream::Out,
                host::Stream::Err => Stream::Err,
            };
            on_line(stream, line);
        })
        .map_err(|mut failure| {
            if failure.class == Class::Disk {
                // It could not be started.
                failure.class = Class::Toolchain;
            }
            failure
        })?;
        let (code, signal) = match exit.ended {
            Ended::Code(code) => (Some(code), None),
            Ended::Signal(signal) => (None, Some(signal)),
        };
        Ok(Exit { code, signal, out_of_memory: exit.out_of_memory })
    }
}
