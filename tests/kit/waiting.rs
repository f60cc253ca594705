//! Waiting for what tells nobody.

use std::time::{Duration, Instant};

/// Longer than anything that is waited for takes.
const PATIENCE: Duration = Duration::from_secs(30);
/// Between two looks.
const LOOK: Duration = Duration::from_millis(5);

/// Waits until `wanted` holds of something that tells nobody.
pub fn until(what: &str, wanted: impl Fn() -> bool) {
    until_within(PATIENCE, what, wanted, String::new);
}

/// The same with another limit, and what is shown when it is over.
pub fn until_within(limit: Duration, what: &str, wanted: impl Fn() -> bool, shown: impl Fn() -> String) {
    let began = Instant::now();
    while !wanted() {
        assert!(began.elapsed() < limit, "{what}: {}", shown());
        std::thread::sleep(LOOK);
    }
}
