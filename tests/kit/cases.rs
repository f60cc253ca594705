//! How much a test tries: a sample that is fast, or all that is worth trying.

/// Set to `exhaustive`: every case, however long it takes.
const EXTENT: &str = "SENTINEL_TESTS";
/// What a property is tried with at least, when everything is tried.
const EXHAUSTIVE: u32 = 100_000;

/// Whether everything is to be tried.
pub fn exhaustive() -> bool {
    std::env::var_os(EXTENT).is_some_and(|extent| extent == "exhaustive")
}

/// The number of cases of a property: `usual`, or 100,000 when everything is to be tried.
pub fn cases(usual: u32) -> u32 {
    if exhaustive() { usual.max(EXHAUSTIVE) } else { usual }
}
