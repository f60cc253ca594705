//! Facts about this machine that its kernel tells: which boot it is, which machine, how long it is up.

use std::time::Duration;

/// Names the present boot: changes with every start of the machine. `None` where the system has none.
#[cfg(target_os = "linux")]
pub fn boot_id() -> Option<String> {
    identifier("/proc/sys/kernel/random/boot_id")
}

/// Names the present boot. `None`: this system has none.
#[cfg(not(target_os = "linux"))]
pub fn boot_id() -> Option<String> {
    None
}

/// Names this installation of the system: the same over reboots. `None` where the system has none.
#[cfg(target_os = "linux")]
pub fn machine_id() -> Option<String> {
    identifier("/etc/machine-id").or_else(|| identifier("/var/lib/dbus/machine-id"))
}

/// Names this installation of the system. `None`: this system has none.
#[cfg(not(target_os = "linux"))]
pub fn machine_id() -> Option<String> {
    None
}

/// The host's name, cleaned.
#[cfg(unix)]
pub fn host_name() -> String {
    super::text::clean_line(rustix::system::uname().nodename().to_bytes())
}

/// The host's name: this system is not asked yet.
#[cfg(not(unix))]
pub fn host_name() -> String {
    "unknown".to_owned()
}

/// Time since the machine started, suspended time included: goes on when the wall clock jumps, and is
/// comparable between processes of one boot.
#[cfg(target_os = "linux")]
pub fn since_boot() -> Duration {
    since(rustix::time::ClockId::Boottime)
}

/// Time since the machine started: goes on when the wall clock jumps.
#[cfg(all(unix, not(target_os = "linux")))]
pub fn since_boot() -> Duration {
    since(rustix::time::ClockId::Monotonic)
}

/// Time since this function was first called: this system's clock is not asked yet.
#[cfg(not(unix))]
pub fn since_boot() -> Duration {
    static FIRST: std::sync::OnceLock<std::time::Instant> = std::sync::OnceLock::new();
    FIRST.get_or_init(std::time::Instant::now).elapsed()
}

#[cfg(unix)]
fn since(clock: rustix::time::ClockId) -> Duration {
    let now = rustix::time::clock_gettime(clock);
    let seconds = u64::try_from(now.tv_sec).unwrap_or(0);
    Duration::new(seconds, u32::try_from(now.tv_nsec).unwrap_or(0))
}

/// An identifier from a file of one line. "uninitialized" is what an image says before its first boot.
#[cfg(target_os = "linux")]
fn identifier(path: &str) -> Option<String> {
    let text = std::fs::read_to_string(path).ok()?;
    let text = super::text::clean(text.trim());
    (!text.is_empty() && text != "uninitialized").then_some(text)
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn the_boot_has_a_name_and_an_age() {
        let id = boot_id().expect("boot id");
        assert_eq!(id.len(), 36);
        assert_eq!(boot_id(), Some(id));
        let before = since_boot();
        assert!(before > Duration::ZERO && since_boot() >= before);
        assert!(!host_name().is_empty());
    }

    #[test]
    fn an_identifier_is_one_clean_word() {
        let dir = tempfile::tempdir().expect("directory");
        let path = dir.path().join("id");
        let name = path.to_str().expect("name").to_owned();
        for (text, found) in [("abc\n", Some("abc")), ("", None), ("\n", None), ("uninitialized\n", None)] {
            std::fs::write(&path, text).expect("write");
            assert_eq!(identifier(&name).as_deref(), found);
        }
        assert_eq!(identifier("/nonexistent"), None);
    }
}
