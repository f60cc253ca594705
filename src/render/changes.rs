//! What differs between two versions: on one line, and in a few.

use super::words;
use crate::model::Changes;
use crate::model::changes::Change;

/// How many differences of one sort a line names.
const NAMED: usize = 4;
/// How many a list shows.
const LISTED: usize = 20;

/// One line for the log: the Go release, how many dependencies and settings, and the first of each.
pub fn line(changes: &Changes) -> String {
    let mut parts: Vec<String> = changes.go.iter().map(|go| format!("Go {}", way(go))).collect();
    for (noun, list) in [("dependenc", &changes.dependencies), ("build setting", &changes.settings)] {
        if list.is_empty() {
            continue;
        }
        let mut names: Vec<String> = list.iter().take(NAMED).map(one).collect();
        if list.len() > NAMED {
            names.push(format!("and {} more", list.len() - NAMED));
        }
        let count = match (noun, list.len()) {
            ("dependenc", 1) => "1 dependency".to_owned(),
            ("dependenc", many) => format!("{many} dependencies"),
            (noun, many) => words::count(many, noun),
        };
        parts.push(format!("{count}: {}", names.join(", ")));
    }
    match parts.is_empty() {
        true => "Go, dependencies and build settings are the same".to_owned(),
        false => parts.join("; "),
    }
}

/// A line for each difference, long lists cut.
pub fn lines(changes: &Changes) -> Vec<String> {
    if changes.is_empty() {
        return vec![line(changes)];
    }
    let mut lines: Vec<String> = changes.go.iter().map(|go| format!("Go {}", way(go))).collect();
    for list in [&changes.dependencies, &changes.settings] {
        lines.extend(list.iter().take(LISTED).map(one));
        if list.len() > LISTED {
            lines.push(format!("and {} more (`--json` lists all)", list.len() - LISTED));
        }
    }
    lines
}

fn one(change: &Change) -> String {
    format!("{} {}", change.name, way(change))
}

fn way(change: &Change) -> String {
    // A setting may be there and empty.
    let shown = |value: &str| if value.is_empty() { "\"\"".to_owned() } else { value.to_owned() };
    match (&change.from, &change.to) {
        (Some(from), Some(to)) => format!("{} -> {}", shown(from), shown(to)),
        (None, Some(to)) => format!("{} (new)", shown(to)),
        (Some(from), None) => format!("{} (gone)", shown(from)),
        (None, None) => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(name: &str, from: Option<&str>, to: Option<&str>) -> Change {
        Change { name: name.into(), from: from.map(Into::into), to: to.map(Into::into) }
    }

    fn many(count: usize) -> Vec<Change> {
        (0..count).map(|n| change(&format!("m{n}"), None, Some("v1.0.0"))).collect()
    }

    #[test]
    fn a_line_names_the_first_and_counts_the_rest() {
        let go = Some(change("go", Some("go1.25.1"), Some("go1.26.8")));
        for (changes, expected) in [
            (Changes::default(), "Go, dependencies and build settings are the same"),
            (Changes { go: go.clone(), ..Changes::default() }, "Go go1.25.1 -> go1.26.8"),
            (
                Changes {
                    go,
                    dependencies: vec![change("a.test/x", Some("v1.0.0"), None)],
                    settings: vec![
                        change("-tags", Some(""), Some("netgo")),
                        change("GOAMD64", None, Some("v3")),
                    ],
                },
                "Go go1.25.1 -> go1.26.8; 1 dependency: a.test/x v1.0.0 (gone); 2 build settings: -tags \"\" -> netgo, GOAMD64 v3 (new)",
            ),
            (
                Changes { dependencies: many(6), ..Changes::default() },
                "6 dependencies: m0 v1.0.0 (new), m1 v1.0.0 (new), m2 v1.0.0 (new), m3 v1.0.0 (new), and 2 more",
            ),
        ] {
            assert_eq!(line(&changes), expected);
        }
    }

    #[test]
    fn a_long_list_is_cut() {
        let lines = lines(&Changes { dependencies: many(LISTED + 7), ..Changes::default() });
        assert_eq!(lines.len(), LISTED + 1);
        assert_eq!(lines[LISTED], "and 7 more (`--json` lists all)");
        assert_eq!(super::lines(&Changes::default()).len(), 1);
    }
}
