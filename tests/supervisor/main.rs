//! The embedded supervisor with real processes: alone, and in the real `run`.
#![allow(clippy::print_stdout, clippy::print_stderr)]

#[cfg(target_os = "linux")]
#[path = "../kit/mod.rs"]
mod kit;

#[cfg(target_os = "linux")]
mod life;
#[cfg(target_os = "linux")]
mod output;
#[cfg(target_os = "linux")]
mod place;
#[cfg(target_os = "linux")]
mod run;
#[cfg(target_os = "linux")]
mod update;

#[cfg(target_os = "linux")]
fn main() {
    let parts = [
        ("life", life::tests()),
        ("output", output::tests()),
        ("run", run::tests()),
        ("update", update::tests()),
    ];
    kit::trials::run_parts(parts);
}

#[cfg(not(target_os = "linux"))]
fn main() {
    eprintln!("tests of the supervisor are skipped: they need Linux");
}
