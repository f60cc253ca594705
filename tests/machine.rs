//! Scenarios on a machine with a real systemd. Without root or systemd-nspawn they are skipped, and one
//! line says why.
#![allow(clippy::print_stderr, clippy::print_stdout)]

use libtest_mimic::{Arguments, Trial};

#[cfg(target_os = "linux")]
mod kit;
#[cfg(target_os = "linux")]
#[path = "machine/mod.rs"]
mod scenario;

fn main() {
    let arguments = Arguments::from_args();
    libtest_mimic::run(&arguments, scenarios()).exit();
}

#[cfg(target_os = "linux")]
fn scenarios() -> Vec<Trial> {
    let possible = kit::base::Base::possible();
    if let Err(reason) = &possible {
        eprintln!("machine scenarios are skipped: {reason}");
    }
    let trials = scenario::all().into_iter();
    trials.map(|trial| trial.with_ignored_flag(possible.is_err())).collect()
}

#[cfg(not(target_os = "linux"))]
fn scenarios() -> Vec<Trial> {
    eprintln!("machine scenarios are skipped: they need Linux");
    Vec::new()
}
