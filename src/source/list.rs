//! The list of a module's versions.

use crate::model::Version;
use crate::model::go_mod::check_major;

/// What `@v/list` says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Listing {
    /// The tagged versions, ascending, each once.
    pub(super) versions: Vec<Version>,
    /// The newest of the pseudo-versions, which are no tags: for proxies without an `@latest`.
    pub(super) newest_commit: Option<Version>,
}

impl Listing {
    /// Puts versions in order.
    pub(super) fn of(mut versions: Vec<Version>) -> Self {
        versions.sort_unstable();
        versions.dedup();
        Self { versions, newest_commit: None }
    }

    /// Reads a list: one version a line, anything after a blank is passed over, and so is what is no
    /// canonical version of `module`. The go command trips over short forms (`v1.2`) and metadata
    /// (`v1.3.0+x`) in a list; an update that waits for a typing error to be corrected helps nobody.
    pub(super) fn parse(module: &str, bytes: &[u8]) -> Self {
        let mut versions = Vec::new();
        let mut newest: Option<(String, Version)> = None;
        for line in bytes.split(|&b| b == b'\n') {
            let Some(version) = read(module, line) else { continue };
            if !version.is_pseudo() {
                versions.push(version);
                continue;
            }
            let stamp = stamp(&version);
            if newest.as_ref().is_none_or(|(best, _)| *best < stamp) {
                newest = Some((stamp, version));
            }
        }
        Self { newest_commit: newest.map(|(_, version)| version), ..Self::of(versions) }
    }
}

fn read(module: &str, line: &[u8]) -> Option<Version> {
    let word = std::str::from_utf8(line).ok()?.split_whitespace().next()?;
    // The first look costs nothing: a garbage file of a million lines must not build a million errors.
    if !word.starts_with('v') || word.matches('.').count() < 2 {
        return None;
    }
    let version = Version::parse(word).ok()?;
    check_major(module, &version).ok()?;
    Some(version)
}

/// The time in a pseudo-version, `yyyymmddhhmmss`, which sorts as text.
fn stamp(version: &Version) -> String {
    let pre = version.semver().pre.as_str();
    let head = pre.rsplit_once('-').map_or(pre, |(head, _)| head);
    head.rsplit('.').next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn parsed(module: &str, text: &str) -> Vec<String> {
        Listing::parse(module, text.as_bytes()).versions.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn keeps_what_can_be_asked_for_in_order() {
        let text = "v1.10.0\r\n  v1.2.0 2026-01-02T03:04:05Z\n\nv1.2.0\nv1.12\nv1\nv1.3.0+meta\n1.4.0\ngarbage\n\
                    v1.0.1-0.20191109021931-daa7c04131f5\nv2.0.0\nv2.0.0+incompatible\nv1.10.0-rc.1\nv1.9.0";
        assert_eq!(
            parsed("example.org/a", text),
            ["v1.2.0", "v1.9.0", "v1.10.0-rc.1", "v1.10.0", "v2.0.0+incompatible"]
        );
        assert_eq!(parsed("example.org/a/v2", "v1.0.0\nv2.1.0\nv2.0.0+incompatible"), ["v2.1.0"]);
        assert!(parsed("example.org/a", "").is_empty());
        assert_eq!(Listing::parse("example.org/a", b"\xff\xfe\nv1.0.0\n").versions.len(), 1);
    }

    #[test]
    fn the_newest_commit_is_the_one_with_the_latest_time() {
        let text = "v0.0.0-20200101000000-aaaaaaaaaaaa\nv0.1.1-0.20190101000000-bbbbbbbbbbbb\n";
        let newest = Listing::parse("example.org/a", text.as_bytes()).newest_commit;
        assert_eq!(newest.map(|v| v.to_string()).as_deref(), Some("v0.0.0-20200101000000-aaaaaaaaaaaa"));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(512))]

        #[test]
        fn any_bytes_give_an_ordered_list(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let listing = Listing::parse("example.org/a", &bytes);
            prop_assert!(listing.versions.windows(2).all(|pair| pair[0] < pair[1]));
        }

        #[test]
        fn every_version_of_a_list_is_found(numbers in proptest::collection::btree_set((0u64..3, 0u64..30, 0u64..30), 0..20)) {
            let text: String = numbers.iter().rev().map(|(a, b, c)| format!("v{}.{b}.{c}\n", a % 2)).collect();
            let expected: std::collections::BTreeSet<String> = text.lines().map(str::to_owned).collect();
            let found: std::collections::BTreeSet<String> = parsed("example.org/a", &text).into_iter().collect();
            prop_assert_eq!(found, expected);
        }
    }
}
