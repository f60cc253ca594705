//! Maintenance windows: `Mon-Fri 02:00-04:00 Europe/Berlin`.
//!
//! Days and zone may be left out: every day, the machine's zone. A window whose end is not after its start
//! runs over midnight and belongs to the day on which it starts.

use std::fmt;

use jiff::Timestamp;
use jiff::civil::{Time, Weekday};
use jiff::tz::TimeZone;

/// What the list of windows takes, for error messages and the example file.
pub const ACCEPTS: &str = "a list of windows such as [\"Mon-Fri 02:00-04:00 Europe/Berlin\", \"Sat,Sun 22:00-06:00 UTC\"]; \
                           without days every day, without zone local time";

/// Days as they are written, Monday first.
const DAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

const MINUTES_A_DAY: u16 = 24 * 60;

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
    /// Reads a window.
    ///
    /// # Errors
    /// Says what is wrong with `text`, without repeating what is accepted ([`ACCEPTS`]).
    pub fn parse(text: &str) -> Result<Self, String> {
        let words: Vec<&str> = text.split_whitespace().collect();
        let (days, span, zone) = match words[..] {
            [span] => (None, span, None),
            [first, second] if first.starts_with(|c: char| c.is_ascii_digit()) => (None, first, Some(second)),
            [days, span] => (Some(days), span, None),
            [days, span, zone] => (Some(days), span, Some(zone)),
            _ => return Err(format!("`{text}` is not `DAYS HH:MM-HH:MM ZONE`")),
        };
        let (start, end) = parse_span(span)?;
        Ok(Self {
            days: days.map_or(Ok([true; 7]), parse_days)?,
            start,
            end,
            zone: zone.map_or_else(|| Ok(TimeZone::system()), find_zone)?,
            zone_name: zone.map(str::to_owned),
        })
    }

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
}

impl fmt::Display for Window {
    /// Writes what [`Window::parse`] reads.
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

/// `Mon-Fri`, `Sat,Sun`, `Fri-Mon`.
fn parse_days(text: &str) -> Result<[bool; 7], String> {
    let mut days = [false; 7];
    for item in text.split(',') {
        let (first, last) = item.split_once('-').unwrap_or((item, item));
        let last = parse_day(last)?;
        let mut day = parse_day(first)?;
        days[day] = true;
        while day != last {
            day = (day + 1) % 7;
            days[day] = true;
        }
    }
    Ok(days)
}

fn parse_day(text: &str) -> Result<usize, String> {
    DAYS.iter()
        .position(|name| name.eq_ignore_ascii_case(text))
        .ok_or_else(|| format!("`{text}` is not a day (Mon, Tue, Wed, Thu, Fri, Sat, Sun)"))
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

fn parse_span(text: &str) -> Result<(u16, u16), String> {
    let Some((start, end)) = text.split_once('-') else {
        return Err(format!("`{text}` is not a span of time such as `02:00-04:00`"));
    };
    let (start, end) = (parse_time(start)?, parse_time(end)?);
    if start == MINUTES_A_DAY {
        return Err("a window starts before 24:00".into());
    }
    if start == end {
        return Err(format!("`{text}` starts and ends at the same time; a whole day is `00:00-24:00`"));
    }
    // Midnight as an end is the end of the day on which the window started.
    Ok((start, if end == 0 { MINUTES_A_DAY } else { end }))
}

fn parse_time(text: &str) -> Result<u16, String> {
    let wrong = || format!("`{text}` is not a time of day such as `02:00`");
    let two_digits = |part: &str| match part.as_bytes() {
        [tens @ b'0'..=b'9', ones @ b'0'..=b'9'] => {
            Some(u16::from(tens - b'0') * 10 + u16::from(ones - b'0'))
        }
        _ => None,
    };
    let (hours, minutes) = text.split_once(':').ok_or_else(wrong)?;
    let (hours, minutes) = two_digits(hours).zip(two_digits(minutes)).ok_or_else(wrong)?;
    let total = hours * 60 + minutes;
    if minutes < 60 && total <= MINUTES_A_DAY { Ok(total) } else { Err(wrong()) }
}

fn find_zone(name: &str) -> Result<TimeZone, String> {
    TimeZone::get(name).map_err(|_| {
        format!("`{name}` is not a time zone of this machine's database (an IANA name such as `Europe/Berlin`, or `UTC`)")
    })
}

fn minute_of(time: Time) -> u16 {
    u16::from(time.hour().unsigned_abs()) * 60 + u16::from(time.minute().unsigned_abs())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn reads_days_times_and_zones() {
        let cases = [
            ("Mon-Fri 02:00-04:00 Europe/Berlin", "Mon-Fri 02:00-04:00 Europe/Berlin"),
            ("mon,tue,wed 02:00-04:00 UTC", "Mon-Wed 02:00-04:00 UTC"),
            ("Sat,Sun 22:00-06:00 UTC", "Sat-Sun 22:00-06:00 UTC"),
            ("Fri-Mon 22:00-06:00 UTC", "Mon,Fri-Sun 22:00-06:00 UTC"),
            ("Mon-Sun 00:00-24:00 UTC", "00:00-24:00 UTC"),
            ("  22:00-00:00   UTC ", "22:00-24:00 UTC"),
            ("02:00-04:00", "02:00-04:00"),
            ("Wed 02:00-04:00", "Wed 02:00-04:00"),
        ];
        for (text, written) in cases {
            assert_eq!(Window::parse(text).unwrap().to_string(), written, "{text}");
        }
    }

    #[test]
    fn names_the_part_that_is_wrong() {
        let cases = [
            ("", "is not `DAYS HH:MM-HH:MM ZONE`"),
            ("Mon 02:00-04:00 UTC please", "is not `DAYS HH:MM-HH:MM ZONE`"),
            ("Mon-Foo 02:00-04:00", "`Foo` is not a day"),
            ("Mon,, 02:00-04:00", "`` is not a day"),
            ("Mon", "`Mon` is not a span"),
            ("Mon 2:00-4:00", "`2:00` is not a time of day"),
            ("Mon 02:60-04:00", "`02:60` is not a time of day"),
            ("Mon 02:00-24:01", "`24:01` is not a time of day"),
            ("Mon 24:00-01:00", "starts before 24:00"),
            ("Mon 02:00-02:00", "starts and ends at the same time"),
            ("Mon 02:00-04:00 Europe/Bärlin", "`Europe/Bärlin` is not a time zone"),
            ("02:00-04:00 Mars/Base", "`Mars/Base` is not a time zone"),
        ];
        for (text, why) in cases {
            let error = Window::parse(text).unwrap_err();
            assert!(error.contains(why), "{text}: {error}");
        }
    }

    #[test]
    fn is_open_on_its_days_in_its_zone() {
        let berlin = Window::parse("Mon-Fri 02:00-04:00 Europe/Berlin").unwrap();
        let night = Window::parse("Fri 22:00-06:00 UTC").unwrap();
        let cases = [
            // A Monday in summer: Berlin is two hours ahead.
            (&berlin, "2026-07-06T00:00:00Z", true),
            (&berlin, "2026-07-06T01:59:59Z", true),
            (&berlin, "2026-07-06T02:00:00Z", false),
            (&berlin, "2026-07-05T23:59:59Z", false),
            // In winter one.
            (&berlin, "2026-01-05T01:00:00Z", true),
            (&berlin, "2026-01-05T03:00:00Z", false),
            // A Saturday.
            (&berlin, "2026-07-04T01:00:00Z", false),
            // Over midnight: it belongs to Friday.
            (&night, "2026-07-03T22:00:00Z", true),
            (&night, "2026-07-04T05:59:59Z", true),
            (&night, "2026-07-04T06:00:00Z", false),
            (&night, "2026-07-03T05:00:00Z", false),
            (&night, "2026-07-04T22:00:00Z", false),
        ];
        for (window, moment, open) in cases {
            assert_eq!(window.contains(moment.parse().unwrap()), open, "{window} at {moment}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(
            days in any::<[bool; 7]>(),
            start in 0..MINUTES_A_DAY,
            end in 1..=MINUTES_A_DAY,
            zone in prop_oneof![Just(None), Just(Some("UTC")), Just(Some("America/New_York"))],
        ) {
            prop_assume!(start != end && days != [false; 7]);
            let window = Window {
                days,
                start,
                end,
                zone: zone.map_or_else(TimeZone::system, |name| TimeZone::get(name).unwrap()),
                zone_name: zone.map(str::to_owned),
            };
            prop_assert_eq!(Window::parse(&window.to_string()), Ok(window));
        }

        #[test]
        fn no_text_makes_it_panic(text in "[MonTueFri,0-9:. -]{0,24}|\\PC{0,16}") {
            let _ = Window::parse(&text);
        }
    }
}
