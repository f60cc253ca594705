//! Go's patterns of module paths, as in `GOPRIVATE`.

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
