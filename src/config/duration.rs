//! Durations in Go's syntax, as the agent's administrators write them: `30s`, `1h30m`, `1.5h`, `300ms`.
//!
//! The rules are those of Go's `time.ParseDuration`: a sequence of decimal numbers, each with an
//! optional fraction and a unit; the only number without a unit is `0`.

use std::time::Duration;

/// What [`parse`] takes, for error messages and the example file.
pub const ACCEPTS: &str = "a duration such as `30s`, `5m`, `1h30m` or `1.5h` (units: h, m, s, ms, us, ns)";

/// The units, largest first, in nanoseconds. The two `µ` are the micro sign and the Greek letter.
const UNITS: [(&str, u64); 8] = [
    ("h", 3_600_000_000_000),
    ("m", 60_000_000_000),
    ("s", 1_000_000_000),
    ("ms", 1_000_000),
    ("us", 1_000),
    ("\u{b5}s", 1_000),
    ("\u{3bc}s", 1_000),
    ("ns", 1),
];

/// Go keeps a duration in an `i64` of nanoseconds; its absolute value is at most this.
const LIMIT: u64 = 1 << 63;

/// Reads a duration that is not negative.
///
/// # Errors
/// Says what is wrong with `text`, without repeating what is accepted ([`ACCEPTS`]).
pub fn parse(text: &str) -> Result<Duration, String> {
    match u64::try_from(parse_nanoseconds(text)?) {
        Ok(nanoseconds) => Ok(Duration::from_nanos(nanoseconds)),
        Err(_) => Err("it is negative".into()),
    }
}

/// Reads what Go's `time.ParseDuration` reads, negative durations included, in nanoseconds.
///
/// # Errors
/// As [`parse`].
pub fn parse_nanoseconds(text: &str) -> Result<i64, String> {
    let (negative, unsigned) = match text.as_bytes().first() {
        Some(b'-') => (true, &text[1..]),
        Some(b'+') => (false, &text[1..]),
        _ => (false, text),
    };
    if unsigned == "0" {
        return Ok(0);
    }
    if unsigned.is_empty() {
        return Err("there is no number".into());
    }
    let mut total = 0_u64;
    let mut rest = unsigned;
    while !rest.is_empty() {
        let (part, after) = parse_part(rest)?;
        total = total.checked_add(part).filter(|sum| *sum <= LIMIT).ok_or_else(too_long)?;
        rest = after;
    }
    match (negative, i64::try_from(total)) {
        (false, Ok(nanoseconds)) => Ok(nanoseconds),
        (true, Ok(nanoseconds)) => Ok(-nanoseconds),
        (true, Err(_)) => Ok(i64::MIN),
        (false, Err(_)) => Err(too_long()),
    }
}

/// Writes a duration so that [`parse`] reads the same one: the units that are not zero, with a fraction
/// only where Go has one (`1h30m`, `1.5s`, `300ms`). Exact up to Go's limit of about 292 years.
pub fn format(duration: Duration) -> String {
    let nanoseconds = duration.as_nanos();
    if nanoseconds == 0 {
        return "0s".into();
    }
    if let Some((unit, size)) =
        [("ns", 1), ("us", 1_000), ("ms", 1_000_000)].into_iter().rfind(|(_, size)| nanoseconds >= *size)
        && nanoseconds < 1_000_000_000
    {
        return format!("{}{unit}", decimal(nanoseconds, size));
    }
    let seconds = nanoseconds / 1_000_000_000;
    let (hours, minutes) = (seconds / 3600, seconds / 60 % 60);
    let below_a_minute = nanoseconds % 60_000_000_000;
    let mut text = String::new();
    if hours > 0 {
        text.push_str(&format!("{hours}h"));
    }
    if minutes > 0 {
        text.push_str(&format!("{minutes}m"));
    }
    if below_a_minute > 0 {
        text.push_str(&format!("{}s", decimal(below_a_minute, 1_000_000_000)));
    }
    text
}

/// One number with its unit, in nanoseconds, and the text after it.
fn parse_part(text: &str) -> Result<(u64, &str), String> {
    let (whole, after_whole) = split_digits(text);
    let (fraction, after_number) = match after_whole.strip_prefix('.') {
        Some(after_point) => split_digits(after_point),
        None => ("", after_whole),
    };
    if whole.is_empty() && fraction.is_empty() {
        return Err(format!("a number is missing before `{text}`"));
    }
    let end = after_number.find(|c: char| c == '.' || c.is_ascii_digit()).unwrap_or(after_number.len());
    let (name, rest) = after_number.split_at(end);
    if name.is_empty() {
        return Err("the unit is missing".into());
    }
    let Some((_, unit)) = UNITS.iter().find(|(unit, _)| *unit == name) else {
        return Err(format!("`{name}` is not a unit"));
    };
    let whole: u64 = if whole.is_empty() { 0 } else { whole.parse().map_err(|_| too_long())? };
    let value = whole
        .checked_mul(*unit)
        .filter(|value| *value <= LIMIT)
        .and_then(|value| value.checked_add(fraction_of(fraction, *unit)))
        .filter(|value| *value <= LIMIT)
        .ok_or_else(too_long)?;
    Ok((value, rest))
}

/// `0.DIGITS` of a unit, in whole nanoseconds. In floating point because Go does it so, and both must
/// agree on every input; digits that no longer fit are without weight.
#[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss)]
fn fraction_of(digits: &str, unit: u64) -> u64 {
    let mut value = 0_u64;
    let mut scale = 1.0_f64;
    for digit in digits.bytes() {
        let next = value.checked_mul(10).and_then(|v| v.checked_add(u64::from(digit - b'0')));
        match next.filter(|next| *next <= LIMIT) {
            Some(next) => value = next,
            None => break,
        }
        scale *= 10.0;
    }
    (value as f64 * (unit as f64 / scale)) as u64
}

fn split_digits(text: &str) -> (&str, &str) {
    text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()))
}

fn too_long() -> String {
    "it is longer than 292 years".into()
}

/// `value / size` as an exact decimal number without trailing zeros; `size` is a power of ten.
fn decimal(value: u128, size: u128) -> String {
    let (whole, rest) = (value / size, value % size);
    if rest == 0 {
        return whole.to_string();
    }
    let width = size.ilog10() as usize;
    let fraction = format!("{rest:0width$}");
    format!("{whole}.{}", fraction.trim_end_matches('0'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SECOND: i64 = 1_000_000_000;

    #[test]
    fn reads_what_go_reads() {
        let cases = [
            ("0", 0),
            ("+0", 0),
            ("-0", 0),
            ("0s", 0),
            ("30s", 30 * SECOND),
            ("+5s", 5 * SECOND),
            ("-5s", -5 * SECOND),
            ("1h30m", 5400 * SECOND),
            ("1.5h", 5400 * SECOND),
            ("1.5h30m", 7200 * SECOND),
            (".5s", SECOND / 2),
            ("1.s", SECOND),
            ("300ms", 300_000_000),
            ("1us", 1_000),
            ("1\u{b5}s", 1_000),
            ("1\u{3bc}s", 1_000),
            ("1ns", 1),
            ("1m1h", 3660 * SECOND),
            ("10.5s4m", 250 * SECOND + SECOND / 2),
            ("0.100000000000000000000h", 360 * SECOND),
            ("0.3333333333333333333h", 1200 * SECOND),
            ("9223372036854775807ns", i64::MAX),
            ("-9223372036854775808ns", i64::MIN),
            ("2540400h10m10s", 2_540_400 * 3600 * SECOND + 610 * SECOND),
        ];
        for (text, nanoseconds) in cases {
            assert_eq!(parse_nanoseconds(text), Ok(nanoseconds), "{text}");
        }
    }

    #[test]
    fn refuses_what_go_refuses_and_says_why() {
        let cases = [
            ("", "there is no number"),
            ("-", "there is no number"),
            ("30", "the unit is missing"),
            ("1m30", "the unit is missing"),
            ("5M", "`M` is not a unit"),
            ("1d", "`d` is not a unit"),
            ("1 s", "` s` is not a unit"),
            ("s", "a number is missing before `s`"),
            (".s", "a number is missing before `.s`"),
            ("1s-2s", "`s-` is not a unit"),
            ("--5s", "a number is missing before `-5s`"),
            ("9223372036854775808ns", "it is longer than 292 years"),
            ("3000000h", "it is longer than 292 years"),
            ("99999999999999999999s", "it is longer than 292 years"),
            ("-9223372036854775809ns", "it is longer than 292 years"),
        ];
        for (text, why) in cases {
            assert_eq!(parse_nanoseconds(text).err().as_deref(), Some(why), "{text}");
        }
        assert_eq!(parse("-1s"), Err("it is negative".into()));
        assert_eq!(parse("-0s"), Ok(Duration::ZERO));
    }

    #[test]
    fn writes_the_shortest_usual_form() {
        let cases = [
            (Duration::ZERO, "0s"),
            (Duration::from_secs(30), "30s"),
            (Duration::from_secs(1800), "30m"),
            (Duration::from_secs(5400), "1h30m"),
            (Duration::from_secs(3601), "1h1s"),
            (Duration::from_millis(1500), "1.5s"),
            (Duration::from_millis(300), "300ms"),
            (Duration::from_micros(1500), "1.5ms"),
            (Duration::from_nanos(1001), "1.001us"),
            (Duration::from_nanos(7), "7ns"),
            (Duration::new(60, 1), "1m0.000000001s"),
        ];
        for (duration, text) in cases {
            assert_eq!(format(duration), text);
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(nanoseconds in prop_oneof![0..=i64::MAX as u64, 0..4_000_000_000_u64]) {
            let duration = Duration::from_nanos(nanoseconds);
            prop_assert_eq!(parse(&format(duration)), Ok(duration));
        }

        #[test]
        fn no_text_makes_it_panic(text in "[-+0-9.hmsunµμ ]{0,24}|\\PC{0,12}") {
            let _ = parse_nanoseconds(&text);
        }
    }
}
