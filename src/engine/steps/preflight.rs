//! Everything that can be known before anything is done.

use std::path::Path;

use crate::model::{Class, Failure, Outcome, RunKind};

use super::super::context::Context;
use super::Applied;

/// Room that must stay free beside what we write.
const RESERVE: u64 = 32 * 1024 * 1024;

/// Checks the target's go.mod, the tools, the disk, the directories and the service manager, and
/// asks the configured probes about the old version.
pub fn apply(cx: &mut Context) -> Outcome<Applied> {
    let mut found = Vec::new();
    if builds(cx) {
        found.push(tools(cx)?);
    }
    space(cx)?;
    for directory in [parent(&cx.plan.place.binary), cx.plan.state.as_path()].map(Path::to_owned) {
        cx.world.machine.can_write(&directory)?;
    }
    definition(cx)?;
    probes(cx, &mut found);
    Ok(if found.is_empty() { Applied::Done(None) } else { Applied::done(found.join("; ")) })
}

/// True when the run compiles something.
pub(super) fn builds(cx: &Context) -> bool {
    cx.plan.new_kept.is_none() && matches!(cx.plan.run.kind, RunKind::Update | RunKind::Install)
}

fn tools(cx: &mut Context) -> Outcome<String> {
    let version = super::build::target(cx)?;
    let module = cx.plan.module.clone();
    let go_mod = cx.world.source.go_mod(&module, &version, cx.interrupt.cancel())?;
    go_mod.check_declares(&module, &version)?;
    if go_mod.has_replace_or_exclude {
        return Err(Failure::new(
            Class::Module,
            format!(
                "the go.mod of {module} {version} has replace or exclude lines, which `go install` refuses"
            ),
        )
        .hint("ask the module's authors for a release without them"));
    }
    cx.world.builder.ready(go_mod.go.as_deref())
}

/// Two binaries beside the agent's, two and the database in our state.
fn space(cx: &mut Context) -> Outcome<()> {
    let binary = cx.world.machine.file_size(&cx.plan.place.binary)?.max(16 * 1024 * 1024);
    let database = match &cx.plan.place.database {
        Some(database) => cx.world.machine.file_size(database)?,
        None => 0,
    };
    let needs = [
        (parent(&cx.plan.place.binary).to_owned(), 2 * binary + RESERVE),
        (cx.plan.state.clone(), 2 * binary + database + RESERVE),
    ];
    for (directory, need) in needs {
        let free = cx.world.machine.free_space(&directory)?;
        if free < need {
            return Err(Failure::new(
                Class::Disk,
                format!(
                    "not enough room in `{}`: {} MiB free, {} MiB needed",
                    directory.display(),
                    free >> 20,
                    need >> 20
                ),
            )
            .hint("free some space there; the agent is untouched"));
        }
    }
    Ok(())
}

/// What is to be written, and whether the service is ours to handle at all.
fn definition(cx: &mut Context) -> Outcome<()> {
    let spec = cx.plan.spec.clone();
    let definition = cx.world.services.definition(&spec)?;
    if definition.masked {
        return Err(Failure::new(Class::Refused, format!("the service {} is masked", spec.service)).hint(
            format!("an administrator forbade starting it; `systemctl unmask {}` allows it", spec.service),
        ));
    }
    if let Some(runs) = &definition.runs
        && *runs != spec.binary
    {
        return Err(Failure::new(
            Class::Refused,
            format!(
                "the service {} runs `{}`, not `{}`",
                spec.service,
                runs.display(),
                spec.binary.display()
            ),
        )
        .hint("set agent.binary to the file that the service runs"));
    }
    if definition.must_change() {
        cx.world.machine.can_write(parent(&definition.path))?;
        cx.plan.definition = definition.wanted.map(|after| crate::model::plan::DefinitionChange {
            path: definition.path,
            before: definition.present,
            after,
        });
    }
    Ok(())
}

/// A probe that fails on the old version already says nothing about the new one.
fn probes(cx: &mut Context, found: &mut Vec<String>) {
    cx.plan.probes_passed_before = true;
    if cx.plan.run_after
        && cx.plan.old.is_some()
        && let Err(failure) = cx.world.prober.probe(&cx.plan.health)
    {
        cx.plan.probes_passed_before = false;
        found.push(format!("the old version fails its probe, so it does not count: {}", failure.line()));
    }
}

/// The directory of a file.
pub(super) fn parent(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}
