//! Download and compile, while the agent runs on.

use std::time::Duration;

use crate::model::{Class, EventKind, Failure, Outcome, Plan, Version};
use crate::ports::{BuildEvent, BuildJob};

use super::super::context::Context;
use super::Applied;

/// Builds the target. The result waits in the builder's staging for `prove`.
pub fn apply(cx: &mut Context) -> Outcome<Applied> {
    if !super::preflight::builds(cx) {
        return Ok(Applied::skipped("the binary is kept"));
    }
    let job = BuildJob {
        run: cx.run.id.clone(),
        module: cx.plan.module.clone(),
        package: cx.plan.package.clone(),
        version: target(cx)?,
    };
    let emit = &mut cx.emit;
    let run = &mut cx.run;
    let mut sink = |event: BuildEvent| match event {
        BuildEvent::Log(path) => run.build_log = Some(path),
        BuildEvent::Output(line) => emit(EventKind::Output { line }),
        BuildEvent::Progress(progress) => {
            run.progress = Some(progress.clone());
            emit(EventKind::Progress { progress });
        }
    };
    let built = cx.world.builder.build(&job, &mut sink, cx.interrupt.cancel())?;
    // Recovery goes by the plan: it is written once more before the agent is touched.
    cx.plan.run.build_log.clone_from(&cx.run.build_log);
    let compiled = match built.packages {
        1 => "1 package".to_owned(),
        more => format!("{more} packages"),
    };
    let note = match &cx.run.build_log {
        Some(log) => format!("{compiled} compiled; log in `{}`", log.display()),
        None => format!("{compiled} compiled"),
    };
    cx.built = Some(built);
    Ok(Applied::done(note))
}

/// The build's own timeout, and time to end its children.
pub fn limit(plan: &Plan) -> Duration {
    plan.build_timeout + Duration::from_secs(60)
}

/// The version to reach.
pub(super) fn target(cx: &Context) -> Outcome<Version> {
    cx.plan.target.clone().ok_or_else(|| Failure::new(Class::Internal, "this run has no target version"))
}
