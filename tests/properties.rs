//! Properties over generated cases: parsers against the go command's own code, and everything that reads
//! foreign bytes against garbage. `SENTINEL_TESTS=exhaustive` tries at least 100,000 cases of each.
#![allow(clippy::print_stderr, clippy::unwrap_used)]

use libtest_mimic::{Arguments, Trial};

#[cfg(target_os = "linux")]
mod kit;
#[cfg(target_os = "linux")]
#[path = "properties/mod.rs"]
mod property;

fn main() {
    let arguments = Arguments::from_args();
    libtest_mimic::run(&arguments, trials()).exit();
}

#[cfg(target_os = "linux")]
fn trials() -> Vec<Trial> {
    property::all()
}

#[cfg(not(target_os = "linux"))]
fn trials() -> Vec<Trial> {
    eprintln!("properties are skipped: they need Linux");
    Vec::new()
}
