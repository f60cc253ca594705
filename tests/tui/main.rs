//! The dashboard in real pseudo-terminals.
#![allow(clippy::print_stdout, clippy::print_stderr)]

#[cfg(target_os = "linux")]
#[path = "../kit/mod.rs"]
mod kit;

#[cfg(target_os = "linux")]
mod bytes;
#[cfg(target_os = "linux")]
mod fake;
#[cfg(target_os = "linux")]
mod leaving;
#[cfg(target_os = "linux")]
mod place;
#[cfg(target_os = "linux")]
mod pty;
#[cfg(target_os = "linux")]
mod real;
#[cfg(target_os = "linux")]
mod remote;
#[cfg(target_os = "linux")]
mod service;
#[cfg(target_os = "linux")]
mod steering;

#[cfg(target_os = "linux")]
fn main() {
    let parts = [
        ("leaving", leaving::tests()),
        ("service", service::tests()),
        ("steering", steering::tests()),
        ("remote", remote::tests()),
        ("real", real::tests()),
    ];
    kit::trials::run_parts(parts);
}

#[cfg(not(target_os = "linux"))]
fn main() {
    eprintln!("tests of the dashboard are skipped: they need Linux");
}
