//! Maintenance windows: spans of the day on some days of the week, in one time zone.
//!
//! A window is open whenever a clock on the wall of its zone shows a time within it. So where the clock is
//! put forward, times that it skips are never open: a window that lies wholly in them does not open that
//! day, and one that begins in them opens when the clock goes on. Where the clock is put back, the
//! repeated hour is open both times.

use std::fmt;

use jiff::Timestamp;
use jiff::civil::{DateTime, Time, Weekday};
use jiff::tz::{AmbiguousOffset, TimeZone};

/// Days as they are written, Monday first.
pub const DAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

/// The end of a day, in minutes after its midnight.
pub const MINUTES_A_DAY: u16 = 24 * 60;

/// How many days ahead an opening is looked for. A weekly window may be skipped by the clock or the
/// calendar once, but not three weeks in a row.
const HORIZON: i64 = 22;

/// A span of the day on some days of the week, in one time zone.
#[derive(Debug, Clone, PartialEq)]
pub struct Window {
    /// Monday first: does a window start on that day?
    pub days: [bool; 7],
    /// Start, in minutes after midnight: 0 to 1439.
    pub start: u16,
    /// End, exclusive, in minutes after midnight: 1 to 1440; at or before `start`, on the next day.
    pub end: u16,
    /// The zone in which days and times are read.
    pub zone: TimeZone,
    /// The zone's IANA name; absent: the machine's zone.
    pub zone_name: Option<String>,
}

impl Window {
    /// Is the window open at that moment?
    pub fn contains(&self, moment: Timestamp) -> bool {
        let local = moment.to_zoned(self.zone.clone());
        let now = minute_of(local.time());
        let starts_on = |day: Weekday| self.days[usize::from(day.to_monday_zero_offset().unsigned_abs())];
        if self.start < self.end {
            return starts_on(local.weekday()) && (self.start..self.end).contains(&now);
        }
        (starts_on(local.weekday()) && now >= self.start)
            || (starts_on(local.weekday().previous()) && now < self.end)
    }

    /// The first moment at or after `after` at which the window is open; `None`: not within three weeks.
    pub fn next_opening(&self, after: Timestamp) -> Option<Timestamp> {
        if self.contains(after) {
            return Some(after);
        }
        self.changes(after).into_iter().filter(|at| self.contains(*at)).min()
    }

    /// The first moment after `from` at which the window is shut; `None`: it stays open.
    pub fn closes(&self, from: Timestamp) -> Option<Timestamp> {
        self.changes(from).into_iter().filter(|at| !self.contains(*at)).min()
    }

    /// Every moment after `from` at which the window may open or close: its start, its end and midnight
    /// on each day, as often as the clock shows them, and each change of the clock.
    fn changes(&self, from: Timestamp) -> Vec<Timestamp> {
        let first = from.to_zoned(self.zone.clone()).date();
        let until =
            from.checked_add(jiff::SignedDuration::from_hours(24 * HORIZON)).unwrap_or(Timestamp::MAX);
        let mut found: Vec<Timestamp> = self
            .zone
            .following(from)
            .map(|change| change.timestamp())
            .take_while(|at| *at <= until)
            .collect();
        let mut day = first.yesterday().unwrap_or(first);
        for _ in 0..=HORIZON + 2 {
            for minute in [0, self.start, self.end % MINUTES_A_DAY] {
                let time = time_of(minute);
                found.extend(self.shown(day.to_datetime(time)));
            }
            let Ok(next) = day.tomorrow() else { break };
            day = next;
        }
        found.retain(|at| *at > from);
        found
    }

    /// The moments at which the clock shows that time: one, two, or none.
    fn shown(&self, time: DateTime) -> Vec<Timestamp> {
        let ambiguous = self.zone.to_ambiguous_timestamp(time);
        match ambiguous.offset() {
            AmbiguousOffset::Unambiguous { .. } => ambiguous.earlier().into_iter().collect(),
            AmbiguousOffset::Fold { .. } => {
                ambiguous.earlier().into_iter().chain(ambiguous.later()).collect()
            }
            AmbiguousOffset::Gap { .. } => Vec::new(),
        }
    }
}

/// Whether one of the windows is open; no window at all: always.
pub fn is_open(windows: &[Window], at: Timestamp) -> bool {
    windows.is_empty() || windows.iter().any(|window| window.contains(at))
}

/// When the first of the windows is open at or after `after`, and which it is. No window at all: at once.
/// The outer `None`: none of them opens within three weeks.
pub fn next_opening(windows: &[Window], after: Timestamp) -> Option<(Timestamp, Option<&Window>)> {
    if windows.is_empty() {
        return Some((after, None));
    }
    let openings = windows.iter().filter_map(|window| Some((window.next_opening(after)?, Some(window))));
    openings.min_by_key(|(at, _)| *at)
}

/// When the windows that are open at `from` are all shut; `None`: not within three weeks, or there are
/// none. Windows that follow each other without a gap count as one.
pub fn closes(windows: &[Window], from: Timestamp) -> Option<Timestamp> {
    let mut at = from;
    // Two windows that overlap can hand over to each other a few times a day.
    for _ in 0..HORIZON * 4 {
        let open = windows.iter().filter(|window| window.contains(at));
        let Some(later) = open.map(|window| window.closes(at)).max_by_key(|at| at.unwrap_or(Timestamp::MAX))
        else {
            return (at > from).then_some(at);
        };
        at = later?;
    }
    None
}

impl fmt::Display for Window {
    /// Writes what the configuration reads.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.days != [true; 7] {
            write!(f, "{} ", days_text(self.days))?;
        }
        let clock = |minutes: u16| format!("{:02}:{:02}", minutes / 60, minutes % 60);
        write!(f, "{}-{}", clock(self.start), clock(self.end))?;
        match &self.zone_name {
            Some(name) => write!(f, " {name}"),
            None => Ok(()),
        }
    }
}

/// Runs of days: `Mon-Wed,Fri`.
fn days_text(days: [bool; 7]) -> String {
    let mut runs: Vec<String> = Vec::new();
    let mut day = 0;
    while day < 7 {
        let length = days[day..].iter().take_while(|on| **on).count();
        match length {
            0 => day += 1,
            1 => runs.push(DAYS[day].to_owned()),
            _ => runs.push(format!("{}-{}", DAYS[day], DAYS[day + length - 1])),
        }
        day += length;
    }
    runs.join(",")
}

fn minute_of(time: Time) -> u16 {
    u16::from(time.hour().unsigned_abs()) * 60 + u16::from(time.minute().unsigned_abs())
}

fn time_of(minute: u16) -> Time {
    let part = |value: u16| i8::try_from(value).unwrap_or(0);
    Time::new(part(minute / 60), part(minute % 60), 0, 0).unwrap_or(Time::midnight())
}

#[cfg(test)]
#[path = "window_tests.rs"]
mod tests;
