//! Facts about this machine.

use std::io;
use std::path::Path;

use ring::hmac;
use ring::rand::{SecureRandom, SystemRandom};

use crate::host::{digest, files, machine};
use crate::model::{Failure, Outcome, Timestamp};
use crate::ports::Machine;

/// Makes an identifier of our own out of the system's, as it asks programs to: its own is confidential.
const APPLICATION: &[u8] = b"sentinel-updater: spread of updates over hosts";

/// The machine that this program runs on.
#[derive(Debug, Default)]
pub struct LocalMachine {
    last_run_id: String,
}

impl Machine for LocalMachine {
    fn free_space(&mut self, path: &Path) -> Outcome<u64> {
        Ok(files::free_space(nearest_existing(path))?.bytes)
    }

    fn file_size(&mut self, path: &Path) -> Outcome<u64> {
        match std::fs::metadata(path) {
            Ok(metadata) => Ok(metadata.len()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(0),
            Err(error) => Err(Failure::io("look at", path, &error)),
        }
    }

    fn can_write(&mut self, directory: &Path) -> Outcome<()> {
        files::writable_directory(directory)
    }

    fn boot_id(&mut self) -> String {
        machine::boot_id().unwrap_or_default()
    }

    fn machine_id(&mut self) -> String {
        // A host without an identifier is told from others by its name.
        own_id(&machine::machine_id().unwrap_or_else(machine::host_name))
    }

    fn new_run_id(&mut self, now: Timestamp) -> String {
        let time = now.strftime("%Y%m%dT%H%M%SZ").to_string();
        // Two runs of one second must not meet in four digits; a third of it would need a clock that stands.
        let mut suffix = random();
        while self.last_run_id == run_id(&time, suffix) {
            suffix = suffix.wrapping_add(1);
        }
        self.last_run_id = run_id(&time, suffix);
        self.last_run_id.clone()
    }
}

/// A keyed digest: the identifier is the key, as the system's own function for this does it.
fn own_id(system: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, system.as_bytes());
    digest::hex(hmac::sign(&key, APPLICATION).as_ref())
}

fn run_id(time: &str, suffix: u16) -> String {
    format!("{time}-{suffix:04x}")
}

fn random() -> u16 {
    let mut bytes = [0; 2];
    match SystemRandom::new().fill(&mut bytes) {
        Ok(()) => u16::from_ne_bytes(bytes),
        // Without a source of random numbers the process' own number tells two programs apart.
        Err(_) => std::process::id() as u16,
    }
}

/// `path`, or the nearest directory above it that exists: where it would be created.
fn nearest_existing(path: &Path) -> &Path {
    let is_named = |path: &&Path| !path.as_os_str().is_empty();
    path.ancestors().filter(is_named).find(|path| path.exists()).unwrap_or(Path::new("."))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::model::Class;

    #[test]
    fn room_is_measured_where_the_file_would_be() {
        let dir = tempfile::tempdir().unwrap();
        let mut machine = LocalMachine::default();
        let deep = dir.path().join("not/yet/there");
        assert_eq!(nearest_existing(&deep), dir.path());
        assert_eq!(nearest_existing(Path::new("not-there")), Path::new("."));
        assert!(machine.free_space(&deep).unwrap() > 0);
    }

    #[test]
    fn sizes_and_writing() {
        let dir = tempfile::tempdir().unwrap();
        let mut machine = LocalMachine::default();
        let file = dir.path().join("file");
        assert_eq!(machine.file_size(&file).unwrap(), 0);
        std::fs::write(&file, "12345").unwrap();
        assert_eq!(machine.file_size(&file).unwrap(), 5);
        machine.can_write(dir.path()).unwrap();
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
        let failure = machine.can_write(&dir.path().join("missing")).unwrap_err();
        assert!(failure.class == Class::Disk && failure.line().contains("missing"), "{failure}");
    }

    #[test]
    fn the_systems_identifier_is_not_shown() {
        let (one, other) = (own_id("0123456789abcdef"), own_id("0123456789abcdee"));
        assert!(one.len() == 64 && one != other && !one.contains("0123456789abcdef"), "{one} {other}");
        let mut machine = LocalMachine::default();
        assert_eq!(machine.machine_id(), LocalMachine::default().machine_id());
        assert!(machine::machine_id().is_none_or(|system| !machine.machine_id().contains(&system)));
    }

    #[test]
    fn run_ids_sort_by_time_and_never_repeat() {
        let mut machine = LocalMachine::default();
        let now: Timestamp = "2026-11-24T03:15:00.5Z".parse().unwrap();
        let ids: Vec<String> = (0..50).map(|_| machine.new_run_id(now)).collect();
        assert!(ids.windows(2).all(|pair| pair[0] != pair[1]));
        assert!(ids[0].starts_with("20261124T031500Z-") && ids[0].len() == 21, "{}", ids[0]);
        let later = machine.new_run_id("2026-11-24T03:15:01Z".parse().unwrap());
        assert!(ids.iter().all(|id| *id < later));
        assert_eq!(machine.boot_id(), machine.boot_id());
    }
}
