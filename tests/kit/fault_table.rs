//! One line for each kind of fault that a test program injected, for the table over all of them.

use std::io::Write as _;

/// What a fault met.
#[derive(Debug, Clone, Copy)]
pub enum Met {
    /// The real program, or its own file operations in a process of their own, on a real file system.
    Real,
    /// A part of it, or a world in memory.
    Memory,
}

/// Tells that a kind of fault (a word without blanks) was tried so often and survived so often. The harness
/// holds back what a passing test prints, but not what is written past it.
pub fn tell(kind: &str, tried: usize, survived: usize, met: Met) {
    let met = match met {
        Met::Real => "REAL",
        Met::Memory => "MEMORY",
    };
    let line = format!("fault-table: {kind} {tried} {survived} {met}\n");
    // Without a place to write to nobody reads it either.
    let _ = std::io::stderr().write_all(line.as_bytes());
}
