//! From a decision or a command to a plan.

use crate::model::agent::Life;
use crate::model::go_mod::path_of;
use crate::model::plan::DatabaseChoice;
use crate::model::{By, Class, Failure, Kept, Outcome, Plan, Run, RunKind, Version};

use super::{Engine, downtime, staging};

/// A plan that builds `target`.
pub(super) fn build(engine: &mut Engine, kind: RunKind, target: &Version, by: By) -> Outcome<Plan> {
    let mut plan = base(engine, kind, by)?;
    plan.run.to = Some(target.to_string());
    plan.module = path_of(&plan.module, target);
    plan.target = Some(target.clone());
    if let Some(staged) = staging::usable(engine, target)? {
        plan.new_kept = Some(staged.kept);
        plan.new_is_fresh = true;
    }
    Ok(plan)
}

/// A plan that goes to a kept version.
pub(super) fn to_kept(
    engine: &mut Engine,
    kind: RunKind,
    kept: &Kept,
    choice: DatabaseChoice,
    by: By,
) -> Outcome<Plan> {
    let mut plan = base(engine, kind, by)?;
    plan.run.to = Some(kept.version.clone());
    plan.target = Version::parse(&kept.version).ok();
    plan.new_kept = Some(kept.clone());
    plan.database_choice = choice;
    Ok(plan)
}

/// A plan that puts the committed binary back from the store.
pub(super) fn repair(engine: &mut Engine, by: By) -> Outcome<Plan> {
    let committed =
        engine.world.records.committed()?.ok_or_else(|| {
            Failure::new(Class::Internal, "nothing was committed, so nothing can be repaired")
        })?;
    let kept = engine.world.versions.kept()?.into_iter().find(|kept| kept.sha256 == committed.sha256);
    match (kept, Version::parse(&committed.version)) {
        (Some(kept), _) => to_kept(engine, RunKind::Repair, &kept, DatabaseChoice::Keep, by),
        // An adopted binary never came into the store: its version is built again.
        (None, Ok(version)) => {
            let mut plan = build(engine, RunKind::Install, &version, by)?;
            plan.run.kind = RunKind::Install;
            Ok(plan)
        }
        (None, Err(_)) => Err(Failure::new(
            Class::Refused,
            format!(
                "`{}` vanished, and its version is unknown and not kept",
                engine.policy.place.binary.display()
            ),
        )
        .hint("`update VERSION` installs a version")),
    }
}

fn base(engine: &mut Engine, kind: RunKind, by: By) -> Outcome<Plan> {
    let policy = engine.policy.clone();
    let world = &mut engine.world;
    let now = world.clock.now();
    let mut run = Run::new(world.machine.new_run_id(now), kind, by, now);
    let old = world.agent_files.installed(&policy.place.binary)?;
    run.from = old.as_ref().map(crate::model::Installed::shown);
    let service = world.services.state(&policy.place.service)?;
    // Stopped in order by somebody: it stays stopped. A first installation starts it, and a binary
    // that vanished under its service took the service down with it.
    let run_after = match service.life {
        Life::Running | Life::Changing | Life::Failed | Life::Absent => true,
        Life::Stopped => old.is_none(),
    };
    let expected_downtime_ms = match old.is_some() && run_after {
        true => Some(downtime::of(&mut engine.world, &policy)?.ms),
        false => None,
    };
    Ok(Plan {
        package: policy.package,
        was_failing: service.is_failing(),
        old,
        run_after,
        restore_policy: policy.restore,
        health: policy.health,
        keep_versions: policy.keep_versions,
        version_args: policy.version_args,
        build_timeout: policy.build_timeout,
        state: policy.state,
        probation: policy.probation,
        expected_downtime_ms,
        ..Plan::new(run, policy.module, policy.place, policy.spec)
    })
}
