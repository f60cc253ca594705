//! Test functions that may find out that they cannot run here: they say why by [`skip`], return, and are
//! counted as ignored.
//!
//! ```ignore
//! fn main() {
//!     trials::run(trials::tests![as_root, always]);
//! }
//! ```
#![allow(clippy::print_stderr)]

use std::cell::RefCell;

use libtest_mimic::{Arguments, Completion, Trial};

/// A test function and its name.
pub type Test = (&'static str, fn());

thread_local! {
    static SKIPPED: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Says that the test which runs on this thread cannot run here, and why.
pub fn skip(why: impl Into<String>) {
    SKIPPED.with_borrow_mut(|skipped| *skipped = Some(why.into()));
}

/// The functions of these names, for [`run`].
#[allow(unused_macros, reason = "some programs need only the rest")]
macro_rules! tests {
    ($($(#[$meta:meta])* $name:ident),* $(,)?) => {
        Vec::<(&'static str, fn())>::from([$($(#[$meta])* (stringify!($name), $name as fn())),*])
    };
}
#[allow(unused_imports, reason = "some programs need only the rest")]
pub(crate) use tests;

/// The whole `main` of a test program.
pub fn run(tests: Vec<Test>) {
    run_named(tests.into_iter().map(|(name, test)| (name.to_owned(), test)));
}

/// The same with names of one's own.
fn run_named(tests: impl IntoIterator<Item = (String, fn())>) {
    let trials =
        tests.into_iter().map(|(name, test)| Trial::ignorable_test(name, move || Ok(complete(test))));
    libtest_mimic::run(&Arguments::from_args(), trials.collect()).exit();
}

/// The same for a program of several parts, which their tests are named after.
#[allow(dead_code, reason = "some programs need only the rest")]
pub fn run_parts(parts: impl IntoIterator<Item = (&'static str, Vec<Test>)>) {
    run_named(parts.into_iter().flat_map(|(part, tests)| {
        tests.into_iter().map(move |(name, test)| (format!("{part}::{name}"), test))
    }));
}

fn complete(test: fn()) -> Completion {
    // A thread may have run another test before.
    SKIPPED.take();
    test();
    match SKIPPED.take() {
        Some(why) => {
            eprintln!("skipped: {why}");
            Completion::ignored_with(why)
        }
        None => Completion::Completed,
    }
}
