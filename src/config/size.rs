//! Byte sizes: `10MB` is decimal (10,000,000 bytes), `512KiB` is binary, a plain number is bytes.

use bytesize::ByteSize;

/// What [`parse`] takes, for error messages and the example file.
pub const ACCEPTS: &str =
    "a size such as `10MB` (1 MB = 1,000,000 bytes), `512KiB` (1 KiB = 1,024 bytes) or a number of bytes";

/// The units that [`format()`] writes, in bytes.
const UNITS: [(&str, u64); 9] = [
    ("TB", bytesize::TB),
    ("TiB", bytesize::TIB),
    ("GB", bytesize::GB),
    ("GiB", bytesize::GIB),
    ("MB", bytesize::MB),
    ("MiB", bytesize::MIB),
    ("kB", bytesize::KB),
    ("KiB", bytesize::KIB),
    ("", 1),
];

/// The largest size taken: what fits a file offset and a TOML integer.
const LIMIT: u64 = i64::MAX as u64;

/// Reads a size in bytes.
///
/// # Errors
/// Says what is wrong with `text`, without repeating what is accepted ([`ACCEPTS`]).
pub fn parse(text: &str) -> Result<u64, String> {
    if text.is_empty() {
        return Err("it is empty".into());
    }
    if text.starts_with('-') {
        return Err("it is negative".into());
    }
    let ByteSize(bytes) = text.parse().map_err(|_| "it is not a number with a unit of bytes".to_owned())?;
    // Overflow saturates in the parser, so one limit catches both.
    if bytes > LIMIT { Err("it is larger than 9.2 exabytes".into()) } else { Ok(bytes) }
}

/// Writes a size with the unit that needs the fewest digits and loses nothing.
pub fn format(bytes: u64) -> String {
    UNITS
        .iter()
        .filter(|(_, unit)| bytes >= *unit && bytes.is_multiple_of(*unit))
        .map(|(name, unit)| (bytes / unit, name))
        .min_by_key(|(count, _)| *count)
        .map_or_else(|| bytes.to_string(), |(count, name)| format!("{count}{name}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn reads_decimal_binary_and_plain() {
        let cases = [
            ("0", 0),
            ("10MB", 10_000_000),
            ("10 MB", 10_000_000),
            ("10mb", 10_000_000),
            ("10M", 10_000_000),
            ("10MiB", 10_485_760),
            ("512KiB", 524_288),
            ("512Ki", 524_288),
            ("1.5MB", 1_500_000),
            ("1048576", 1_048_576),
            ("2GB", 2_000_000_000),
            ("7B", 7),
            ("9223372036854775807", LIMIT),
        ];
        for (text, bytes) in cases {
            assert_eq!(parse(text), Ok(bytes), "{text}");
        }
    }

    #[test]
    fn refuses_the_rest_and_says_why() {
        let cases = [
            ("", "it is empty"),
            ("-1MB", "it is negative"),
            ("ten", "it is not a number with a unit of bytes"),
            ("10XB", "it is not a number with a unit of bytes"),
            ("1.2.3MB", "it is not a number with a unit of bytes"),
            ("MB", "it is not a number with a unit of bytes"),
            ("99999999999EB", "it is larger than 9.2 exabytes"),
            ("9223372036854775808", "it is larger than 9.2 exabytes"),
        ];
        for (text, why) in cases {
            assert_eq!(parse(text).err().as_deref(), Some(why), "{text}");
        }
    }

    #[test]
    fn writes_the_unit_that_was_meant() {
        let cases = [
            (0, "0"),
            (10_000_000, "10MB"),
            (10_485_760, "10MiB"),
            (524_288, "512KiB"),
            (1_500_000, "1500kB"),
            (1_048_577, "1048577"),
        ];
        for (bytes, text) in cases {
            assert_eq!(format(bytes), text);
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(count in 0..=9_000_u64, unit in 0..UNITS.len(), odd in 0..=LIMIT) {
            let bytes = count * UNITS[unit].1;
            prop_assert_eq!(parse(&format(bytes)), Ok(bytes));
            prop_assert_eq!(parse(&format(odd)), Ok(odd));
        }

        #[test]
        fn no_text_makes_it_panic(text in "[0-9.kKMGTiB -]{0,16}|\\PC{0,12}") {
            let _ = parse(&text);
        }
    }
}
