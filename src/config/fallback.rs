//! Where the state lies when the configuration cannot be read: an interrupted switch is taken up all
//! the same.

use toml::Table;

use super::load::{ConfigFile, Loaded, Sources, load};
use super::settings::Settings;

/// The keys that say where the journal is.
const PLACES: [(&str, &str); 4] =
    [("updater", "service_name"), ("paths", "data"), ("paths", "state"), ("paths", "cache")];

/// Default settings with the places that the file still tells; where it tells none, with the state
/// directory that the service manager prepared (`STATE_DIRECTORY`, systemd.exec(5)).
pub fn fallback(sources: &Sources<'_>) -> Settings {
    let text = std::fs::read_to_string(sources.file.path()).unwrap_or_default();
    let table = whole_part(&text);
    let mut flags: Vec<(String, String)> = PLACES
        .iter()
        .filter_map(|(section, name)| {
            let text = table.get(*section)?.get(*name)?.as_str()?;
            Some((format!("{section}.{name}"), text.to_owned()))
        })
        .collect();
    if flags.is_empty()
        && let Some(list) = (sources.env)("STATE_DIRECTORY")
        && let Some(state) = list.split(':').next()
    {
        flags.push(("paths.state".to_owned(), state.to_owned()));
    }
    loop {
        match with(sources, &flags) {
            Some(loaded) => return loaded.settings,
            // A place that is no place does not count; without any the defaults are left.
            None => drop(flags.pop()),
        }
    }
}

/// What can still be read of a file that was cut off, or to which something was added: its longest
/// beginning that is TOML.
fn whole_part(text: &str) -> Table {
    let lines: Vec<&str> = text.lines().collect();
    (0..=lines.len()).rev().find_map(|end| lines[..end].join("\n").parse().ok()).unwrap_or_default()
}

fn with(sources: &Sources<'_>, flags: &[(String, String)]) -> Option<Loaded> {
    let plain = Sources {
        platform: sources.platform,
        cores: sources.cores,
        file: ConfigFile::Usual(std::path::PathBuf::new()),
        env: &|_| None,
        flags: flags.to_vec(),
    };
    load(&plain).ok()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::config::Platform;

    fn state(text: &str, env: Option<&str>) -> String {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("updater.toml");
        std::fs::write(&path, text).unwrap();
        let env = env.map(ToOwned::to_owned);
        let look = move |name: &str| (name == "STATE_DIRECTORY").then(|| env.clone()).flatten();
        let sources = Sources {
            platform: Platform::Linux,
            cores: 2,
            file: ConfigFile::Named(path),
            env: &look,
            flags: Vec::new(),
        };
        fallback(&sources).paths.state.display().to_string()
    }

    #[test]
    fn finds_the_state_in_what_is_left() {
        for (text, env, expected) in [
            ("[paths]\nstate = \"/x/state\"\n[updater]\ncheck_interval = \"soon\"\n", None, "/x/state"),
            ("[paths]\ndata = \"/x\"\n[updater\nnonsense", None, "/x/updater"),
            ("nonsense", Some("/y/state"), "/y/state"),
            ("nonsense", None, "/var/lib/sentinelgo/updater"),
            ("[paths]\nstate = \"relative\"\n", None, "/var/lib/sentinelgo/updater"),
        ] {
            assert_eq!(state(text, env), expected, "{text:?}");
        }
    }
}
