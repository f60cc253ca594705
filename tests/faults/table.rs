//! The line of a kind of fault in the table that `tests/run` prints.

use super::plan::{Case, Report};

/// Prints how many cases there were of `kind` and how many of them survived.
pub(crate) fn tell(kind: &str, cases: &[Case], reports: &[Report]) {
    let survived = reports.iter().filter(|report| report.wrong.is_none()).count();
    let took: u64 = reports.iter().map(|report| report.took_ms).sum();
    eprintln!("{kind}: {} cases, {} ms each", cases.len(), took / cases.len().max(1) as u64);
    println!("fault-table: {} {} {survived} REAL", kind.replace(' ', "-"), cases.len());
}
