//! Settings that are each right and together wrong.

use std::path::Path;

use super::problem::Problem;
use super::settings::Settings;
use crate::model::Setting;

impl Settings {
    /// Every pair that cannot stand together; `values` says where each comes from.
    pub(super) fn contradictions(&self, values: &[Setting]) -> Vec<Problem> {
        let (updater, agent, paths) = (&self.updater, &self.agent, &self.paths);
        let cache = |place: &Path| inside(place, &paths.cache);
        let rules = [
            (
                updater.service_name == agent.service_name,
                "agent.service_name",
                "it is the updater's own service, updater.service_name",
            ),
            (
                updater.binary == agent.binary,
                "agent.binary",
                "it is the updater's own program, updater.binary",
            ),
            (
                agent.database.is_some() && agent.database == agent.log,
                "agent.database",
                "it is the agent's log file, agent.log",
            ),
            (cache(&paths.data), "paths.cache", "it may be emptied at any time, and paths.data is inside"),
            (cache(&paths.state), "paths.cache", "it may be emptied at any time, and paths.state is inside"),
            (
                agent.database.as_deref().is_some_and(cache),
                "paths.cache",
                "it may be emptied at any time, and agent.database is inside",
            ),
            (
                cache(&agent.binary),
                "paths.cache",
                "it may be emptied at any time, and agent.binary is inside",
            ),
        ];
        let broken = rules.into_iter().filter(|(broken, ..)| *broken);
        broken.map(|(_, key, reason)| problem(values, key, reason)).collect()
    }
}

/// Is a path the directory itself, or somewhere below it?
fn inside(path: &Path, directory: &Path) -> bool {
    path.starts_with(directory)
}

fn problem(values: &[Setting], key: &str, reason: &str) -> Problem {
    let setting = values.iter().find(|setting| setting.key == key);
    Problem {
        key: Some(key.to_owned()),
        value: setting.map(|setting| setting.value.clone()),
        place: setting.map(|setting| setting.origin.to_string()).unwrap_or_default(),
        reason: reason.to_owned(),
        accepted: None,
    }
}
