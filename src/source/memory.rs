//! What is kept between two checks: little, and bounded.

use std::collections::VecDeque;

use crate::host::digest;
use crate::host::http::Validators;
use crate::model::Version;

/// How many immutable files are remembered. A check needs one or two; a run asks for two more.
const KEPT: usize = 16;

/// A file that may change, as it was last seen.
pub(super) struct Seen<T> {
    /// By what its server recognises it.
    pub(super) validators: Validators,
    /// Its digest: for servers that give nothing to recognise it by.
    digest: String,
    /// What it said.
    pub(super) value: T,
}

impl<T> Seen<T> {
    /// A file as it was just read.
    pub(super) fn new(bytes: &[u8], validators: Validators, value: T) -> Self {
        Self { validators, digest: digest::sha256(bytes), value }
    }

    /// True when `bytes` are those seen before.
    pub(super) fn is(&self, bytes: &[u8]) -> bool {
        self.digest == digest::sha256(bytes)
    }
}

/// Files that never change, newest first: a version's metadata and its go.mod.
pub(super) struct Cache<T>(VecDeque<(String, Version, T)>);

impl<T> Default for Cache<T> {
    fn default() -> Self {
        Self(VecDeque::new())
    }
}

impl<T: Clone> Cache<T> {
    /// The file of `version` of `module`.
    pub(super) fn get(&self, module: &str, version: &Version) -> Option<T> {
        let found = self.0.iter().find(|(m, v, _)| m == module && v == version);
        found.map(|(_, _, value)| value.clone())
    }

    /// Remembers it; the oldest makes room.
    pub(super) fn put(&mut self, module: &str, version: &Version, value: T) {
        self.0.truncate(KEPT - 1);
        self.0.push_front((module.to_owned(), version.clone(), value));
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn the_cache_is_bounded_and_keeps_the_newest() {
        let mut cache = Cache::default();
        let version = |n: usize| Version::parse(&format!("v1.{n}.0")).unwrap();
        for n in 0..=KEPT {
            cache.put("a", &version(n), n);
        }
        assert_eq!(cache.get("a", &version(0)), None);
        assert_eq!(cache.get("a", &version(1)), Some(1));
        assert_eq!(cache.get("a", &version(KEPT)), Some(KEPT));
        assert_eq!(cache.get("b", &version(KEPT)), None);
        assert_eq!(cache.0.len(), KEPT);
    }

    #[test]
    fn a_file_is_recognised_by_its_bytes() {
        let seen = Seen::new(b"v1.0.0\n", Validators::default(), ());
        assert!(seen.is(b"v1.0.0\n"));
        assert!(!seen.is(b"v1.1.0\n"));
    }
}
