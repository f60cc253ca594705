//! Maintenance windows as people write them: `Mon-Fri 02:00-04:00 Europe/Berlin`.
//!
//! Days and zone may be left out: every day, the machine's zone. A window whose end is not after its start
//! runs over midnight and belongs to the day on which it starts. What a window means is in `model`.

use jiff::tz::TimeZone;

use crate::model::window::{DAYS, MINUTES_A_DAY, Window};

/// What the list of windows takes, for error messages and the example file.
pub const ACCEPTS: &str = "a list of windows such as [\"Mon-Fri 02:00-04:00 Europe/Berlin\", \"Sat,Sun 22:00-06:00 UTC\"]; \
                           without days every day, without zone local time";

/// Reads a window.
///
/// # Errors
/// Says what is wrong with `text`, without repeating what is accepted ([`ACCEPTS`]).
pub fn parse(text: &str) -> Result<Window, String> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let (days, span, zone) = match words[..] {
        [span] => (None, span, None),
        [first, second] if first.starts_with(|c: char| c.is_ascii_digit()) => (None, first, Some(second)),
        [days, span] => (Some(days), span, None),
        [days, span, zone] => (Some(days), span, Some(zone)),
        _ => return Err(format!("`{text}` is not `DAYS HH:MM-HH:MM ZONE`")),
    };
    let (start, end) = parse_span(span)?;
    Ok(Window {
        days: days.map_or(Ok([true; 7]), parse_days)?,
        start,
        end,
        zone: zone.map_or_else(|| Ok(TimeZone::system()), find_zone)?,
        zone_name: zone.map(str::to_owned),
    })
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
            assert_eq!(parse(text).unwrap().to_string(), written, "{text}");
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
            let error = parse(text).unwrap_err();
            assert!(error.contains(why), "{text}: {error}");
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
            prop_assert_eq!(parse(&window.to_string()), Ok(window));
        }

        #[test]
        fn no_text_makes_it_panic(text in "[MonTueFri,0-9:. -]{0,24}|\\PC{0,16}") {
            let _ = parse(&text);
        }
    }
}
