//! Numbers, switches, durations, sizes, words, version requirements and windows.

use std::time::Duration;

use semver::VersionReq;
use toml::Value;

use super::{Kind, article, list, text, texts, unless_empty};
use crate::config::choices::{Choice, Percent};
use crate::config::{duration, size, window};
use crate::model::Window;

pub(in crate::config) const SWITCH: Kind<bool> = Kind {
    accepts: "`true` or `false`",
    parse: |value, _| match (value, value.as_str()) {
        (Value::Boolean(on), _) => Ok(*on),
        // The environment and the command line know only text.
        (_, Some("true")) => Ok(true),
        (_, Some("false")) => Ok(false),
        _ => Err(format!("it is {}", article(value))),
    },
    show: |on| Value::from(*on),
};

pub(in crate::config) const COUNT: Kind<u32> = Kind {
    accepts: "a whole number from 0 to 1000",
    parse: |value, _| whole(value, 0),
    show: |count| Value::from(*count),
};

pub(in crate::config) const COUNT_FROM_ONE: Kind<u32> = Kind {
    accepts: "a whole number from 1 to 1000",
    parse: |value, _| whole(value, 1),
    show: |count| Value::from(*count),
};

pub(in crate::config) const SIZE: Kind<u64> =
    Kind { accepts: size::ACCEPTS, parse: |value, _| bytes(value), show: |bytes| size_value(*bytes) };

/// An upper limit; the empty text is "no limit".
pub(in crate::config) const SIZE_LIMIT: Kind<Option<u64>> = Kind {
    accepts: "a size such as `2GB`, `512MiB`, or the empty text for no limit",
    parse: |value, _| match value.as_str() {
        Some("") => Ok(None),
        _ => match bytes(value)? {
            0 => Err("nothing runs in 0 bytes".into()),
            bytes => Ok(Some(bytes)),
        },
    },
    show: |bytes| bytes.map_or_else(|| Value::from(""), size_value),
};

pub(in crate::config) const PERCENT: Kind<Percent> = Kind {
    accepts: "a percentage from `0%` to `100%`",
    parse: |value, _| {
        let number = text(value)?.strip_suffix('%').ok_or("the `%` is missing")?;
        let percent =
            number.trim_end().parse().map_err(|_| format!("`{number}` is not a whole number up to 100"))?;
        Percent::new(percent).ok_or_else(|| "it is more than 100%".into())
    },
    show: |percent| Value::from(format!("{}%", percent.get())),
};

pub(in crate::config) const DURATION: Kind<Duration> = Kind {
    accepts: duration::ACCEPTS,
    parse: |value, _| duration::parse(text(value)?),
    show: |duration| Value::from(duration::format(*duration)),
};

/// Between two checks: a second at least.
pub(in crate::config) const INTERVAL: Kind<Duration> = Kind {
    accepts: "a duration of at least `1s`, such as `30s`, `5m` or `1h`",
    parse: |value, _| match duration::parse(text(value)?)? {
        interval if interval < Duration::from_secs(1) => Err("it is shorter than `1s`".into()),
        interval => Ok(interval),
    },
    show: DURATION.show,
};

/// A limit on time that is not zero.
pub(in crate::config) const TIMEOUT: Kind<Duration> = Kind {
    accepts: "a duration longer than zero, such as `30m` or `1h30m`",
    parse: |value, _| match duration::parse(text(value)?)? {
        Duration::ZERO => Err("it is zero".into()),
        timeout => Ok(timeout),
    },
    show: DURATION.show,
};

pub(in crate::config) const CONSTRAINT: Kind<Option<VersionReq>> = Kind {
    accepts: "a version requirement such as `^1.4`, `~1.4.2`, `>=1.2, <2`, or the empty text for any version",
    parse: |value, _| unless_empty(value, |text| VersionReq::parse(text).map_err(|error| error.to_string())),
    show: |requirement| Value::from(requirement.as_ref().map(VersionReq::to_string).unwrap_or_default()),
};

pub(in crate::config) const WINDOWS: Kind<Vec<Window>> = Kind {
    accepts: window::ACCEPTS,
    parse: |value, _| texts(value)?.into_iter().map(window::parse).collect(),
    show: |windows| list(windows.iter().map(Window::to_string)),
};

/// One word out of a few; upper and lower case are the same.
pub(in crate::config) const fn choice<T: Choice>() -> Kind<T> {
    Kind {
        accepts: T::ACCEPTS,
        parse: |value, _| {
            let word = text(value)?;
            let found = T::WORDS.iter().find(|(known, _)| known.eq_ignore_ascii_case(word));
            found.map(|(_, meaning)| *meaning).ok_or_else(|| format!("`{word}` is not one of them"))
        },
        show: |choice| {
            let word = T::WORDS.iter().find(|(_, meaning)| meaning == choice).map(|(word, _)| *word);
            Value::from(word.unwrap_or_default())
        },
    }
}

fn whole(value: &Value, least: u32) -> Result<u32, String> {
    let number = match value {
        Value::Integer(number) => *number,
        Value::String(text) => text.trim().parse().map_err(|_| format!("`{text}` is not a whole number"))?,
        other => return Err(format!("it is {}", article(other))),
    };
    match u32::try_from(number) {
        Ok(number) if number < least => Err(format!("it is less than {least}")),
        Ok(number) if number <= 1000 => Ok(number),
        Ok(_) => Err("it is more than 1000".into()),
        Err(_) if number < 0 => Err("it is negative".into()),
        Err(_) => Err("it is more than 1000".into()),
    }
}

fn bytes(value: &Value) -> Result<u64, String> {
    match value {
        Value::Integer(number) => u64::try_from(*number).map_err(|_| "it is negative".into()),
        other => size::parse(text(other)?.trim()),
    }
}

/// A plain zero is a number in TOML, too.
fn size_value(bytes: u64) -> Value {
    Value::from(size::format(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::choices::{LogLevel, Manager};
    use crate::config::kinds::testing::{accepts, refuses};

    #[test]
    fn numbers_and_switches() {
        accepts(&SWITCH, &[("true", "true"), ("false", "false"), ("'true'", "true")]);
        refuses(&SWITCH, &[("1", "an integer"), ("'yes'", "a text"), ("[]", "an array")]);
        accepts(&COUNT, &[("0", "0"), ("5", "5"), ("' 7 '", "7"), ("1000", "1000")]);
        refuses(
            &COUNT,
            &[
                ("-1", "negative"),
                ("1001", "more than 1000"),
                ("99999999999", "more than 1000"),
                ("1.5", "a float"),
                ("'x'", "`x` is not"),
            ],
        );
        accepts(&COUNT_FROM_ONE, &[("1", "1")]);
        refuses(&COUNT_FROM_ONE, &[("0", "less than 1")]);
        accepts(&PERCENT, &[("'10%'", r#""10%""#), ("'0 %'", r#""0%""#), ("'100%'", r#""100%""#)]);
        refuses(
            &PERCENT,
            &[
                ("'101%'", "more than 100%"),
                ("'10'", "`%` is missing"),
                ("'-1%'", "`-1`"),
                ("10", "an integer"),
            ],
        );
    }

    #[test]
    fn sizes_and_durations() {
        accepts(
            &SIZE,
            &[("'10MB'", r#""10MB""#), ("0", r#""0""#), ("1024", r#""1KiB""#), ("'10 MiB'", r#""10MiB""#)],
        );
        refuses(&SIZE, &[("-1", "negative"), ("'x'", "not a number"), ("1.5", "a float")]);
        accepts(&SIZE_LIMIT, &[("''", r#""""#), ("'2GB'", r#""2GB""#)]);
        refuses(&SIZE_LIMIT, &[("0", "0 bytes")]);
        accepts(&DURATION, &[("'0'", r#""0s""#), ("'90m'", r#""1h30m""#)]);
        refuses(
            &DURATION,
            &[("'-1s'", "negative"), ("'5M'", "`M` is not a unit"), ("30", "an integer, not a text")],
        );
        accepts(&INTERVAL, &[("'1s'", r#""1s""#)]);
        refuses(&INTERVAL, &[("'999ms'", "shorter than `1s`"), ("'0'", "shorter")]);
        refuses(&TIMEOUT, &[("'0s'", "zero")]);
    }

    #[test]
    fn words_versions_and_windows() {
        accepts(&choice::<LogLevel>(), &[("'info'", r#""info""#), ("'DEBUG'", r#""debug""#)]);
        refuses(&choice::<LogLevel>(), &[("'loud'", "`loud` is not one of them"), ("1", "an integer")]);
        accepts(&choice::<Manager>(), &[("'scm'", r#""scm""#)]);
        accepts(&CONSTRAINT, &[("''", r#""""#), ("'^1.4'", r#""^1.4""#), ("'>=1.2, <2'", r#"">=1.2, <2""#)]);
        refuses(&CONSTRAINT, &[("'v1'", "unexpected"), ("'latest'", "unexpected")]);
        accepts(&WINDOWS, &[("[]", "[]"), ("['sat,sun 22:00-06:00 UTC']", r#"["Sat-Sun 22:00-06:00 UTC"]"#)]);
        refuses(
            &WINDOWS,
            &[
                ("['Mon 2-4']", "`2`"),
                ("'Mon 02:00-04:00'", "a text, not a list"),
                ("[1]", "of one item, it is an integer"),
            ],
        );
    }
}
