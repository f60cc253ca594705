//! The properties, one file a subject.

use std::fmt::Debug;

use libtest_mimic::{Failed, Trial};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use crate::kit::cases::cases;
use crate::kit::go::Go;

mod answers;
mod binaries;
mod durations;
mod feeds;
mod go_mods;
mod journals;
mod mutations;
mod oracle;
mod settings;
mod texts;
mod versions;
mod views;

/// What the quick run tries.
const USUAL: u32 = 2_000;

/// Every property there is. Those that ask Go are ignored where there is none, and one line says so.
pub(crate) fn all() -> Vec<Trial> {
    let go = Go::find();
    if let Err(reason) = &go {
        eprintln!("comparisons with Go skipped: {reason}");
    }
    let with_go =
        [versions::properties(), durations::properties(), go_mods::properties(), binaries::properties()]
            .into_iter()
            .flatten()
            .map(|trial| trial.with_ignored_flag(go.is_err()));
    let alone = [
        journals::properties(),
        answers::properties(),
        texts::properties(),
        views::properties(),
        feeds::properties(),
        settings::properties(),
    ];
    with_go.chain(alone.into_iter().flatten()).collect()
}

/// A trial that may fail with words.
pub(crate) fn property(name: &str, play: fn() -> Result<(), String>) -> Trial {
    Trial::test(name, move || play().map_err(Failed::from))
}

/// Tries `test` with as many values of `strategy` as are asked for; the smallest that fails is told.
pub(crate) fn hold<S: Strategy>(
    strategy: &S,
    test: impl Fn(S::Value) -> Result<(), TestCaseError>,
) -> Result<(), String>
where
    S::Value: Debug,
{
    hold_for(cases(USUAL), strategy, test)
}

/// The same with a number of cases of its own.
pub(crate) fn hold_for<S: Strategy>(
    cases: u32,
    strategy: &S,
    test: impl Fn(S::Value) -> Result<(), TestCaseError>,
) -> Result<(), String>
where
    S::Value: Debug,
{
    let config =
        Config { cases, failure_persistence: None, max_global_rejects: 1 << 20, ..Config::default() };
    TestRunner::new(config).run(strategy, test).map_err(|error| error.to_string())
}

/// A folder in memory where there is one: nobody wants the cost of a disk a hundred thousand times.
pub(crate) fn folder() -> Result<tempfile::TempDir, String> {
    let memory = std::path::Path::new("/dev/shm");
    let folder = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() };
    folder.map_err(|error| error.to_string())
}
