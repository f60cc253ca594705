//! Configurations that were harmed: settings, or every problem in clean words.

use std::fs;
use std::path::{Path, PathBuf};

use libtest_mimic::Trial;
use proptest::prelude::*;
use sentinel_updater::config::{ConfigFile, KEYS, Loaded, Platform, Rejected, Sources, example, load};
use sentinel_updater::model::Failure;

use super::mutations::{harmed, harms};
use super::{folder, hold, property};

pub(crate) fn properties() -> Vec<Trial> {
    vec![
        property("settings::from_a_harmed_example_are_settings_or_problems", files),
        property("settings::from_any_bytes_are_settings_or_problems", bytes),
        property("settings::from_any_variables_and_flags_are_settings_or_problems", variables),
    ]
}

fn read(
    path: &Path,
    env: &dyn Fn(&str) -> Option<String>,
    flags: Vec<(String, String)>,
) -> Result<Loaded, Rejected> {
    load(&Sources {
        platform: Platform::Linux,
        cores: 2,
        file: ConfigFile::Usual(path.to_owned()),
        env,
        flags,
    })
}

fn check(loaded: Result<Loaded, Rejected>) -> Result<(), TestCaseError> {
    match loaded {
        Ok(loaded) => prop_assert_eq!(loaded.values.len(), KEYS.len()),
        Err(rejected) => {
            prop_assert!(!rejected.problems.is_empty());
            for problem in &rejected.problems {
                let text = problem.to_string();
                prop_assert!(!text.chars().any(char::is_control), "{:?}", text);
            }
            prop_assert!(!Failure::from(rejected).what.is_empty());
        }
    }
    Ok(())
}

fn value() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z/.:@-]{0,12}",
        "-?[0-9]{1,20}",
        "[0-9]{1,3}(ms|s|m|h|MB|KiB)",
        "(true|false)",
        "\"[^\"\\\\\n]{0,10}\"",
        "\\[(\"[a-z]{0,4}\",?){0,3}\\]",
        "\\{ [a-z]{1,3} = \"[a-z]{0,3}\" \\}",
        "\\PC{0,10}",
    ]
}

fn files() -> Result<(), String> {
    let folder = folder()?;
    let path = folder.path().join("updater.toml");
    let example = example(Platform::Linux, 2);
    let lines: Vec<String> = example.lines().map(str::to_owned).collect();
    let count = lines.len();
    let settings = prop::collection::vec((0..KEYS.len(), value()), 0..6);
    let strategy =
        (prop::collection::vec(0..count, 0..12), settings, harms("=[]{}\"'#.\n\t -_a0\u{1b}\u{0}é", 4));
    hold(&strategy, |(live, settings, harms)| {
        // Some of the lines that are commented out take effect.
        let mut text: String = lines
            .iter()
            .enumerate()
            .map(|(at, line)| match line.strip_prefix('#') {
                Some(rest) if live.contains(&at) => format!("{}\n", rest.trim_start()),
                _ if line.starts_with('[') || live.contains(&at) => format!("{line}\n"),
                _ => String::new(),
            })
            .collect();
        for (at, value) in settings {
            text.insert_str(0, &format!("{} = {value}\n", KEYS[at].path()));
        }
        fs::write(&path, harmed(&text, &harms)).expect("written");
        check(read(&path, &|_| None, Vec::new()))
    })
}

fn bytes() -> Result<(), String> {
    let folder = folder()?;
    let path = folder.path().join("updater.toml");
    let strategy = prop_oneof![
        prop::collection::vec(any::<u8>(), 0..200),
        "([a-z_]{1,8}(\\.[a-z_]{1,8})? ?= ?[a-z0-9\"\\[\\]{}]{0,8}\n|\\[[a-z.]{0,9}\\]\n){0,8}"
            .prop_map(String::into_bytes),
        (1..3_000_usize).prop_map(|depth| [b"a = ".to_vec(), b"[".repeat(depth)].concat()),
    ];
    hold(&strategy, |bytes| {
        fs::write(&path, bytes).expect("written");
        check(read(&path, &|_| None, Vec::new()))
    })
}

fn variables() -> Result<(), String> {
    let path = PathBuf::from("/nonexistent/updater.toml");
    let strategy = (
        prop::collection::vec((0..KEYS.len(), value()), 0..5),
        value(),
        prop::collection::vec((0..KEYS.len(), value()), 0..4),
    );
    hold(&strategy, |(flags, variable, more)| {
        let flags = flags.into_iter().chain(more).map(|(at, value)| (KEYS[at].path(), value)).collect();
        // Every variable that is asked for by its last letters has the same odd value.
        let env = |name: &str| name.len().is_multiple_of(5).then(|| variable.clone());
        check(read(&path, &env, flags))
    })
}
