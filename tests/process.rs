//! Child processes against the real guard: the built program, real shells, real trees of processes.

#[cfg(target_os = "linux")]
#[path = "process/linux.rs"]
mod linux;

fn main() {
    #[cfg(target_os = "linux")]
    linux::main();
}
