//! Who has a file open: the process to name when the database cannot be had.

use std::fs;
use std::path::{Path, PathBuf};

use crate::host::stamp::Stamp;
use crate::host::text;
use crate::model::{Class, Failure};
use crate::store::sqlite::{SIDECARS, sidecar};

/// More are not named.
const NAMED: usize = 3;
const LONGEST_COMMAND: usize = 80;

/// The failure of somebody who cannot have the database at `path`, naming who has it.
pub(super) fn held(path: &Path) -> Failure {
    let failure =
        Failure::new(Class::Database, format!("another process holds the database `{}`", path.display()));
    let mut holders = openers(path);
    if holders.is_empty() {
        holders = lockers(path);
    }
    if holders.is_empty() {
        return failure.cause("no process that has it open can be seen from here").hint(
            "look for it in containers and on hosts that share the file system, end it, then try again",
        );
    }
    let names: Vec<String> =
        holders.iter().take(NAMED).map(|pid| format!("process {pid} ({})", command(*pid))).collect();
    failure.cause(names.join(", ")).hint("end it, then try again")
}

/// Processes with a descriptor of the database or a file of SQLite's beside it, as /proc tells.
fn openers(path: &Path) -> Vec<u32> {
    let mut files: Vec<PathBuf> = SIDECARS.iter().map(|suffix| sidecar(path, suffix)).collect();
    files.push(path.to_owned());
    let Ok(list) = fs::read_dir("/proc") else { return Vec::new() };
    list.filter_map(|item| item.ok()?.file_name().to_str()?.parse().ok())
        .filter(|pid| *pid != std::process::id() && has_open(*pid, &files))
        .collect()
}

fn has_open(pid: u32, files: &[PathBuf]) -> bool {
    let Ok(list) = fs::read_dir(format!("/proc/{pid}/fd")) else { return false };
    list.filter_map(|item| fs::read_link(item.ok()?.path()).ok()).any(|target| files.contains(&target))
}

/// Processes with a lock on the file: also those whose descriptors may not be seen.
fn lockers(path: &Path) -> Vec<u32> {
    let Ok(found) = fs::metadata(path) else { return Vec::new() };
    let table = fs::read_to_string("/proc/locks").unwrap_or_default();
    lockers_in(&table, Stamp::of(&found).number())
}

/// Lines are `1: POSIX  ADVISORY  WRITE 812 fe:00:1234 0 EOF`. The device is passed over: some file
/// systems report another one here than in stat.
fn lockers_in(table: &str, inode: u64) -> Vec<u32> {
    let mut found: Vec<u32> = table
        .lines()
        .filter_map(|line| {
            let fields: Vec<&str> = line.split_whitespace().filter(|field| *field != "->").collect();
            let number: u64 = fields.get(5)?.rsplit(':').next()?.parse().ok()?;
            let pid = fields.get(4)?.parse().ok()?;
            (number == inode && pid != std::process::id()).then_some(pid)
        })
        .collect();
    found.dedup();
    found
}

fn command(pid: u32) -> String {
    let words = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    let words: Vec<u8> = words.iter().map(|byte| if *byte == 0 { b' ' } else { *byte }).collect();
    let line = text::clean_line(&words);
    let line = line.trim();
    if line.chars().count() <= LONGEST_COMMAND {
        return line.to_owned();
    }
    line.chars().take(LONGEST_COMMAND).chain([text::ELLIPSIS]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lock_tables_are_read_by_file_number() {
        let table = "1: POSIX  ADVISORY  READ 812 fe:00:1234 1073741826 1073742335\n\
                     2: POSIX  ADVISORY  WRITE 813 fe:00:99 0 EOF\n\
                     2: -> POSIX  ADVISORY  WRITE 814 fe:00:1234 0 EOF\n\
                     3: OFDLCK ADVISORY  WRITE -1 fe:00:1234 0 EOF\n\
                     nonsense\n";
        assert_eq!(lockers_in(table, 1234), [812, 814]);
        assert!(lockers_in(table, 7).is_empty());
    }
}
