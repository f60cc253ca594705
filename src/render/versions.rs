//! Versions: what is installed, kept, held and on offer.

use super::table::Table;
use super::words;
use crate::model::{Held, Kept, Staged, Timestamp, Version, VersionRow};

/// A version that was on offer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// The version.
    pub version: Version,
    /// When it was first seen.
    pub first_seen_at: Timestamp,
    /// Its author's word for when it was made.
    pub commit_time: Option<Timestamp>,
}

/// Joins what is known of each version, highest first; those without a proper version come last.
/// `installed` is the agent's version as shown and whether it was retracted; `staged` lies among `kept` and
/// is no version to go back to.
pub fn rows(
    installed: Option<(&str, bool)>,
    kept: &[Kept],
    staged: Option<&Staged>,
    held: &[Held],
    offers: &[Offer],
) -> Vec<VersionRow> {
    let mut rows: Vec<VersionRow> = Vec::new();
    if let Some((version, retracted)) = installed {
        let row = row(&mut rows, version);
        row.installed = true;
        row.retracted = Some(retracted);
    }
    for kept in kept {
        let candidate = staged.is_some_and(|staged| staged.kept.sha256 == kept.sha256);
        let row = row(&mut rows, &kept.version);
        match candidate {
            true => row.staged = true,
            false => row.kept = true,
        }
    }
    for held in held {
        row(&mut rows, held.version.as_str()).held = true;
    }
    for offer in offers {
        let row = row(&mut rows, offer.version.as_str());
        row.available = true;
        row.first_seen_at = Some(offer.first_seen_at);
        row.commit_time = offer.commit_time;
    }
    rows.sort_by(|a, b| {
        let key = |row: &VersionRow| (Version::parse(&row.version).ok(), row.version.clone());
        key(b).cmp(&key(a))
    });
    rows
}

fn row<'a>(rows: &'a mut Vec<VersionRow>, version: &str) -> &'a mut VersionRow {
    let at = rows.iter().position(|row| row.version == version).unwrap_or_else(|| {
        rows.push(VersionRow {
            version: version.to_owned(),
            installed: false,
            kept: false,
            staged: false,
            held: false,
            available: false,
            retracted: None,
            commit_time: None,
            first_seen_at: None,
            snapshot_at: None,
            schema_differs: None,
        });
        rows.len() - 1
    });
    &mut rows[at]
}

/// What is to be said of a version, in words: `installed, kept`.
pub fn states(row: &VersionRow) -> String {
    let states = [
        (row.installed, "installed"),
        (row.kept, "kept"),
        (row.staged, "staged"),
        (row.held, "held"),
        (row.retracted == Some(true), "retracted"),
        (row.available, "available"),
    ];
    let states: Vec<&str> = states.iter().filter(|(is, _)| *is).map(|(_, word)| *word).collect();
    states.join(", ")
}

/// One line a version, with the reason of a hold; empty for no versions.
pub fn text(rows: &[VersionRow], held: &[Held], now: Timestamp) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let mut table = Table::with_headings(&["VERSION", "STATE", "FIRST SEEN", "MADE", "NOTE"]);
    for row in rows {
        let age = |at: Option<Timestamp>| at.map_or_else(|| "-".to_owned(), |at| words::age(at, now));
        let note = held.iter().find(|held| held.version.as_str() == row.version).map(|held| {
            let until = held.retry_at.map_or_else(String::new, |at| format!(" (until {})", words::time(at)));
            format!("{}{until}", held.reason)
        });
        table.row([
            row.version.clone(),
            states(row),
            age(row.first_seen_at),
            age(row.commit_time),
            note.unwrap_or_default(),
        ]);
    }
    table.text(0)
}

#[cfg(test)]
mod tests {
    use super::super::samples;
    use super::*;

    fn kept(version: &str) -> Kept {
        Kept {
            version: version.into(),
            sha256: String::new(),
            path: "/x".into(),
            kept_at: samples::at("2026-11-24T03:00:00Z"),
            sum: None,
            snapshot: None,
        }
    }

    fn offer(version: &str) -> Offer {
        Offer {
            version: Version::parse(version).expect("a version"),
            first_seen_at: samples::at("2026-11-24T03:00:00Z"),
            commit_time: None,
        }
    }

    #[test]
    fn what_is_known_of_a_version_is_joined() {
        let held = [samples::held()];
        let candidate = Staged {
            version: Version::parse("v1.4.10").expect("a version"),
            module: String::new(),
            package: String::new(),
            fingerprint: String::new(),
            kept: Kept { sha256: "candidate".into(), ..kept("v1.4.10") },
            at: samples::at("2026-11-24T03:00:00Z"),
            run: String::new(),
            forced: false,
        };
        let offers = [offer("v1.4.2"), offer("v1.4.10"), offer("v1.4.9")];
        let rows = rows(
            Some(("v1.4.2", true)),
            &[kept("v1.4.2"), kept("unknown"), candidate.kept.clone()],
            Some(&candidate),
            &held,
            &offers,
        );
        let order: Vec<&str> = rows.iter().map(|row| row.version.as_str()).collect();
        assert_eq!(order, ["v1.4.10", "v1.4.9", "v1.4.2", "unknown"]);
        let now = samples::at("2026-11-24T05:00:00Z");
        assert_eq!(
            text(&rows, &held, now),
            "\
VERSION  STATE                                  FIRST SEEN  MADE  NOTE
v1.4.10  staged, available                      2 h ago     -
v1.4.9   held, available                        2 h ago     -     it failed
v1.4.2   installed, kept, retracted, available  2 h ago     -
unknown  kept                                   -           -
"
        );
        assert_eq!(text(&[], &[], now), "");
    }

    #[test]
    fn the_keys_are_always_there() {
        let rows = rows(None, &[kept("v1.0.0")], None, &[], &[]);
        assert_eq!(
            serde_json::to_string(&rows).expect("JSON"),
            r#"[{"version":"v1.0.0","installed":false,"kept":true,"staged":false,"held":false,"available":false,"retracted":null,"commit_time":null,"first_seen_at":null,"snapshot_at":null,"schema_differs":null}]"#
        );
    }
}
