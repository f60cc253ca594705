//! One record as a line: `CHECKSUM JSON\n`.
//!
//! The checksum is the first 64 bits of the JSON's SHA-256 in hexadecimal digits. The JSON is an envelope
//! with the schema, the version of the program that wrote it, a sequence number and the record. It
//! holds no line end and no zero byte, because JSON escapes both.

use serde::{Deserialize, Serialize};

use crate::host::digest;
use crate::model::{Class, Failure, Outcome, Record};

/// Raised when an older program could misread what is written.
const SCHEMA: u32 = 1;
const CHECKSUM_DIGITS: usize = 16;

#[derive(Serialize, Deserialize)]
struct Envelope<Entry> {
    schema: u32,
    /// Version of the program that wrote it.
    by: String,
    seq: u64,
    entry: Entry,
}

/// What a line turned out to be.
#[derive(Debug)]
pub(super) enum Line {
    /// A record with its sequence number.
    Record(u64, Box<Record>),
    /// Written whole, but by a program whose words are not known here; its version.
    Foreign(String),
    /// Torn or damaged.
    Damaged,
}

/// The line of `record`, with its end.
pub(super) fn encode(seq: u64, record: &Record) -> Outcome<Vec<u8>> {
    let envelope = Envelope { schema: SCHEMA, by: env!("CARGO_PKG_VERSION").to_owned(), seq, entry: record };
    let json = serde_json::to_string(&envelope).map_err(|error| {
        Failure::new(Class::Internal, "cannot write a journal record as JSON").because(&error)
    })?;
    Ok(format!("{} {json}\n", checksum(json.as_bytes())).into_bytes())
}

/// Reads a line without its end.
pub(super) fn decode(line: &[u8]) -> Line {
    let Some((sum, rest)) = line.split_at_checked(CHECKSUM_DIGITS) else { return Line::Damaged };
    let Some(json) = rest.strip_prefix(b" ") else { return Line::Damaged };
    if sum != checksum(json).as_bytes() {
        return Line::Damaged;
    }
    let Ok(envelope) = serde_json::from_slice::<Envelope<serde_json::Value>>(json) else {
        return Line::Foreign("unknown".into());
    };
    if envelope.schema > SCHEMA {
        return Line::Foreign(envelope.by);
    }
    match serde_json::from_value(envelope.entry) {
        Ok(record) => Line::Record(envelope.seq, Box::new(record)),
        Err(_) => Line::Foreign(envelope.by),
    }
}

fn checksum(json: &[u8]) -> String {
    let mut digest = digest::sha256(json);
    digest.truncate(CHECKSUM_DIGITS);
    digest
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A line with a right checksum around any JSON.
    fn sealed(json: &str) -> Vec<u8> {
        format!("{} {json}", checksum(json.as_bytes())).into_bytes()
    }

    #[test]
    fn a_record_comes_back_with_its_number() {
        let record = Record::Recovered { attempt: 2 };
        let line = encode(7, &record).expect("encode");
        assert_eq!(line.last(), Some(&b'\n'));
        match decode(&line[..line.len() - 1]) {
            Line::Record(7, found) => assert_eq!(*found, record),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn what_another_version_wrote_is_told_from_damage() {
        let newer = r#"{"schema":2,"by":"9.0.0","seq":1,"entry":{"record":"recovered","attempt":1}}"#;
        assert!(matches!(decode(&sealed(newer)), Line::Foreign(by) if by == "9.0.0"));
        let unknown = r#"{"schema":1,"by":"0.9.0","seq":1,"entry":{"record":"teleported"}}"#;
        assert!(matches!(decode(&sealed(unknown)), Line::Foreign(by) if by == "0.9.0"));
        assert!(matches!(decode(&sealed("[]")), Line::Foreign(_)));
        for damaged in ["", "0123456789abcdef", "0123456789abcdef {}", "short {}"] {
            assert!(matches!(decode(damaged.as_bytes()), Line::Damaged), "{damaged}");
        }
    }
}
