//! Numbers, times and names of the domain as people say them.

use std::time::Duration;

use crate::model::status::{AgentLife, State};
use crate::model::{Run, RunKind, StepStatus, Timestamp, Verdict};

/// A time of one second or more that is told in two units, or a shorter one in one: `180 ms`, `1.2 s`,
/// `41 s`, `1 min 12 s`, `2 h 5 min`, `3 d 4 h`.
pub fn duration(duration: Duration) -> String {
    let ms = duration.as_millis();
    let seconds = (ms + 500) / 1000;
    let two = |large: u128, large_unit: &str, small: u128, small_unit: &str| match small {
        0 => format!("{large} {large_unit}"),
        _ => format!("{large} {large_unit} {small} {small_unit}"),
    };
    match ms {
        0..1_000 => format!("{ms} ms"),
        // 9.95 s would read `10.0 s`.
        1_000..9_950 => format!("{}.{} s", (ms + 50) / 1000, (ms + 50) / 100 % 10),
        _ if seconds < 60 => format!("{seconds} s"),
        _ if seconds < 3_600 => two(seconds / 60, "min", seconds % 60, "s"),
        _ if seconds < 86_400 => two(seconds / 3_600, "h", seconds / 60 % 60, "min"),
        _ => two(seconds / 86_400, "d", seconds / 3_600 % 24, "h"),
    }
}

/// As [`duration`], from milliseconds.
pub fn milliseconds(ms: u64) -> String {
    duration(Duration::from_millis(ms))
}

/// How far `at` is from `now`, in one unit: `just now`, `3 min ago`, `in 12 s`.
pub fn age(at: Timestamp, now: Timestamp) -> String {
    let seconds = now.as_second() - at.as_second();
    let far = seconds.unsigned_abs();
    let text = match far {
        0 => return "just now".to_owned(),
        1..60 => format!("{far} s"),
        60..3_600 => format!("{} min", far / 60),
        3_600..86_400 => format!("{} h", far / 3_600),
        _ => format!("{} d", far / 86_400),
    };
    if seconds > 0 { format!("{text} ago") } else { format!("in {text}") }
}

/// A point in time to the second: `2026-11-24 03:15:00 UTC`.
pub fn time(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string()
}

/// A size in bytes: `512 B`, `1.5 KiB`, `12 MiB`.
pub fn size(bytes: u64) -> String {
    const UNITS: [&str; 5] = ["KiB", "MiB", "GiB", "TiB", "PiB"];
    if bytes < 1024 {
        return format!("{bytes} B");
    }
    let mut tenths = u128::from(bytes) * 10 / 1024;
    let mut unit = UNITS[0];
    for larger in &UNITS[1..] {
        if tenths < 10_240 {
            break;
        }
        tenths /= 1024;
        unit = larger;
    }
    match tenths {
        0..100 => format!("{}.{} {unit}", tenths / 10, tenths % 10),
        _ => format!("{} {unit}", tenths / 10),
    }
}

/// A number with its noun: `1 version`, `3 versions`.
pub fn count(number: usize, noun: &str) -> String {
    match number {
        1 => format!("1 {noun}"),
        _ => format!("{number} {noun}s"),
    }
}

/// What a run is for, as a verb's noun.
pub fn kind(kind: RunKind) -> &'static str {
    match kind {
        RunKind::Update => "update",
        RunKind::Rollback => "rollback",
        RunKind::Install => "installation",
        RunKind::Repair => "repair",
        RunKind::External => "change from outside",
    }
}

/// How a run ended.
pub fn verdict(verdict: Option<Verdict>) -> &'static str {
    match verdict {
        None => "running",
        Some(Verdict::Updated) => "done",
        Some(Verdict::RolledBack) => "rolled back",
        Some(Verdict::Failed) => "failed, agent untouched",
        Some(Verdict::Aborted) => "aborted, agent untouched",
        Some(Verdict::Staged) => "built and proven, switched to later",
        Some(Verdict::Stuck) => "stuck: neither version runs",
    }
}

/// What the updater is doing.
pub fn state(state: State) -> &'static str {
    match state {
        State::Off => "off",
        State::Recovering => "taking up an interrupted run",
        State::Idle => "waiting for the next check",
        State::Checking => "asking for new versions",
        State::Building => "building the new version",
        State::Switching => "switching the agent over",
        State::Verifying => "watching the new version",
        State::RollingBack => "going back to the old version",
        State::Stuck => "stuck: waiting for a command or a newer version",
    }
}

/// The agent's life.
pub fn life(life: AgentLife) -> &'static str {
    match life {
        AgentLife::Running => "running",
        AgentLife::Stopped => "stopped",
        AgentLife::Failed => "failed",
        AgentLife::Absent => "not installed",
    }
}

/// From one version to another: `v1.4.1 -> v1.4.2`.
pub fn way(run: &Run) -> String {
    let from = run.from.as_deref().unwrap_or("nothing");
    let to = run.to.as_deref().unwrap_or("nothing");
    format!("{from} -> {to}")
}

/// Which signs may be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Glyphs {
    /// Any terminal shows them.
    #[default]
    Ascii,
    /// Clearer, where the terminal knows them.
    Unicode,
}

/// The sign of a step's status, one column wide.
pub fn glyph(status: StepStatus, glyphs: Glyphs) -> &'static str {
    let (ascii, unicode) = match status {
        StepStatus::Pending => (".", "·"),
        StepStatus::Running => (">", "▶"),
        StepStatus::Done => ("+", "✓"),
        StepStatus::Skipped => ("-", "–"),
        StepStatus::Failed => ("x", "✗"),
        StepStatus::Undone => ("<", "↩"),
        StepStatus::NotRun => (".", "·"),
    };
    match glyphs {
        Glyphs::Ascii => ascii,
        Glyphs::Unicode => unicode,
    }
}

/// A step's status in words.
pub fn step_status(status: StepStatus) -> &'static str {
    match status {
        StepStatus::Pending => "to come",
        StepStatus::Running => "running",
        StepStatus::Done => "done",
        StepStatus::Skipped => "skipped",
        StepStatus::Failed => "failed",
        StepStatus::Undone => "taken back",
        StepStatus::NotRun => "not run",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_two_units_at_most() {
        for (ms, text) in [
            (0, "0 ms"),
            (180, "180 ms"),
            (999, "999 ms"),
            (1_000, "1.0 s"),
            (1_249, "1.2 s"),
            (9_949, "9.9 s"),
            (9_950, "10 s"),
            (59_499, "59 s"),
            (59_500, "1 min"),
            (72_000, "1 min 12 s"),
            (3_599_499, "59 min 59 s"),
            (3_599_500, "1 h"),
            (7_500_000, "2 h 5 min"),
            (86_400_000, "1 d"),
            (273_600_000, "3 d 4 h"),
        ] {
            assert_eq!(milliseconds(ms), text, "{ms}");
        }
    }

    #[test]
    fn ages_look_both_ways() {
        let now = Timestamp::from_second(1_000_000).expect("time");
        for (offset, text) in [
            (0, "just now"),
            (-1, "1 s ago"),
            (-59, "59 s ago"),
            (-185, "3 min ago"),
            (-7_200, "2 h ago"),
            (-300_000, "3 d ago"),
            (12, "in 12 s"),
            (3_700, "in 1 h"),
        ] {
            let at = Timestamp::from_second(1_000_000 + offset).expect("time");
            assert_eq!(age(at, now), text, "{offset}");
        }
    }

    #[test]
    fn sizes_have_two_digits_or_more() {
        for (bytes, text) in [
            (0, "0 B"),
            (1023, "1023 B"),
            (1024, "1.0 KiB"),
            (1536, "1.5 KiB"),
            (10 * 1024, "10 KiB"),
            (1024 * 1024 - 1, "1023 KiB"),
            (12 * 1024 * 1024, "12 MiB"),
            (5 << 30, "5.0 GiB"),
            (u64::MAX, "16383 PiB"),
        ] {
            assert_eq!(size(bytes), text, "{bytes}");
        }
    }

    #[test]
    fn nouns_count() {
        assert_eq!(count(0, "alert"), "0 alerts");
        assert_eq!(count(1, "alert"), "1 alert");
        assert_eq!(count(2, "alert"), "2 alerts");
    }
}
