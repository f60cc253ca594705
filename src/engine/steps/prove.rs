//! Prove that the candidate is what was asked for, and stage it one rename away.

use std::path::Path;

use crate::model::{BuildInfo, Changes, Class, EventKind, Failure, Kept, Outcome, Plan};
use crate::ports::{AgentFiles, Built, VersionStore, World};

use super::super::context::Context;
use super::Applied;

/// Proves, keeps both binaries, stages the new one.
pub fn apply(cx: &mut Context) -> Outcome<Applied> {
    let mut notes = Vec::new();
    let new = match (cx.plan.new_kept.clone(), cx.built.clone()) {
        (Some(kept), _) => {
            cx.world.versions.check(&kept)?;
            notes.push(format!("{}, built before, is whole", kept.version));
            kept
        }
        (None, Some(built)) => {
            let kept = prove(cx, &built)?;
            notes.push(format!(
                "module, package, version and sum are right; sha256 {}",
                &kept.sha256[..12.min(kept.sha256.len())]
            ));
            kept
        }
        (None, None) => return Err(Failure::new(Class::Internal, "nothing was built and nothing is kept")),
    };
    tell_changes(cx, &new);
    if let Some(ms) = cx.plan.expected_downtime_ms {
        notes.push(format!("expected downtime {ms} ms"));
    }
    // Nothing comes to lie beside the agent's binary before the agent is about to be stopped.
    let comes_later = !cx.switch.waits(cx.world.clock.now()).is_empty();
    let was_built = cx.built.is_some();
    let World { builder, versions, agent_files, .. } = &mut *cx.world;
    let plan = &mut cx.plan;
    let args = plan.version_args.clone();
    // The candidate is asked who it is while the disk is busy with the copies.
    let (said, staged) = std::thread::scope(|scope| {
        let asked = was_built.then(|| scope.spawn(|| builder.version_output(&new.path, &args)));
        let staged = match comes_later {
            true => Ok(()),
            false => copies(versions.as_mut(), agent_files.as_mut(), plan, &new),
        };
        (asked.and_then(|asked| asked.join().ok().flatten()), staged)
    });
    notes.extend(said.map(|text| format!("says `{text}`")));
    staged?;
    cx.plan.new_kept = Some(new);
    Ok(Applied::done(notes.join("; ")))
}

/// Keeps the old binary and stages the new one beside it. Doing it again is success.
pub fn stage(cx: &mut Context, new: &Kept) -> Outcome<()> {
    copies(cx.world.versions.as_mut(), cx.world.agent_files.as_mut(), &mut cx.plan, new)
}

fn copies(
    versions: &mut dyn VersionStore,
    agent_files: &mut dyn AgentFiles,
    plan: &mut Plan,
    new: &Kept,
) -> Outcome<()> {
    if let Some(old) = plan.old.clone() {
        let binary = plan.place.binary.clone();
        let kept = versions.keep(&binary, &old.shown(), None)?;
        if kept.sha256 != old.sha256 {
            return Err(Failure::new(
                Class::Security,
                format!("`{}` changed while the run was under way", binary.display()),
            )
            .hint("somebody else replaces it; the next check adopts what is there"));
        }
        plan.old_kept = Some(kept);
        agent_files.back_up(&plan.place)?;
    }
    agent_files.stage(new, &plan.place)
}

/// What differs between the two binaries, for those who decide by it. Where one says nothing of itself it
/// stays unknown: that fails no run.
fn tell_changes(cx: &mut Context, new: &Kept) {
    if cx.plan.old.is_none() {
        return;
    }
    let old = cx.plan.place.binary.clone();
    let mut inspect = |path: &Path| cx.world.builder.inspect(path).ok().flatten();
    let Some((old, new)) = inspect(&old).zip(inspect(&new.path)) else { return };
    let changes = Changes::between(&old, &new);
    cx.run.changes = Some(changes.clone());
    cx.plan.run.changes = Some(changes.clone());
    cx.emit(EventKind::ChangesKnown { changes });
}

/// The candidate's build information must say exactly what was asked for.
fn prove(cx: &mut Context, built: &Built) -> Outcome<Kept> {
    let target = super::build::target(cx)?;
    cx.world.builder.check_target(&built.binary)?;
    let info = cx.world.builder.inspect(&built.binary)?.ok_or_else(|| {
        Failure::new(Class::Proof, format!("`{}` carries no build information", built.binary.display()))
    })?;
    let package = match cx.plan.package.as_str() {
        "" => cx.plan.module.clone(),
        package => format!("{}/{package}", cx.plan.module),
    };
    for (what, expected, found) in [
        ("module", cx.plan.module.as_str(), info.main.path.as_str()),
        ("package", package.as_str(), info.package.as_str()),
        ("version", target.as_str(), info.main.version.as_str()),
        ("sum", built.sum.as_str(), info.main.sum.as_str()),
    ] {
        if expected != found {
            return Err(wrong(&info, what, expected, found));
        }
    }
    if info.main.replaced_by.is_some() {
        return Err(wrong(&info, "module", "the published one", "a replacement"));
    }
    let pinned = cx.world.records.pin_sum(&cx.plan.module.clone(), &target, &built.sum)?;
    if pinned != built.sum {
        return Err(Failure::new(
            Class::Security,
            format!(
                "the content of {} {target} changed since it was first seen: {pinned} then, {} now",
                cx.plan.module, built.sum
            ),
        )
        .hint("a published version must never change: ask its authors; a new version is not affected"));
    }
    let known: Vec<String> = cx.world.versions.kept()?.into_iter().map(|kept| kept.sha256).collect();
    let kept = cx.world.versions.keep(&built.binary, target.as_str(), Some(&built.sum))?;
    cx.plan.new_is_fresh = !known.contains(&kept.sha256);
    Ok(kept)
}

fn wrong(info: &BuildInfo, what: &str, expected: &str, found: &str) -> Failure {
    Failure::new(Class::Proof, format!("the built binary's {what} is `{found}`, not `{expected}`"))
        .cause(format!("it was built by {} from {} {}", info.go_version, info.main.path, info.main.version))
        .hint("check agent.module and agent.package")
}
