//! Is the module compared with a checksum database? The environment alone must not switch that off.

use super::layers::Layers;
use super::problem::Problem;
use crate::model::Origin;

/// The settings that can switch it off, as texts.
struct Rules<'a> {
    database: &'a str,
    private: &'a str,
    unchecked: &'a str,
}

impl Rules<'_> {
    /// The key that switches the comparison off for the module.
    fn off_by(&self, module: &str) -> Option<&'static str> {
        // As for Go: the special patterns replace the general ones as soon as there are any.
        let (key, patterns) = match self.unchecked {
            "" => ("build.goprivate", self.private),
            unchecked => ("build.gonosumdb", unchecked),
        };
        if self.database == "off" {
            Some("build.gosumdb")
        } else {
            matches_any(patterns, module).then_some(key)
        }
    }
}

/// A problem if the checksum database is off for `module`, and would be on without the environment.
pub(super) fn check(layers: &Layers, module: &str) -> Option<Problem> {
    let text = |path| layers.winner(path).and_then(|entry| entry.value.as_str()).unwrap_or_default();
    let own = |path| {
        layers.winner_without_environment(path).and_then(|entry| entry.value.as_str()).unwrap_or_default()
    };
    let all = Rules {
        database: text("build.gosumdb"),
        private: text("build.goprivate"),
        unchecked: text("build.gonosumdb"),
    };
    let without = Rules {
        database: own("build.gosumdb"),
        private: own("build.goprivate"),
        unchecked: own("build.gonosumdb"),
    };
    let key = all.off_by(module)?;
    if without.off_by(module).is_some() {
        return None;
    }
    let place =
        layers.winner(key).map_or_else(|| Origin::Default.to_string(), |entry| entry.origin.to_string());
    Some(Problem {
        key: Some(key.to_owned()),
        value: layers.winner(key).map(|entry| entry.value.to_string()),
        place,
        reason: format!(
            "it switches the checksum database off for `{module}`, and the environment alone may not"
        ),
        accepted: Some(format!(
            "the same in the configuration file, as `{}`, if that is meant",
            key.replace("build.", "[build] ")
        )),
    })
}

/// Does one of the patterns match the path or the elements it begins with (Go's `GOPRIVATE`)?
pub fn matches_any(patterns: &str, path: &str) -> bool {
    patterns
        .split(',')
        .map(|pattern| pattern.trim_end_matches('/'))
        .filter(|pattern| !pattern.is_empty())
        .any(|pattern| {
            let globs: Vec<&str> = pattern.split('/').collect();
            let elements: Vec<&str> = path.split('/').collect();
            globs.len() <= elements.len()
                && globs.iter().zip(elements).all(|(glob, element)| matches(glob, element))
        })
}

/// A shell's glob on one element: `*`, `?`, `[a-z]`, `[^a-z]`, `\` before a character. A malformed one
/// matches nothing.
fn matches(glob: &str, element: &str) -> bool {
    let glob: Vec<char> = glob.chars().collect();
    let element: Vec<char> = element.chars().collect();
    matches_from(&glob, &element)
}

fn matches_from(glob: &[char], element: &[char]) -> bool {
    match (glob, element) {
        ([], rest) => rest.is_empty(),
        (['*', glob @ ..], _) => (0..=element.len()).any(|skipped| matches_from(glob, &element[skipped..])),
        (_, []) => false,
        (['?', glob @ ..], [_, rest @ ..]) => matches_from(glob, rest),
        (['[', class @ ..], [c, rest @ ..]) => match in_class(class, *c) {
            Some((true, glob)) => matches_from(glob, rest),
            _ => false,
        },
        (['\\', literal, glob @ ..] | [literal, glob @ ..], [c, rest @ ..]) => {
            literal == c && matches_from(glob, rest)
        }
    }
}

/// Is the character in the class that starts after `[`, and what follows the class? `None`: malformed.
fn in_class(class: &[char], c: char) -> Option<(bool, &[char])> {
    let (negated, mut rest) = match class {
        ['^', rest @ ..] => (true, rest),
        rest => (false, rest),
    };
    let mut found = false;
    let mut first = true;
    loop {
        let low;
        (low, rest) = match rest {
            [']', after @ ..] if !first => return Some((found != negated, after)),
            [']' | '-', ..] | [] => return None,
            ['\\', literal, after @ ..] => (*literal, after),
            [literal, after @ ..] => (*literal, after),
        };
        let high;
        (high, rest) = match rest {
            ['-', '\\', high, after @ ..] => (*high, after),
            ['-', ']' | '-', ..] | ['-'] => return None,
            ['-', high, after @ ..] => (*high, after),
            after => (low, after),
        };
        found |= (low..=high).contains(&c);
        first = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_as_they_do_for_go() {
        let cases = [
            ("", "a.b/c", false),
            ("none", "a.b/c", false),
            ("a.b", "a.b/c", true),
            ("a.b/", "a.b/c", true),
            ("a.b/c/d", "a.b/c", false),
            ("x,*.b/c", "a.b/c/d", true),
            ("*", "a.b/c", true),
            ("a.b/*", "a.b", false),
            ("*.corp.example", "git.corp.example/x", true),
            ("*.corp.example", "corp.example/x", false),
            ("a?b", "a.b/c", true),
            ("[a-c].b", "b.b/c", true),
            ("[^a-c].b", "b.b/c", false),
            ("[^x-z].b", "b.b/c", true),
            ("[a", "a", false),
            ("[]a]", "]", false),
            (r"\*", "*", true),
            (r"\*", "x", false),
            ("a*b*c", "aXbYc", true),
            ("a*b*c", "aXbY", false),
            (",,a.b,", "a.b", true),
        ];
        for (patterns, path, expected) in cases {
            assert_eq!(matches_any(patterns, path), expected, "{patterns} {path}");
        }
    }
}
