//! What is installed, kept, held and on offer: `versions`, from here and over the socket.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::config::Settings;
use crate::engine::majors::ever_seen;
use crate::model::snapshot::Schema;
use crate::model::{Held, Installed, Kept, Outcome, VersionRow};
use crate::render::versions::{self, Offer};
use crate::world;

/// Every version that is known, highest first, and what is said of those that are held.
///
/// # Errors
/// `Permission` when the updater's folder may not be read, `Disk`.
pub fn versions(settings: &Settings) -> Outcome<(Vec<VersionRow>, Vec<Held>)> {
    let agent = world::installed(settings)?;
    let installed = agent.as_ref().map(Installed::shown);
    let kept = world::kept(settings)?;
    let (mut held, mut staged, mut offers, mut retracted) = (Vec::new(), None, Vec::new(), false);
    if let Some(mut records) = world::reading(settings)? {
        held = records.held()?;
        staged = records.staged()?;
        retracted = records.alerts()?.iter().any(|alert| alert.id == "retracted");
        let seen = ever_seen(records.as_mut(), &settings.agent.module, agent.as_ref())?;
        offers.extend(seen.into_iter().map(|seen| Offer {
            version: seen.version,
            first_seen_at: seen.first_seen_at,
            commit_time: seen.commit_time,
        }));
    }
    let installed = installed.as_deref().map(|version| (version, retracted));
    let mut rows = versions::rows(installed, &kept, staged.as_ref(), &held, &offers);
    with_databases(settings, &mut rows, &kept);
    Ok((rows, held))
}

/// Adds what going back to a kept version would mean for the database.
fn with_databases(settings: &Settings, rows: &mut [VersionRow], kept: &[Kept]) {
    // Each database is looked at once; several versions left the same one.
    let mut today: BTreeMap<PathBuf, Option<Schema>> = BTreeMap::new();
    for row in rows.iter_mut().filter(|row| row.kept) {
        let of_version = kept.iter().filter(|kept| kept.version == row.version);
        let Some(snapshot) = of_version.filter_map(|kept| kept.snapshot.as_ref()).max_by_key(|it| it.at)
        else {
            continue;
        };
        row.snapshot_at = Some(snapshot.at);
        // Only for show: the list is whole without it.
        let schema = today
            .entry(snapshot.database.clone())
            .or_insert_with_key(|database| world::schema(settings, database).ok().flatten());
        row.schema_differs = snapshot.schema.zip(*schema).map(|(then, now)| then != now);
    }
}
