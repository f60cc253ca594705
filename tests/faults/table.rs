//! The line of a kind of fault in the table that `tests/run` prints.

use super::plan::{Case, Report};

/// Prints how many cases there were of `kind` and how many of them survived. What was over before its fault
/// was not tried.
pub(crate) fn tell(kind: &str, cases: &[Case], reports: &[Report]) {
    let each = |of: fn(&Report) -> u64| reports.iter().map(of).sum::<u64>() / reports.len().max(1) as u64;
    let met = reports.iter().filter(|report| report.met || report.wrong.is_some()).count();
    let survived = reports.iter().filter(|report| report.met && report.wrong.is_none()).count();
    let (took, work) = (each(|report| report.took_ms), each(|report| report.cpu_ms));
    let unmet = cases.len() - met;
    eprintln!("{kind}: {met} cases, {took} ms each, {work} ms of it work; over before the fault: {unmet}");
    println!("fault-table: {} {met} {survived} REAL", kind.replace(' ', "-"));
}
