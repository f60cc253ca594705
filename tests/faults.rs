//! Nothing gets lost: the real program on a real file system, killed, cut off from its power and failed at
//! every file operation of an update, a rollback and a recovery, then started again. Without root all of it
//! is skipped, and one line says why.
#![allow(clippy::print_stderr, clippy::print_stdout)]

use std::process::ExitCode;

#[cfg(target_os = "linux")]
#[path = "faults/mod.rs"]
mod cases;
#[cfg(target_os = "linux")]
mod kit;

#[cfg(target_os = "linux")]
fn main() -> ExitCode {
    cases::main()
}

#[cfg(not(target_os = "linux"))]
fn main() -> ExitCode {
    eprintln!("faults are skipped: they need Linux");
    ExitCode::SUCCESS
}
