//! Groups by name and by number.

use std::time::Duration;

use crate::host::{Cancel, Command, process};

const PATIENCE: Duration = Duration::from_secs(10);

/// The number of the group `name`, which may be a number already; `None`: there is no such group.
pub(super) fn number(name: &str) -> Option<u32> {
    if let Ok(number) = name.parse() {
        return Some(number);
    }
    // Most groups are in the file, and no child is needed to read it.
    let file = std::fs::read_to_string("/etc/group").unwrap_or_default();
    file.lines()
        .find_map(|line| entry(line).filter(|found| found.0 == name))
        .map(|found| found.1)
        .or_else(|| ask(name))
}

/// The name of the group `number`, as far as the file knows it.
pub(super) fn name(number: u32) -> Option<String> {
    let file = std::fs::read_to_string("/etc/group").ok()?;
    file.lines()
        .find_map(|line| entry(line).filter(|found| found.1 == number))
        .map(|found| found.0.to_owned())
}

/// Name and number of a line of group(5).
fn entry(line: &str) -> Option<(&str, u32)> {
    let mut fields = line.split(':');
    let name = fields.next()?;
    let number = fields.nth(1)?.parse().ok()?;
    Some((name, number))
}

/// The system's own answer, which knows directories besides the file.
#[cfg(not(target_os = "macos"))]
fn ask(name: &str) -> Option<u32> {
    let said = output(&Command::new("/usr/bin/getent").args(["group", "--", name]))?;
    entry(said.lines().next()?).map(|found| found.1)
}

/// The system's own answer: the file there has only groups of the system.
#[cfg(target_os = "macos")]
fn ask(name: &str) -> Option<u32> {
    let record = format!("/Groups/{name}");
    let said =
        output(&Command::new("/usr/bin/dscl").args([".", "-read", record.as_str(), "PrimaryGroupID"]))?;
    said.split_ascii_whitespace().last()?.parse().ok()
}

fn output(command: &Command) -> Option<String> {
    let said = process::capture(command, PATIENCE, &Cancel::new()).ok()?;
    said.exit.success().then(|| said.text())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_read_or_refused() {
        assert_eq!(entry("wheel:x:10:ann,bob"), Some(("wheel", 10)));
        for line in ["", "wheel", "wheel:x", "wheel:x:ten:", "+::::"] {
            assert_eq!(entry(line), None, "{line}");
        }
    }

    #[test]
    fn groups_are_looked_up_by_name_and_number() {
        let own = name(0).expect("group 0 has a name");
        assert_eq!(number(&own), Some(0));
        assert_eq!(number("4711"), Some(4711));
        for unknown in ["no-such-group", "-x", "", "a:b"] {
            assert_eq!(number(unknown), None, "{unknown}");
        }
    }
}
