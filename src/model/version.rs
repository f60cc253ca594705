//! Module versions as the go command orders them.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{Class, Failure};

/// A canonical module version: `v1.2.3`, `v1.2.3-rc.1`, `v2.0.0+incompatible`, or a pseudo-version.
///
/// The order is that of `golang.org/x/mod/semver`: semantic-version precedence without build
/// metadata. Two versions that differ only in `+incompatible` are ordered by their text, so that
/// equality and order agree.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Version {
    text: String,
    semver: semver::Version,
}

impl Version {
    /// Reads a canonical version. The leading `v` is required, short forms (`v1.2`) and build
    /// metadata other than `+incompatible` are refused: the go command refuses them as versions too.
    ///
    /// # Errors
    /// `Class::Usage` naming the text and what is accepted.
    pub fn parse(text: &str) -> Result<Self, Failure> {
        let wrong = || {
            Failure::new(Class::Usage, format!("`{}` is not a module version", text.escape_debug()))
                .hint("write it in full, like v1.4.2 or v1.5.0-rc.1")
        };
        let rest = text.strip_prefix('v').ok_or_else(wrong)?;
        let semver = semver::Version::parse(rest).map_err(|_| wrong())?;
        if !semver.build.is_empty() && semver.build.as_str() != "incompatible" {
            return Err(wrong());
        }
        Ok(Self { text: text.to_owned(), semver })
    }

    /// The text as it was read.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The semantic version without the leading `v`.
    pub fn semver(&self) -> &semver::Version {
        &self.semver
    }

    /// The major number.
    pub fn major(&self) -> u64 {
        self.semver.major
    }

    /// True for `-rc.1` and the like, and for pseudo-versions.
    pub fn is_prerelease(&self) -> bool {
        !self.semver.pre.is_empty()
    }

    /// True for `+incompatible`: a version of major 2 or more from before go.mod.
    pub fn is_incompatible(&self) -> bool {
        !self.semver.build.is_empty()
    }

    /// True for a version made from a commit (`v0.0.0-20260102150405-abcdefabcdef`).
    ///
    /// The three forms are those of `golang.org/x/mod/module.IsPseudoVersion`.
    pub fn is_pseudo(&self) -> bool {
        let Some((head, revision)) = self.semver.pre.as_str().rsplit_once('-') else { return false };
        let (base, stamp) = head.rsplit_once('.').unwrap_or(("", head));
        let revision_fits = !revision.is_empty() && revision.bytes().all(|b| b.is_ascii_alphanumeric());
        let stamp_fits = stamp.len() == 14 && stamp.bytes().all(|b| b.is_ascii_digit());
        let base_fits = match base {
            "" => self.semver.minor == 0 && self.semver.patch == 0,
            _ => base == "0" || base.ends_with(".0"),
        };
        revision_fits && stamp_fits && base_fits
    }
}

impl Ord for Version {
    fn cmp(&self, other: &Self) -> Ordering {
        self.semver.cmp_precedence(&other.semver).then_with(|| self.text.cmp(&other.text))
    }
}

impl PartialOrd for Version {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text)
    }
}

impl fmt::Debug for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl FromStr for Version {
    type Err = Failure;

    fn from_str(text: &str) -> Result<Self, Failure> {
        Self::parse(text)
    }
}

impl Serialize for Version {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

impl<'de> Deserialize<'de> for Version {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn v(text: &str) -> Version {
        Version::parse(text).unwrap()
    }

    #[test]
    fn reads_what_go_reads_and_nothing_else() {
        for good in
            ["v0.0.0", "v1.2.3", "v1.2.3-rc.1", "v2.0.0+incompatible", "v1.2.3-0.20191109021931-daa7c04131f5"]
        {
            assert_eq!(v(good).as_str(), good);
        }
        for bad in [
            "",
            "v",
            "1.2.3",
            "v1",
            "v1.2",
            "v1.2.3.4",
            "v01.2.3",
            "v1.2.3-01",
            "v1.3.0+meta",
            "V1.2.3",
            "v1.2.3 ",
        ] {
            assert!(Version::parse(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn orders_by_precedence() {
        let sorted = [
            "v1.0.0-rc.2",
            "v1.0.0-rc.10",
            "v1.0.0-rc10",
            "v1.0.0",
            "v1.0.1-0.20191109021931-daa7c04131f5",
            "v1.0.1",
            "v1.10.0",
        ];
        for pair in sorted.windows(2) {
            assert!(v(pair[0]) < v(pair[1]), "{pair:?}");
        }
    }

    #[test]
    fn knows_pseudo_versions() {
        for pseudo in [
            "v0.0.0-20191109021931-daa7c04131f5",
            "v2.0.0-20191109021931-daa7c04131f5+incompatible",
            "v1.2.4-0.20191109021931-daa7c04131f5",
            "v1.2.3-pre.0.20191109021931-daa7c04131f5",
        ] {
            assert!(v(pseudo).is_pseudo(), "{pseudo}");
        }
        for plain in
            ["v1.2.3", "v1.2.3-rc.1", "v1.2.3-20191109021931-daa7c04131f5", "v1.2.3-0.2019-x", "v1.0.0-a-b"]
        {
            assert!(!v(plain).is_pseudo(), "{plain}");
        }
    }
}
