//! Lines of logs as rows.

use super::Row;
use super::row::word;
use crate::host::text::cleaned;
use crate::model::Timestamp;
use crate::model::event::Level;

const LEVELS: [Level; 4] = [Level::Debug, Level::Info, Level::Warn, Level::Error];

/// A line of the updater's log: `RFC3339 LEVEL target: message`. Another line is shown as it is.
pub fn updater(line: &str) -> Row {
    let line = cleaned(line).into_owned();
    let (at, rest) = stamp(&line);
    let (first, message) = rest.split_once(' ').unwrap_or((rest, ""));
    match (at, level(first)) {
        (Some(_), Some(level)) => Row { at, level: Some(level), text: message.trim_start().to_owned() },
        _ => Row { at: None, level: None, text: line },
    }
}

/// A line of the agent's log. Its time is taken off where it is an RFC 3339 one in front; `read_at` stands
/// for it where the line has none. Its level is only known where it is written in a form that is common.
pub fn agent(line: &str, read_at: Option<Timestamp>) -> Row {
    let line = cleaned(line).into_owned();
    let (at, rest) = stamp(&line);
    if at.is_some() {
        return Row { at, level: level_of(rest), text: rest.to_owned() };
    }
    let tells_time = line.starts_with(|first: char| first.is_ascii_digit()) || line.starts_with("time=");
    Row { at: read_at.filter(|_| !tells_time), level: level_of(&line), text: line }
}

/// A line of a build's output.
pub fn build(line: &str, at: Option<Timestamp>) -> Row {
    Row { at, level: None, text: cleaned(line).into_owned() }
}

/// An RFC 3339 time in front of a line, and the rest of it.
fn stamp(line: &str) -> (Option<Timestamp>, &str) {
    let Some((first, rest)) = line.split_once(' ') else { return (None, line) };
    // Most lines have none, and trying to read one costs.
    let may_be = first.len() >= 20 && first.as_bytes()[0].is_ascii_digit();
    match may_be.then(|| first.parse().ok()).flatten() {
        Some(at) => (Some(at), rest.trim_start()),
        None => (None, line),
    }
}

/// The level that a word in capitals is.
fn level(text: &str) -> Option<Level> {
    match text {
        "WARNING" => Some(Level::Warn),
        "FATAL" | "CRITICAL" | "PANIC" => Some(Level::Error),
        "TRACE" => Some(Level::Debug),
        _ => LEVELS.into_iter().find(|level| word(*level) == text),
    }
}

/// The level of a line in one of the common forms.
fn level_of(line: &str) -> Option<Level> {
    if line.starts_with("panic: ") || line.starts_with("fatal error: ") {
        return Some(Level::Error);
    }
    if line.starts_with('{') {
        return after(line, "\"level\":\"", '"');
    }
    if line.starts_with("level=") {
        return after(line, "level=", ' ');
    }
    if line.starts_with("time=") {
        return after(line, " level=", ' ');
    }
    glog(line).or_else(|| {
        let is_time = |token: &&str| {
            token.starts_with(|first: char| first.is_ascii_digit())
                && token.chars().all(|symbol| symbol.is_ascii_digit() || "-:/.,TZ+".contains(symbol))
        };
        let first = line.split_ascii_whitespace().find(|token| !is_time(token))?;
        match first.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            Some((inner, _)) => level(&inner.to_ascii_uppercase()),
            None => level(first.trim_end_matches(':')),
        }
    })
}

/// The level named after `key`, up to `end`.
fn after(line: &str, key: &str, end: char) -> Option<Level> {
    let rest = &line[line.find(key)? + key.len()..];
    let name = rest.split(end).next().unwrap_or(rest);
    // slog writes `WARN+1` for what lies between.
    level(&name.split(['+', '-']).next().unwrap_or(name).to_ascii_uppercase())
}

/// `E1124 03:15:00.123456 …` of glog and klog.
fn glog(line: &str) -> Option<Level> {
    let level = match line.as_bytes().first()? {
        b'I' => Level::Info,
        b'W' => Level::Warn,
        b'E' | b'F' => Level::Error,
        _ => return None,
    };
    let shape = line.as_bytes().get(1..9)?;
    let fits = shape.iter().enumerate().all(|(at, byte)| match at {
        4 => *byte == b' ',
        7 => *byte == b':',
        _ => byte.is_ascii_digit(),
    });
    fits.then_some(level)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn lines_of_the_updater_are_taken_apart() {
        let time = at("2026-11-24T03:15:00.123Z");
        for (line, expected) in [
            (
                "2026-11-24T03:15:00.123Z INFO engine: v1.5.0 is available",
                (Some(time), Some(Level::Info), "engine: v1.5.0 is available"),
            ),
            ("2026-11-24T03:15:00.123Z ERROR x", (Some(time), Some(Level::Error), "x")),
            ("2026-11-24T03:15:00.123Z what", (None, None, "2026-11-24T03:15:00.123Z what")),
            ("INFO engine: x", (None, None, "INFO engine: x")),
            ("", (None, None, "")),
        ] {
            let row = updater(line);
            assert_eq!((row.at, row.level, row.text.as_str()), expected, "{line}");
            if row.at.is_some() {
                assert_eq!(row.line(), line);
            }
        }
    }

    #[test]
    fn levels_of_an_agent_are_guessed_only_when_certain() {
        for (line, expected) in [
            ("time=2026-11-24T03:15:00.000Z level=WARN msg=\"level=INFO\"", Some(Level::Warn)),
            ("level=error msg=x", Some(Level::Error)),
            ("level=WARN+1 msg=x", Some(Level::Warn)),
            (r#"{"time":"x","level":"debug","msg":"y"}"#, Some(Level::Debug)),
            (r#"{"msg":"an \"level\":\"error\" in words"}"#, None),
            ("2026/11/24 03:15:00 [ERROR] no", Some(Level::Error)),
            ("[warn] x", Some(Level::Warn)),
            ("ERROR: x", Some(Level::Error)),
            ("2026-11-24T03:15:00Z WARNING x", Some(Level::Warn)),
            ("E1124 03:15:00.123456 1 x.go:1] y", Some(Level::Error)),
            ("I1124 people", None),
            ("panic: runtime error", Some(Level::Error)),
            ("2026/11/24 03:15:00 all is well", None),
            ("error rates are low", None),
            ("no ERROR seen", None),
            ("Error", None),
            ("", None),
        ] {
            assert_eq!(agent(line, None).level, expected, "{line}");
        }
    }

    #[test]
    fn times_of_an_agent_are_its_own_or_when_it_was_read() {
        let read = at("2026-11-24T04:00:00Z");
        for (line, time, text) in [
            ("2026-11-24T03:15:00Z INFO x", Some(at("2026-11-24T03:15:00Z")), "INFO x"),
            ("2026-11-24T05:15:00+02:00 x", Some(at("2026-11-24T03:15:00Z")), "x"),
            ("2026/11/24 03:15:00 x", None, "2026/11/24 03:15:00 x"),
            ("hello", Some(read), "hello"),
        ] {
            let row = agent(line, Some(read));
            assert_eq!((row.at, row.text.as_str()), (time, text), "{line}");
        }
    }

    #[test]
    fn nothing_in_a_line_reaches_the_terminal() {
        for row in [build("\u{1b}[31mred\u{7}", None), agent("\u{9b}2Jx", None), updater("a\u{202e}b")] {
            assert!(!row.text.chars().any(|symbol| symbol.is_control() || symbol == '\u{202e}'), "{row:?}");
        }
    }
}
