//! Releases of Go that are fetched: from a tree made here with a checksum database of its own, and every
//! lie about them; and once the real one, which then builds a module.
#![allow(clippy::print_stdout, reason = "a test says what it measured")]

#[cfg(unix)]
#[path = "releases/go.rs"]
mod go;
#[cfg(unix)]
mod kit;
#[cfg(unix)]
mod releases;

fn main() {
    #[cfg(unix)]
    go::main();
}
