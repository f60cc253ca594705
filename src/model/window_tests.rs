//! Openings, over the days on which clocks are changed.

use proptest::prelude::*;

use super::*;

const MINUTE: jiff::SignedDuration = jiff::SignedDuration::from_mins(1);

fn window(days: [bool; 7], start: u16, end: u16, zone: &str) -> Window {
    Window { days, start, end, zone: TimeZone::get(zone).expect("a zone"), zone_name: Some(zone.to_owned()) }
}

fn daily(start: u16, end: u16, zone: &str) -> Window {
    window([true; 7], start, end, zone)
}

fn at(text: &str) -> Timestamp {
    text.parse().expect("a time")
}

const WEEK: [bool; 7] = [true, true, true, true, true, false, false];
const FRIDAY: [bool; 7] = [false, false, false, false, true, false, false];
const SUNDAY: [bool; 7] = [false, false, false, false, false, false, true];
const WEEKEND: [bool; 7] = [false, false, false, false, false, true, true];

#[test]
fn is_open_on_its_days_in_its_zone() {
    let berlin = window(WEEK, 120, 240, "Europe/Berlin");
    let night = window(FRIDAY, 22 * 60, 6 * 60, "UTC");
    for (window, moment, open) in [
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
    ] {
        assert_eq!(window.contains(at(moment)), open, "{window} at {moment}");
    }
}

#[test]
fn opens_and_closes_by_the_clock_on_the_wall() {
    for (window, after, opens, closes) in [
        (daily(120, 240, "UTC"), "2026-07-06T03:00:00Z", "2026-07-06T03:00:00Z", "2026-07-06T04:00:00Z"),
        (daily(120, 240, "UTC"), "2026-07-06T04:00:00Z", "2026-07-07T02:00:00Z", "2026-07-07T04:00:00Z"),
        // From Monday afternoon to the next weekend; the two days are two windows.
        (
            window(WEEKEND, 120, 240, "UTC"),
            "2026-07-06T15:00:00Z",
            "2026-07-11T02:00:00Z",
            "2026-07-11T04:00:00Z",
        ),
        // 00:00 to 24:00 on both days is one.
        (
            window(WEEKEND, 0, 1440, "UTC"),
            "2026-07-06T15:00:00Z",
            "2026-07-11T00:00:00Z",
            "2026-07-13T00:00:00Z",
        ),
        (
            window(FRIDAY, 1320, 360, "UTC"),
            "2026-07-04T06:00:00Z",
            "2026-07-10T22:00:00Z",
            "2026-07-11T06:00:00Z",
        ),
        // Half an hour and three quarters off.
        (
            daily(120, 180, "Asia/Kolkata"),
            "2026-07-06T00:00:00Z",
            "2026-07-06T20:30:00Z",
            "2026-07-06T21:30:00Z",
        ),
        (
            daily(120, 180, "Asia/Kathmandu"),
            "2026-07-06T00:00:00Z",
            "2026-07-06T20:15:00Z",
            "2026-07-06T21:15:00Z",
        ),
        // Berlin's spring of 2026: the clock goes from 02:00 to 03:00 at 01:00 UTC on 29 March. A window
        // that is skipped waits for the next day, or week.
        (
            daily(120, 180, "Europe/Berlin"),
            "2026-03-28T12:00:00Z",
            "2026-03-30T00:00:00Z",
            "2026-03-30T01:00:00Z",
        ),
        (
            window(SUNDAY, 120, 180, "Europe/Berlin"),
            "2026-03-28T12:00:00Z",
            "2026-04-05T00:00:00Z",
            "2026-04-05T01:00:00Z",
        ),
        // One that begins in the hour skipped opens when the clock goes on, one that ends in it is cut.
        (
            daily(150, 240, "Europe/Berlin"),
            "2026-03-28T12:00:00Z",
            "2026-03-29T01:00:00Z",
            "2026-03-29T02:00:00Z",
        ),
        (
            daily(90, 150, "Europe/Berlin"),
            "2026-03-28T12:00:00Z",
            "2026-03-29T00:30:00Z",
            "2026-03-29T01:00:00Z",
        ),
        // Autumn: 03:00 becomes 02:00 at 01:00 UTC on 25 October. The whole hour is there twice.
        (
            daily(120, 180, "Europe/Berlin"),
            "2026-10-24T12:00:00Z",
            "2026-10-25T00:00:00Z",
            "2026-10-25T02:00:00Z",
        ),
        // A part of it opens twice.
        (
            daily(150, 180, "Europe/Berlin"),
            "2026-10-24T12:00:00Z",
            "2026-10-25T00:30:00Z",
            "2026-10-25T01:00:00Z",
        ),
        (
            daily(150, 180, "Europe/Berlin"),
            "2026-10-25T01:00:00Z",
            "2026-10-25T01:30:00Z",
            "2026-10-25T02:00:00Z",
        ),
        // A calendar that skips a whole Friday: Samoa crossed the date line.
        (
            window(FRIDAY, 120, 180, "Pacific/Apia"),
            "2011-12-29T00:00:00Z",
            "2012-01-05T12:00:00Z",
            "2012-01-05T13:00:00Z",
        ),
    ] {
        let opens_at = window.next_opening(at(after)).expect("it opens");
        assert_eq!(opens_at, at(opens), "{window} after {after}");
        assert_eq!(window.closes(opens_at), Some(at(closes)), "{window} from {opens_at}");
    }
}

#[test]
fn windows_add_up() {
    let windows = [daily(120, 240, "UTC"), daily(240, 300, "UTC"), daily(600, 660, "UTC")];
    let (opens, which) = next_opening(&windows, at("2026-07-06T05:00:00Z")).expect("one opens");
    assert_eq!((opens, which), (at("2026-07-06T10:00:00Z"), Some(&windows[2])));
    assert_eq!(closes(&windows, at("2026-07-06T02:30:00Z")), Some(at("2026-07-06T05:00:00Z")));
    assert_eq!(closes(&windows, at("2026-07-06T05:00:00Z")), None, "none is open");
    assert!(is_open(&windows, at("2026-07-06T04:00:00Z")) && !is_open(&windows, at("2026-07-06T05:00:00Z")));
    assert!(is_open(&[], at("2026-07-06T05:00:00Z")));
    let always = [daily(0, 1440, "UTC")];
    assert_eq!(closes(&always, at("2026-07-06T05:00:00Z")), None);
    assert_eq!(next_opening(&[], at("2026-07-06T05:00:00Z")), Some((at("2026-07-06T05:00:00Z"), None)));
    assert_eq!(window([false; 7], 0, 60, "UTC").next_opening(at("2026-07-06T05:00:00Z")), None);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// The opening is at or after the moment asked about, the window is open then, and in no minute
    /// between is it.
    #[test]
    fn an_opening_is_the_first_open_minute(
        days in any::<[bool; 7]>(),
        start in 0..MINUTES_A_DAY,
        end in 1..=MINUTES_A_DAY,
        zone in prop_oneof![
            Just("UTC"), Just("Europe/Berlin"), Just("America/New_York"), Just("Asia/Kathmandu"),
            Just("Australia/Lord_Howe"), Just("America/Sao_Paulo"), Just("Africa/Casablanca"),
        ],
        // Half of the moments lie around a change of the clock somewhere.
        from in prop_oneof![1_262_304_000_i64..1_800_000_000, 1_774_500_000_i64..1_774_800_000, 1_792_600_000_i64..1_793_000_000],
    ) {
        prop_assume!(start != end && days != [false; 7]);
        let window = window(days, start, end, zone);
        // On the minute, so that a scan by minutes sees every change.
        let from = Timestamp::from_second(from - from % 60).expect("a time");
        let opens = window.next_opening(from).expect("some day has a window");
        prop_assert!(opens >= from && window.contains(opens));
        let mut minute = from;
        while minute < opens {
            prop_assert!(!window.contains(minute), "{window} is open at {minute}, before {opens}");
            minute += MINUTE;
        }
        if let Some(closes) = window.closes(opens) {
            prop_assert!(closes > opens && !window.contains(closes));
            let mut minute = opens;
            while minute < closes {
                prop_assert!(window.contains(minute), "{window} is shut at {minute}, before {closes}");
                minute += MINUTE;
            }
        }
    }
}
