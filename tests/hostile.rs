//! Module proxies that stall, lie, flood and break off: against the client with short limits, and against the
//! program itself where the answer comes at once. Each ends in time, in the right class, and names the URL.
#![allow(clippy::unwrap_used, clippy::print_stderr)]

#[cfg(target_os = "linux")]
#[path = "kit/fault_table.rs"]
mod fault_table;
#[cfg(target_os = "linux")]
#[path = "hostile/linux.rs"]
mod linux;
#[cfg(target_os = "linux")]
#[path = "../src/host/http/test_runtime.rs"]
mod test_runtime;
#[cfg(target_os = "linux")]
#[allow(dead_code, reason = "only a part of it is needed here")]
#[path = "../src/host/http/test_server.rs"]
mod test_server;
#[cfg(target_os = "linux")]
#[path = "kit/trials.rs"]
mod trials;

fn main() {
    #[cfg(target_os = "linux")]
    linux::main();
}
