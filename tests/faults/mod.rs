//! The cases, one file a kind of fault; each case is played in a lane of its own.
//!
//! ```text
//! plan.rs     what a case is
//! lane.rs     processes that play cases side by side, each in namespaces of its own
//! stand.rs    the place in a lane: a disk, the agent, the updater's configuration
//! play.rs     one case: the fault, the start after it, what must hold
//! checks.rs   what must hold
//! made.rs     what is made once: binaries, versions on offer, disks to start from
//! ```

use std::process::ExitCode;

use libtest_mimic::{Arguments, Failed, Trial};

use crate::kit::Result;

mod checks;
mod errors;
mod kills;
mod lane;
mod made;
mod plan;
mod play;
mod power;
mod process;
mod stand;
mod table;
mod traced;

/// Set to `exhaustive`: every place, not a sample.
const EXTENT: &str = "SENTINEL_TESTS";

/// Places from 1 to `count`: `most` of them, evenly spread with both ends, or all that there are.
fn sample(count: usize, most: usize) -> Vec<usize> {
    let all = std::env::var(EXTENT).is_ok_and(|extent| extent == "exhaustive");
    if all || count <= most || most < 2 {
        return (1..=count).collect();
    }
    (0..most).map(|nth| 1 + nth * (count - 1) / (most - 1)).collect()
}

pub(crate) fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().collect();
    match words.get(1).map(String::as_str) {
        Some("guard") => sentinel_updater::cli::main(),
        Some("lane") => lane::serve(&words[2]),
        _ => {
            let mut arguments = Arguments::from_args();
            // Each trial has as many lanes as this host can bear.
            arguments.test_threads = Some(1);
            let code = libtest_mimic::run(&arguments, trials()).exit_code();
            if let Err(error) = made::remove() {
                eprintln!("not removed: {error}");
            }
            code
        }
    }
}

/// Plays a trial.
type Play = fn() -> Result<()>;

fn trials() -> Vec<Trial> {
    let possible = lane::possible().and_then(|()| traced::possible());
    if let Err(reason) = &possible {
        eprintln!("faults are skipped: {reason}");
    }
    let all: Vec<(&str, Play)> = vec![
        ("killed_in_an_update", kills::update),
        ("killed_in_a_rollback", kills::crash),
        ("killed_in_a_rollback_with_the_database", kills::migration),
        ("killed_inside_its_database", kills::database),
        ("killed_in_an_installation", kills::install),
        ("killed_in_a_recovery", kills::recovery),
        ("power_cut_in_a_switch", power::switch),
        ("power_cut_in_a_rollback", power::rollback),
        ("power_cut_in_a_rollback_with_the_database", power::migration),
        ("power_cut_in_a_recovery", power::recovery),
        ("an_operation_fails", errors::once),
        ("operations_fail_from_then_on", errors::lasting),
        ("the_disk_is_full", errors::full),
        ("the_inodes_are_used_up", errors::inodes),
        ("the_folder_of_the_binary_is_read_only", errors::read_only),
        ("every_change_passes_a_point", traced::every_change_passes_a_point),
    ];
    let trial = |(name, play): (&str, Play)| {
        Trial::test(name, move || play().map_err(Failed::from)).with_ignored_flag(possible.is_err())
    };
    all.into_iter().map(trial).collect()
}
