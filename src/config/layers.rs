//! The layers above the defaults: file, environment, flags; the strongest that has a key wins.

use std::collections::BTreeMap;

use toml::Value;

use super::file::meant_key;
use super::problem::Problem;
use super::settings::{KEYS, find};
use super::table::Key;
use crate::model::Origin;

/// A value and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Entry {
    pub value: Value,
    pub origin: Origin,
}

/// One layer: entries by the path of their key.
type Layer = BTreeMap<String, Entry>;

/// What was given, by strength.
#[derive(Default)]
pub(super) struct Layers {
    file: Layer,
    environment: Layer,
    flags: Layer,
}

impl Layers {
    pub(super) fn add_file(&mut self, entries: Vec<(&'static Key, Entry)>) {
        self.file.extend(entries.into_iter().map(|(key, entry)| (key.path(), entry)));
    }

    /// A variable that is set but empty counts as not set, as it does for Go.
    pub(super) fn add_environment(&mut self, read: &dyn Fn(&str) -> Option<String>) {
        for key in KEYS {
            let set = |name: &&'static str| {
                let name = *name;
                read(name).filter(|text| !text.is_empty()).map(|text| (name, text))
            };
            if let Some((name, text)) = key.env.iter().find_map(set) {
                let entry =
                    Entry { value: from_text(text), origin: Origin::Environment { name: name.to_owned() } };
                self.environment.insert(key.path(), entry);
            }
        }
    }

    /// A flag with an unknown key is a problem: whoever typed it is there to correct it.
    pub(super) fn add_flags(&mut self, flags: &[(String, String)], problems: &mut Vec<Problem>) {
        let origin = Origin::Flag { name: "--set".into() };
        for (path, text) in flags {
            let (section, name) =
                path.split_once('.').map_or((None, path.as_str()), |(section, name)| (Some(section), name));
            if section.and_then(|section| find(section, name)).is_some() {
                let entry = Entry { value: from_text(text.clone()), origin: origin.clone() };
                self.flags.insert(path.clone(), entry);
                continue;
            }
            let meant =
                meant_key(section, name).map_or_else(String::new, |meant| format!("; did you mean {meant}?"));
            problems.push(Problem {
                key: Some(path.clone()),
                value: None,
                place: origin.to_string(),
                reason: format!("there is no such setting{meant}"),
                accepted: None,
            });
        }
    }

    /// The entry that wins.
    pub(super) fn winner(&self, path: &str) -> Option<&Entry> {
        self.flags.get(path).or_else(|| self.environment.get(path)).or_else(|| self.file.get(path))
    }

    /// The entry that would win if the environment were empty.
    pub(super) fn winner_without_environment(&self, path: &str) -> Option<&Entry> {
        self.flags.get(path).or_else(|| self.file.get(path))
    }
}

/// A text from outside the file: a list or a table in TOML's syntax, else the text itself.
fn from_text(text: String) -> Value {
    if !text.starts_with(['[', '{']) {
        return Value::String(text);
    }
    let parsed = format!("v = {text}").parse::<toml::Table>().ok().and_then(|mut table| table.remove("v"));
    parsed.unwrap_or(Value::String(text))
}
