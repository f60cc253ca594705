//! The commands as people and scripts use them while the real service runs: without root, without a service
//! manager, with the real go.
#![allow(clippy::print_stdout, clippy::print_stderr)]

#[cfg(target_os = "linux")]
#[path = "../kit/mod.rs"]
mod kit;

#[cfg(target_os = "linux")]
mod absent;
#[cfg(target_os = "linux")]
mod asking;
#[cfg(target_os = "linux")]
mod following;
#[cfg(target_os = "linux")]
mod host;
#[cfg(target_os = "linux")]
mod leaving;
#[cfg(target_os = "linux")]
#[path = "../tui/pty.rs"]
#[allow(dead_code)]
mod pty;
#[cfg(target_os = "linux")]
mod silent;
#[cfg(target_os = "linux")]
mod terminal;
#[cfg(target_os = "linux")]
mod watching;

#[cfg(target_os = "linux")]
fn main() {
    let parts = [
        ("absent", absent::tests()),
        ("asking", asking::tests()),
        ("following", following::tests()),
        ("leaving", leaving::tests()),
        ("silent", silent::tests()),
        ("terminal", terminal::tests()),
        ("watching", watching::tests()),
    ];
    kit::trials::run_parts(parts);
}

#[cfg(not(target_os = "linux"))]
fn main() {
    eprintln!("tests of the commands are skipped: they need Linux");
}
