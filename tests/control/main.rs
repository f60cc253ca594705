//! The control socket with real sockets, real users, and a service that is made up.
#![allow(clippy::unwrap_used, clippy::print_stderr, clippy::print_stdout)]

#[cfg(unix)]
#[path = "../kit/mod.rs"]
mod kit;

#[cfg(unix)]
mod child;
#[cfg(unix)]
mod codecs;
#[cfg(unix)]
mod fake;
#[cfg(unix)]
mod flood;
#[cfg(unix)]
mod house;
#[cfg(unix)]
mod place;
#[cfg(unix)]
mod raw;
#[cfg(unix)]
mod strangers;
#[cfg(unix)]
mod talk;
#[cfg(unix)]
mod users;
#[cfg(unix)]
mod wire;

#[cfg(unix)]
fn main() {
    if child::play() {
        return;
    }
    let parts = [
        ("codecs", codecs::tests()),
        ("flood", flood::tests()),
        ("place", place::tests()),
        ("strangers", strangers::tests()),
        ("talk", talk::tests()),
        ("users", users::tests()),
        ("wire", wire::tests()),
    ];
    kit::trials::run_parts(parts);
}

#[cfg(not(unix))]
fn main() {
    eprintln!("tests of the control socket are skipped: they need Unix");
}
