//! Which service manager runs this host, and how it names our services.

use std::path::Path;

use service_manager::{ServiceLabel, ServiceManagerKind};

/// Exists exactly while systemd is process 1 (`sd_booted(3)`).
const SYSTEMD_RUNS: &str = "/run/systemd/system";

/// A service manager.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// systemd.
    Systemd,
    /// launchd.
    Launchd,
    /// The Windows service control manager.
    Scm,
    /// None that we know: the agent would be our own child.
    Process,
}

impl Kind {
    /// Its name in settings and in `status`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Systemd => "systemd",
            Self::Launchd => "launchd",
            Self::Scm => "scm",
            Self::Process => "process",
        }
    }
}

impl Kind {
    /// Whether the updater runs the agent itself.
    pub fn is_own(self) -> bool {
        self == Self::Process
    }
}

/// The manager that runs this host.
pub fn detect() -> Kind {
    choose(ServiceManagerKind::native().ok(), Path::new(SYSTEMD_RUNS).is_dir())
}

/// The crate finds systemd where `systemctl` is installed, which it also is in containers that no
/// systemd runs; and it prefers WinSW where somebody has it, while we speak to the system itself.
fn choose(native: Option<ServiceManagerKind>, systemd_runs: bool) -> Kind {
    match native {
        Some(ServiceManagerKind::Systemd) if systemd_runs => Kind::Systemd,
        Some(ServiceManagerKind::Launchd) => Kind::Launchd,
        Some(ServiceManagerKind::Sc | ServiceManagerKind::WinSw) => Kind::Scm,
        _ => Kind::Process,
    }
}

/// A label that names the service exactly `name` with every manager. A label that is parsed would lose
/// parts of dotted names with some of them.
pub fn label(name: &str) -> ServiceLabel {
    ServiceLabel { qualifier: None, organization: None, application: name.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn systemd_counts_only_where_it_runs() {
        for (native, runs, kind) in [
            (Some(ServiceManagerKind::Systemd), true, Kind::Systemd),
            (Some(ServiceManagerKind::Systemd), false, Kind::Process),
            (Some(ServiceManagerKind::OpenRc), false, Kind::Process),
            (Some(ServiceManagerKind::Launchd), false, Kind::Launchd),
            (Some(ServiceManagerKind::Sc), false, Kind::Scm),
            (Some(ServiceManagerKind::WinSw), false, Kind::Scm),
            (None, false, Kind::Process),
        ] {
            assert_eq!(choose(native, runs), kind, "{native:?} {runs}");
        }
    }

    #[test]
    fn names_stay_as_they_are_with_every_manager() {
        for name in ["sentinelgo", "sentinelgo-updater", "com.sentinelgo.agent", "my.agent"] {
            assert_eq!(label(name).to_script_name(), name);
            assert_eq!(label(name).to_qualified_name(), name);
        }
    }
}
