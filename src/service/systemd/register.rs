//! An agent that registers itself with the manager.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::time::Duration;

use super::{Programs, TransientRunner};
use crate::model::plan::ServiceSpec;
use crate::model::{Class, Failure, Outcome};
use crate::ports::{Cancel, Limits, Program, Runner};

/// How long an agent may take to register itself.
const LIMIT: Duration = Duration::from_secs(60);
/// How many last lines of its output explain a failure.
const LAST_LINES: usize = 10;

/// Runs the agent's binary with its own arguments for that, in a unit of its own: it writes where we may
/// not, and what it starts must not be our child.
///
/// # Errors
/// `Service` with the last lines of the agent's output.
pub(super) fn register(programs: &Programs, spec: &ServiceSpec) -> Outcome<()> {
    let line = format!("`{} {}`", spec.binary.display(), spec.install_args.join(" "));
    let what = format!("the agent's own registration {} failed", crate::host::text::clean(&line));
    let program = Program {
        executable: spec.binary.clone(),
        args: spec.install_args.clone(),
        env: spec.env.clone(),
        // The agent's own folder need not exist before its first start.
        directory: if spec.data.is_dir() { spec.data.clone() } else { PathBuf::from("/") },
        stdin: None,
        limits: Limits { timeout: LIMIT, memory_max: None, offline: false, user: None },
    };
    let mut last = VecDeque::new();
    let mut keep = |_, line: &str| {
        if last.len() == LAST_LINES {
            last.pop_front();
        }
        last.push_back(line.to_owned());
    };
    let name = spec.service.strip_suffix(".service").unwrap_or(&spec.service);
    let mut runner = TransientRunner::new(programs.clone(), &format!("{name}-register"))?;
    let exit = runner.run(&program, &Cancel::new(), &mut keep).map_err(|failure| {
        let class = if failure.class == Class::Timeout { Class::Timeout } else { Class::Service };
        Failure { class, ..failure }.context(&what)
    })?;
    if exit.success() {
        return Ok(());
    }
    let how = match (exit.code, exit.signal) {
        (Some(code), _) => format!("exit code {code}"),
        (None, Some(signal)) => format!("killed by signal {signal}"),
        (None, None) => "it was ended".to_owned(),
    };
    let failure = Failure::new(Class::Service, what).cause(how).hint("check `agent.install_args`");
    Err(last.into_iter().fold(failure, Failure::cause))
}
