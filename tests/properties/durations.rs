//! Durations as `time.ParseDuration` reads them, and sizes.

use libtest_mimic::Trial;
use proptest::prelude::*;
use sentinel_updater::config::{duration, size};

use super::mutations::{harmed, harms};
use super::oracle::Oracle;
use super::{hold, property};

pub(crate) fn properties() -> Vec<Trial> {
    vec![
        property("durations::are_read_as_go_reads_them", durations),
        property("durations::are_written_so_that_go_reads_them_back", written),
        property("sizes::are_their_number_times_their_unit", sizes),
        property("sizes::are_numbers_or_refused", size_garbage),
    ]
}

fn duration_text() -> impl Strategy<Value = String> {
    let number = prop_oneof![
        4 => "[0-9]{1,4}",
        2 => "[0-9]{0,3}\\.[0-9]{0,12}",
        1 => "[0-9]{15,22}",
        1 => "[0-9]{0,2}\\.[0-9]{15,30}",
    ];
    let unit = prop::sample::select(vec!["h", "m", "s", "ms", "us", "µs", "μs", "ns", "", "d", "H"]);
    let part = (number, unit).prop_map(|(number, unit)| format!("{number}{unit}"));
    let whole = ("[-+]?", prop::collection::vec(part, 1..5)).prop_map(|(sign, parts)| sign + &parts.concat());
    (whole, harms("-+0123456789.hmsunµμ ", 2)).prop_map(|(text, harms)| harmed(&text, &harms))
}

fn durations() -> Result<(), String> {
    let oracle = Oracle::start()?;
    hold(&duration_text(), |text| {
        let go = oracle.ask("duration", &[&text]);
        let ours = duration::parse_nanoseconds(&text);
        prop_assert_eq!(ours.as_ref().ok(), go.ok[0].then_some(&go.nanoseconds), "{} {}", text, go.error);
        let positive = u64::try_from(go.nanoseconds).ok().filter(|_| go.ok[0]);
        prop_assert_eq!(duration::parse(&text).ok().map(|time| time.as_nanos()), positive.map(u128::from));
        Ok(())
    })
}

fn written() -> Result<(), String> {
    let oracle = Oracle::start()?;
    hold(
        &prop_oneof![0..=i64::MAX, 0..10_000_000_000_i64, (0..100_000_i64).prop_map(|s| s * 1_000_000_000)],
        |nanoseconds| {
            let text = duration::format(std::time::Duration::from_nanos(nanoseconds.unsigned_abs()));
            let go = oracle.ask("duration", &[&text]);
            prop_assert_eq!((go.ok[0], go.nanoseconds), (true, nanoseconds), "{}", text);
            Ok(())
        },
    )
}

const UNITS: [(&str, u64); 14] = [
    ("", 1),
    ("B", 1),
    ("kB", 1_000),
    ("KB", 1_000),
    ("k", 1_000),
    ("KiB", 1 << 10),
    ("MB", 1_000_000),
    ("M", 1_000_000),
    ("MiB", 1 << 20),
    ("mib", 1 << 20),
    ("GB", 1_000_000_000),
    ("GiB", 1 << 30),
    ("TB", 1_000_000_000_000),
    ("TiB", 1 << 40),
];

fn sizes() -> Result<(), String> {
    // Up to there a floating-point number is exact, and no agent's database is larger.
    let strategy = (0..1_u64 << 53, 0..UNITS.len(), "[ ]?");
    hold(&strategy, |(number, unit, blank)| {
        let (name, unit) = UNITS[unit];
        let blank = if name.is_empty() { "" } else { blank.as_str() };
        let (number, text) = (number / unit, format!("{}{blank}{name}", number / unit));
        prop_assert_eq!(size::parse(&text), Ok(number * unit), "{}", text);
        Ok(())
    })
}

fn size_garbage() -> Result<(), String> {
    hold(&prop_oneof!["[-+0-9.kKMGTiB e]{0,16}", "\\PC{0,12}"], |text: String| {
        if let Ok(bytes) = size::parse(&text) {
            prop_assert!(text.starts_with(|c: char| c.is_ascii_digit() || ".+ ".contains(c)), "{}", text);
            prop_assert_eq!(size::parse(&size::format(bytes)), Ok(bytes));
        }
        Ok(())
    })
}
