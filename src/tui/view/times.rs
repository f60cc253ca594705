//! Times on the screen. Those to come are told by the clock: an age would change every second.

use jiff::tz::TimeZone;

use crate::model::Timestamp;
use crate::render::words;
use crate::tui::model::Model;

/// Seconds as `00:41`, `1:02:03`.
pub fn clock(seconds: i64) -> String {
    let seconds = seconds.max(0);
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    match hours {
        0 => format!("{minutes:02}:{seconds:02}"),
        _ => format!("{hours}:{minutes:02}:{seconds:02}"),
    }
}

/// Seconds from one time to another, at least 0.
pub fn seconds(from: Timestamp, to: Timestamp) -> i64 {
    to.as_second().saturating_sub(from.as_second()).max(0)
}

/// How long ago something was. Within a minute the seconds do not matter, and would change every second.
pub fn ago(at: Timestamp, now: Timestamp) -> String {
    match seconds(at, now) {
        0..60 => "just now".to_owned(),
        _ => words::age(at, now),
    }
}

/// How long something lasts already, as [`ago`].
pub fn lasting(since: Timestamp, now: Timestamp) -> String {
    match seconds(since, now) {
        0..60 => "less than 1 min".to_owned(),
        far @ 60..3600 => format!("{} min", far / 60),
        far => {
            let far = u64::try_from(far).unwrap_or_default();
            words::duration(std::time::Duration::from_secs(far / 60 * 60))
        }
    }
}

/// A time on the clock of the wall: `15:04:30`, with its day if that is not today: `11-25 02:00:00`.
pub fn at(model: &Model, at: Timestamp) -> String {
    let zone = &model.zone;
    let format = if is_today(at, model.now, zone) { "%H:%M:%S" } else { "%m-%d %H:%M:%S" };
    at.to_zoned(zone.clone()).strftime(format).to_string()
}

/// Whether a time is on the day of another.
pub fn is_today(at: Timestamp, now: Timestamp, zone: &TimeZone) -> bool {
    let day = |at: Timestamp| zone.to_datetime(at).date();
    day(at) == day(now)
}

/// A number with its thousands apart: `1,204`.
pub fn number(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_clocks_are_written_for_people() {
        for (value, text) in
            [(0, "0"), (999, "999"), (1_204, "1,204"), (20_000, "20,000"), (1_234_567, "1,234,567")]
        {
            assert_eq!(number(value), text);
        }
        for (value, text) in [(-5, "00:00"), (41, "00:41"), (3_723, "1:02:03")] {
            assert_eq!(clock(value), text);
        }
    }

    #[test]
    fn what_is_less_than_a_minute_old_does_not_count_seconds() {
        let now: Timestamp = "2026-11-24T03:15:00Z".parse().expect("a time");
        let before = |seconds| now - jiff::SignedDuration::from_secs(seconds);
        for (seconds, age, length) in
            [(5, "just now", "less than 1 min"), (125, "2 min ago", "2 min"), (7_260, "2 h ago", "2 h 1 min")]
        {
            assert_eq!(ago(before(seconds), now), age);
            assert_eq!(lasting(before(seconds), now), length);
        }
        assert_eq!(seconds(now, before(9)), 0, "a clock that was set back");
    }
}
