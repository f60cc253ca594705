//! Go releases and the `go` lines of go.mod files, in the order of the go command.

use std::fmt;

/// The oldest release that is accepted: the first that refuses by itself what it is too old for.
pub(super) const OLDEST: GoVersion = GoVersion { major: 1, minor: 21, patch: None, pre: None };

/// `go1.26.8`, `go1.27rc1`, or a go.mod line: `1.22`, `1.23.4`.
///
/// Since 1.21 a bare `1.21` names the language, which comes before `1.21rc1` and that before `1.21.0`
/// (as in Go's internal package gover).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GoVersion {
    major: u32,
    minor: u32,
    // The order of the fields is the order of versions: none sorts first.
    patch: Option<u32>,
    pre: Option<(Pre, u32)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Pre {
    Alpha,
    Beta,
    Rc,
}

impl GoVersion {
    /// True for what is neither a beta nor a candidate, and names one release.
    pub(super) fn is_stable(&self) -> bool {
        self.pre.is_none() && self.patch.is_some()
    }

    /// Reads a version with or without `go` before it. What a vendor adds after a blank or a `-`
    /// (`go1.26.8 X:boringcrypto`, `go1.22.1-custom`) does not count; of a development tree
    /// (`devel go1.28-abcdef`) the release that it will become does.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let text = text.strip_prefix("devel ").unwrap_or(text);
        let text = text.strip_prefix("go").unwrap_or(text);
        let text = text.split([' ', '-', '+']).next()?;
        let (major, rest) = text.split_once('.')?;
        let (minor, rest) = digits(rest)?;
        let mut version = Self { major: number(major)?, minor, patch: None, pre: None };
        if let Some(patch) = rest.strip_prefix('.') {
            version.patch = Some(number(patch)?);
        } else if !rest.is_empty() {
            let word = rest.find(|symbol: char| symbol.is_ascii_digit())?;
            let pre = match &rest[..word] {
                "alpha" => Pre::Alpha,
                "beta" => Pre::Beta,
                "rc" => Pre::Rc,
                _ => return None,
            };
            version.pre = Some((pre, number(&rest[word..])?));
        } else if version.major == 1 && minor < 21 {
            // Until then the first release of a line had no third number.
            version.patch = Some(0);
        }
        Some(version)
    }
}

fn digits(text: &str) -> Option<(u32, &str)> {
    let end = text.find(|symbol: char| !symbol.is_ascii_digit()).unwrap_or(text.len());
    Some((number(&text[..end])?, &text[end..]))
}

fn number(text: &str) -> Option<u32> {
    if !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    text.parse().ok()
}

impl fmt::Display for GoVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)?;
        if let Some(patch) = self.patch {
            write!(f, ".{patch}")?;
        }
        match self.pre {
            Some((Pre::Alpha, number)) => write!(f, "alpha{number}"),
            Some((Pre::Beta, number)) => write!(f, "beta{number}"),
            Some((Pre::Rc, number)) => write!(f, "rc{number}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn v(text: &str) -> GoVersion {
        GoVersion::parse(text).unwrap_or_else(|| panic!("{text}"))
    }

    #[test]
    fn orders_as_the_go_command() {
        let sorted = [
            "1.18",
            "go1.20",
            "1.20.1",
            "1.21",
            "1.21rc2",
            "go1.21rc10",
            "1.21.0",
            "1.21.13",
            "1.22",
            "go1.26.8",
            "1.27beta1",
            "1.27rc1",
            "1.99.0",
            "2.0",
        ];
        for pair in sorted.windows(2) {
            assert!(v(pair[0]) < v(pair[1]), "{pair:?}");
        }
        assert!(v("go1.21.0") > OLDEST && v("go1.20.14") < OLDEST);
    }

    #[test]
    fn vendors_and_development_trees_are_read() {
        for (text, shown) in [
            ("go1.26.8 X:boringcrypto", "1.26.8"),
            ("go1.22.1-custom", "1.22.1"),
            ("devel go1.28-abcdef Thu Jan 1", "1.28"),
            ("go1.20", "1.20.0"),
            (" 1.27rc1\n", "1.27rc1"),
        ] {
            assert_eq!(v(text).to_string(), shown);
        }
        for bad in [
            "",
            "go",
            "1",
            "1.",
            "1.x",
            "1.2.",
            "1.2.3.4",
            "1.21foo1",
            "1.21rc",
            "+1.2",
            "1.+2",
            "1.99999999999",
        ] {
            assert_eq!(GoVersion::parse(bad), None, "{bad}");
        }
    }

    proptest! {
        #[test]
        fn nothing_makes_it_fall(text in "(go)?[0-9.rcbetalph+ -]{0,16}|\\PC{0,20}") {
            if let Some(version) = GoVersion::parse(&text) {
                prop_assert_eq!(GoVersion::parse(&version.to_string()), Some(version));
            }
        }
    }
}
