//! What a journal's bytes say: records, where they end, and whether something is wrong.

use super::line::{self, Line};
use crate::model::{Class, Failure, Outcome, Record};

/// A journal's bytes, understood.
#[derive(Debug, Default)]
pub(super) struct Contents {
    /// All whole records, in order.
    pub(super) records: Vec<Record>,
    /// Where the last whole record ends.
    pub(super) end: usize,
    /// What is wrong.
    pub(super) fault: Fault,
}

/// What can be wrong with a journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Fault {
    /// Nothing.
    #[default]
    None,
    /// The last record was cut off while it was written. It was never acknowledged: nothing is lost.
    TornTail,
    /// Something that was acknowledged is gone. The rest is true and worth keeping.
    Damaged,
}

/// Reads a journal.
///
/// # Errors
/// `Refused` when a whole record was written by a program whose words are not known here: it must not
/// be passed over, and least of all set aside as damage.
pub(super) fn parse(bytes: &[u8]) -> Outcome<Contents> {
    let mut contents = Contents::default();
    let mut sequence = 0;
    // Chunks that are no record: one at the very end is a torn write.
    let mut strange = 0;
    let mut start = 0;
    while start < bytes.len() {
        let length = bytes[start..].iter().position(|byte| *byte == b'\n');
        let end = length.map_or(bytes.len(), |length| start + length);
        let line = if length.is_some() { line::decode(&bytes[start..end]) } else { Line::Damaged };
        match line {
            Line::Record(number, record) => {
                if strange > 0 || number != sequence + 1 {
                    contents.fault = Fault::Damaged;
                }
                sequence = number;
                contents.records.push(*record);
                contents.end = end + 1;
            }
            Line::Foreign(by) => return Err(foreign(&by)),
            Line::Damaged => strange += 1,
        }
        start = end + 1;
    }
    contents.fault = match (contents.fault, strange) {
        (Fault::None, 0) => Fault::None,
        // A journal begins with its first record in place, so that one is never torn.
        (Fault::None, 1) if !contents.records.is_empty() => Fault::TornTail,
        _ => Fault::Damaged,
    };
    Ok(contents)
}

fn foreign(by: &str) -> Failure {
    Failure::new(Class::Refused, format!("the journal was written by sentinel-updater {by}"))
        .cause(format!("this is {}, which cannot read it", env!("CARGO_PKG_VERSION")))
        .hint(format!("install sentinel-updater {by} or newer again; the journal was left as it is"))
}

/// The records of the run that is open, from `Begin` on; none: no run is.
///
/// Where damage took `Begin` away, the complete plan in `Switch` stands in for it. A run that lost
/// both never got to the agent, or cannot be undone by anybody.
pub(super) fn open_run(mut records: Vec<Record>) -> Vec<Record> {
    if let Some(end) = records.iter().rposition(|record| matches!(record, Record::End { .. })) {
        records.drain(..=end);
    }
    if let Some(begin) = records.iter().rposition(|record| matches!(record, Record::Begin { .. })) {
        return records.split_off(begin);
    }
    let switch = records.iter().rev().find_map(|record| match record {
        Record::Switch { plan } => Some(plan.clone()),
        _ => None,
    });
    let Some(plan) = switch else { return Vec::new() };
    records.insert(0, Record::Begin { plan });
    records
}

/// The last `End` record.
pub(super) fn last_end(records: &[Record]) -> Option<&Record> {
    records.iter().rev().find(|record| matches!(record, Record::End { .. }))
}
