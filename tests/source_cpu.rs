//! What one check costs when nothing changed, against the go command asking the same proxy.
#![cfg(target_os = "linux")]
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a test says what it passed over and what it measured"
)]

#[path = "figures/check.rs"]
mod check;
#[path = "../src/host/http/test_runtime.rs"]
mod test_runtime;
#[allow(dead_code, reason = "only a part of it is needed here")]
#[path = "../src/host/http/test_server.rs"]
mod test_server;

use check::{go_list, ours};

/// Of the go command's processor time.
const GOAL: f64 = 1.0 / 20.0;

#[test]
fn an_unchanged_check_costs_a_fraction_of_the_go_command() {
    let with_etag = ours(true);
    let without = ours(false);
    println!("one unchanged check: {with_etag:.3} ms by ETag, {without:.3} ms by content (processor time)");
    let Some(go) = go_list() else {
        println!("not compared: there is no go command on PATH");
        return;
    };
    println!(
        "go list -m -json MODULE@latest: {go:.3} ms; ratio 1/{:.0} and 1/{:.0}",
        go / with_etag,
        go / without
    );
    // An unoptimised build says nothing about the program.
    if !cfg!(debug_assertions) {
        assert!(with_etag <= go * GOAL && without <= go * GOAL);
    }
}
