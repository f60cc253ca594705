//! The program's figures, as `name value` lines; everything else that it says goes to standard error.
//! `tests/bench` runs it.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "figures and remarks are what this is for")]

use std::process::ExitCode;

#[cfg(target_os = "linux")]
mod check;
#[cfg(target_os = "linux")]
mod dashboard;
#[cfg(target_os = "linux")]
mod downtime;
#[cfg(target_os = "linux")]
mod growth;
#[cfg(target_os = "linux")]
mod idle;
#[cfg(target_os = "linux")]
mod outside;
#[cfg(target_os = "linux")]
mod overhead;
#[cfg(target_os = "linux")]
mod recovery;
#[cfg(target_os = "linux")]
mod snapshot;

#[cfg(target_os = "linux")]
#[allow(dead_code, reason = "the scenarios need more of it")]
#[path = "../machine/checks.rs"]
mod checks;
#[cfg(target_os = "linux")]
#[allow(dead_code, reason = "the tests of the dashboard need more of it")]
#[path = "../tui/fake.rs"]
mod fake;
#[cfg(target_os = "linux")]
#[allow(dead_code, reason = "the scenarios need more of it")]
#[path = "../machine/host.rs"]
mod host;
#[cfg(target_os = "linux")]
#[path = "../kit/mod.rs"]
mod kit;
#[cfg(target_os = "linux")]
#[allow(dead_code, reason = "the tests of the dashboard need more of it")]
#[path = "../tui/pty.rs"]
mod pty;
#[path = "../../src/host/http/test_runtime.rs"]
#[cfg(target_os = "linux")]
mod test_runtime;
#[cfg(target_os = "linux")]
#[allow(dead_code, reason = "only a part of it is needed here")]
#[path = "../../src/host/http/test_server.rs"]
mod test_server;

/// What is measured at once: the figures with their goals, and the way to their values.
struct Group {
    figures: &'static [Goal],
    measure: fn() -> Result<Vec<f64>, String>,
}

/// A figure's name, and the value that it should not exceed, if there is one.
struct Goal {
    name: &'static str,
    at_most: Option<f64>,
}

const fn goal(name: &'static str, at_most: f64) -> Goal {
    Goal { name, at_most: Some(at_most) }
}

/// Told to understand another figure; nothing is expected of it.
const fn told(name: &'static str) -> Goal {
    Goal { name, at_most: None }
}

#[cfg(target_os = "linux")]
const GROUPS: &[Group] = &[
    Group { figures: &[goal("check_cpu_ratio", 0.05)], measure: check::ratio },
    Group { figures: &[goal("downtime_ratio", 2.5)], measure: downtime::ratio },
    Group {
        figures: &[goal("idle_rss_mib", 12.0), goal("idle_threads", 3.0), goal("idle_wakeups_per_s", 0.1)],
        measure: idle::figures,
    },
    Group { figures: &[goal("checks_rss_growth_kib", 256.0)], measure: growth::figure },
    Group { figures: &[goal("snapshot_ratio", 1.5)], measure: snapshot::ratio },
    Group {
        figures: &[goal("snapshot_ratio_reflink", 1.5), goal("snapshot_reflink_ms_300mb_over_3mb", 1.5)],
        measure: snapshot::reflink,
    },
    Group { figures: &[told("recovery_ms"), told("recovery_ratio")], measure: recovery::figures },
    Group { figures: &[goal("update_overhead_ratio_warm", 1.1)], measure: overhead::warm },
    Group { figures: &[goal("update_overhead_ratio_cold", 1.1)], measure: overhead::cold },
    Group { figures: &[goal("tui_first_frame_ms", 50.0)], measure: dashboard::first_frame },
    Group {
        figures: &[goal("tui_idle_bytes_per_s", 2.0), goal("tui_idle_wakeups_per_s", 1.0)],
        measure: dashboard::idle,
    },
    Group {
        figures: &[
            goal("tui_flood_bytes_per_s_80x24", 5_000.0),
            goal("tui_flood_bytes_per_s_200x60", 50_000.0),
            goal("tui_key_to_frame_ms", 50.0),
            goal("tui_rss_mib", 12.0),
        ],
        measure: dashboard::flood,
    },
    Group { figures: &[goal("tui_reconnect_ms", 1_000.0)], measure: dashboard::reconnect },
    Group { figures: &[goal("tui_hangup_exit_ms", 1_000.0)], measure: dashboard::hangup },
];
#[cfg(not(target_os = "linux"))]
const GROUPS: &[Group] = &[];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    #[cfg(target_os = "linux")]
    if let Some(code) = part(&arguments) {
        return code;
    }
    if !arguments.iter().any(|argument| argument == "--bench") {
        eprintln!("nothing is measured here: use tests/bench");
        return ExitCode::SUCCESS;
    }
    let wanted: Vec<&str> =
        arguments.iter().map(String::as_str).filter(|argument| !argument.starts_with("--")).collect();
    let known = |name: &&str| GROUPS.iter().flat_map(|group| group.figures).any(|goal| goal.name == *name);
    if let Some(unknown) = wanted.iter().find(|name| !known(name)) {
        eprintln!("there is no figure {unknown} here");
        return ExitCode::from(2);
    }
    let is_wanted = |goal: &Goal| wanted.is_empty() || wanted.contains(&goal.name);
    let mut code = ExitCode::SUCCESS;
    for group in GROUPS.iter().filter(|group| group.figures.iter().any(is_wanted)) {
        match (group.measure)() {
            Ok(values) => {
                for (goal, value) in group.figures.iter().zip(values).filter(|(goal, _)| is_wanted(goal)) {
                    report(goal, value);
                }
            }
            Err(error) => {
                for goal in group.figures.iter().filter(|goal| is_wanted(goal)) {
                    eprintln!("{} cannot be measured: {error}", goal.name);
                }
                code = ExitCode::FAILURE;
            }
        }
    }
    code
}

fn report(goal: &Goal, value: f64) {
    println!("{} {value:.3}", goal.name);
    let Some(at_most) = goal.at_most else { return };
    let verdict = if value <= at_most { "reached" } else { "missed" };
    eprintln!("{}: at most {at_most} {verdict}", goal.name);
}

/// Some figures need a process of their own: this program again, with the name of the part first.
#[cfg(target_os = "linux")]
fn part(arguments: &[String]) -> Option<ExitCode> {
    let result = match arguments {
        [part, folder] if part == snapshot::PART => snapshot::part(folder.as_ref()),
        [part, config] if part == growth::PART => growth::part(config.as_ref()),
        _ => return None,
    };
    Some(match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    })
}

/// The middle of the values, which are sorted; that of two is their mean.
#[cfg(target_os = "linux")]
fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values.len() {
        0 => f64::NAN,
        length if length % 2 == 1 => values[middle],
        _ => f64::midpoint(values[middle - 1], values[middle]),
    }
}
