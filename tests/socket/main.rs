//! The real `run` as its clients see it over the control socket, with an agent of its own and the real go.
#![allow(clippy::print_stdout, clippy::print_stderr)]

#[cfg(target_os = "linux")]
#[path = "../kit/mod.rs"]
mod kit;

#[cfg(target_os = "linux")]
mod access;
#[cfg(target_os = "linux")]
mod client;
#[cfg(target_os = "linux")]
mod host;
#[cfg(target_os = "linux")]
mod life;
#[cfg(target_os = "linux")]
mod story;

#[cfg(target_os = "linux")]
fn main() {
    if access::asked() {
        return;
    }
    let parts = [("access", access::tests()), ("life", life::tests()), ("story", story::tests())];
    kit::trials::run_parts(parts);
}

#[cfg(not(target_os = "linux"))]
fn main() {
    eprintln!("tests of the service's socket are skipped: they need Linux");
}
