//! The systemd adapter against a real systemd, in a machine.
//!
//! A scenario must run where its systemd runs: the test program starts itself again inside the machine as
//! `systemd --inside SCENARIO`, and there calls the adapter.
#![allow(clippy::print_stdout, clippy::print_stderr, clippy::unwrap_used)]

#[cfg(target_os = "linux")]
mod kit;
#[cfg(target_os = "linux")]
#[path = "systemd/mod.rs"]
mod scenario;

#[cfg(target_os = "linux")]
fn main() {
    let mut words = std::env::args().skip(1);
    if words.next().as_deref() == Some(scenario::INSIDE) {
        return scenario::play(&words.next().expect("the name of a scenario"));
    }
    let possible = kit::base::Base::possible();
    if let Err(reason) = &possible {
        eprintln!("systemd scenarios are skipped: {reason}");
    }
    let trials =
        scenario::all().into_iter().map(|trial| trial.with_ignored_flag(possible.is_err())).collect();
    libtest_mimic::run(&libtest_mimic::Arguments::from_args(), trials).exit();
}

#[cfg(not(target_os = "linux"))]
fn main() {
    eprintln!("systemd scenarios are skipped: they need Linux");
}
