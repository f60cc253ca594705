//! Bring the service's definition up to date, only where it must change.

use crate::model::Outcome;

use super::super::context::Context;
use super::Applied;

/// Writes the definition, or lets the agent register itself where the manager does not know it.
pub fn apply(cx: &mut Context) -> Outcome<Applied> {
    let Some(change) = cx.plan.definition.clone() else {
        return Ok(Applied::skipped("the service's definition stays as it is"));
    };
    if change.before.is_none() && !cx.plan.spec.install_args.is_empty() {
        // An earlier try of this run may have come so far: most agents refuse to register twice.
        let spec = cx.plan.spec.clone();
        if cx.world.services.definition(&spec)?.present.is_none() {
            cx.world.services.self_register(&spec)?;
        }
        return Ok(Applied::done("the agent registered itself"));
    }
    cx.world.services.define(&cx.plan.place.service, &change.path, Some(&change.after))?;
    Ok(Applied::done(format!("`{}` written", change.path.display())))
}

/// Writes the former definition back.
pub fn undo(cx: &mut Context) -> Outcome<()> {
    match &cx.plan.definition {
        Some(change) => {
            cx.world.services.define(&cx.plan.place.service, &change.path, change.before.as_deref())
        }
        None => Ok(()),
    }
}
