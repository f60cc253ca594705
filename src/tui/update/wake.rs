//! When the picture changes by time alone.

use crate::model::Timestamp;
use crate::tui::model::{Link, Model};

const SECOND: i64 = 1;
const MINUTE: i64 = 60;

/// The time at which a tick changes what is shown though nothing else happens: a message goes, seconds are
/// counted while a run or the search for the service is under way, ages are told by the minute.
pub fn wake_at(model: &Model) -> Timestamp {
    let running = model.runs();
    let step = if running || model.link != Link::Connected { SECOND } else { MINUTE };
    let clock = next(model.now, step);
    model.toast.as_ref().map_or(clock, |toast| toast.until.min(clock))
}

/// The next time after `now` that is a multiple of so many seconds.
fn next(now: Timestamp, seconds: i64) -> Timestamp {
    let last = now.as_second().div_euclid(seconds) * seconds;
    Timestamp::from_second(last.saturating_add(seconds)).unwrap_or(Timestamp::MAX)
}
