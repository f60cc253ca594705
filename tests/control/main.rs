//! The control socket with real sockets, real users, and a service that is made up.
#![allow(dead_code, clippy::unwrap_used, clippy::print_stderr, clippy::print_stdout)]

#[cfg(unix)]
#[path = "../kit/mod.rs"]
mod kit;

#[cfg(unix)]
mod fake;
#[cfg(unix)]
mod house;
#[cfg(unix)]
mod talk;

#[cfg(unix)]
fn main() {
    let parts = [("talk", talk::tests())];
    kit::trials::run_named(parts.into_iter().flat_map(|(part, tests)| {
        tests.into_iter().map(move |(name, test)| (format!("{part}::{name}"), test))
    }));
}

#[cfg(not(unix))]
fn main() {
    eprintln!("tests of the control socket are skipped: they need Unix");
}
