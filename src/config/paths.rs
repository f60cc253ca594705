//! Where things are: the default places of each platform, and the places derived from settings.
//!
//! Paths of a platform are put together as text, not with `Path::join`, which knows only the rules of the
//! machine it runs on: so the tables of all three platforms are tested on each of them.

use std::path::PathBuf;

use super::settings::Settings;

/// The kind of machine that a configuration is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Platform {
    /// Linux, with systemd or in a container.
    Linux,
    /// macOS.
    MacOs,
    /// Windows.
    Windows,
}

impl Platform {
    /// The platform that this program was built for; an unknown Unix counts as Linux.
    pub fn current() -> Self {
        match std::env::consts::OS {
            "macos" => Self::MacOs,
            "windows" => Self::Windows,
            _ => Self::Linux,
        }
    }

    /// The configuration file that is read when none is named.
    pub fn config_file(self) -> &'static str {
        match self {
            Self::Linux | Self::MacOs => "/etc/sentinelgo/updater.toml",
            Self::Windows => r"C:\ProgramData\SentinelGo\updater.toml",
        }
    }

    /// Default of `updater.service_name`.
    pub fn updater_service(self) -> &'static str {
        match self {
            Self::Linux | Self::Windows => "sentinelgo-updater",
            Self::MacOs => "com.sentinelgo.updater",
        }
    }

    /// Default of `agent.service_name`.
    pub fn agent_service(self) -> &'static str {
        match self {
            Self::Linux | Self::Windows => "sentinelgo",
            Self::MacOs => "com.sentinelgo.agent",
        }
    }

    /// Default of `updater.binary`.
    pub fn updater_binary(self) -> &'static str {
        match self {
            Self::Linux | Self::MacOs => "/usr/local/bin/sentinel-updater",
            Self::Windows => r"C:\Program Files\SentinelGo\sentinel-updater.exe",
        }
    }

    /// Default of `agent.binary`.
    pub fn agent_binary(self) -> &'static str {
        match self {
            Self::Linux | Self::MacOs => "/usr/local/bin/sentinel",
            Self::Windows => r"C:\Program Files\SentinelGo\sentinel.exe",
        }
    }

    /// Default of `paths.data`.
    pub fn data(self) -> &'static str {
        match self {
            Self::Linux | Self::MacOs => "/var/lib/sentinelgo",
            Self::Windows => r"C:\ProgramData\SentinelGo",
        }
    }

    /// Default of `paths.cache`, for the updater's service of that name.
    pub fn cache(self, service_name: &str, data: &str) -> String {
        match self {
            Self::Linux => format!("/var/cache/{service_name}"),
            Self::MacOs => format!("/Library/Caches/{}", self.instance(service_name)),
            Self::Windows if service_name == self.updater_service() => self.join(data, r"updater\cache"),
            Self::Windows => self.join(data, &format!(r"{service_name}\cache")),
        }
    }

    /// Default of `paths.socket`, for the updater's service of that name.
    pub fn socket(self, service_name: &str) -> String {
        match self {
            Self::Linux => format!("/run/{service_name}/control.sock"),
            Self::MacOs => format!("/var/run/{}/control.sock", self.instance(service_name)),
            Self::Windows => format!(r"\\.\pipe\{service_name}"),
        }
    }

    /// A path below a directory.
    pub fn join(self, directory: &str, name: &str) -> String {
        let separator = if self == Self::Windows { '\\' } else { '/' };
        format!("{}{separator}{name}", directory.trim_end_matches(separator))
    }

    /// Is it a path from the root (a drive or a share on Windows)?
    pub fn is_absolute(self, path: &str) -> bool {
        match (self, path.as_bytes()) {
            (Self::Windows, [drive, b':', b'\\' | b'/', ..]) => drive.is_ascii_alphabetic(),
            (Self::Windows, bytes) => bytes.starts_with(br"\\"),
            (_, bytes) => bytes.starts_with(b"/"),
        }
    }

    /// The parts of a path between its separators.
    pub(super) fn components(self, path: &str) -> impl Iterator<Item = &str> {
        path.split(move |c| c == '/' || (self == Self::Windows && c == '\\')).filter(|part| !part.is_empty())
    }

    /// A service's name as a directory's name: macOS labels are reversed domains, its directories are not.
    fn instance(self, service_name: &str) -> &str {
        if service_name == self.updater_service() { "sentinelgo-updater" } else { service_name }
    }

    /// Directory, separator included, and name of a file.
    fn split(self, path: &str) -> (&str, &str) {
        let at = path.rfind(|c| c == '/' || (self == Self::Windows && c == '\\'));
        path.split_at(at.map_or(0, |at| at + 1))
    }
}

/// Places that follow from settings and have no key of their own.
impl Settings {
    /// The updater's log: DATA/updater.log.
    pub fn log_file(&self) -> PathBuf {
        self.platform.join(&self.paths.data.to_string_lossy(), "updater.log").into()
    }

    /// What the agent prints, where the updater runs it itself: DATA/agent.log. An agent that writes a log
    /// of its own writes another file, which `agent.log` names.
    pub fn agent_output(&self) -> PathBuf {
        self.platform.join(&self.paths.data.to_string_lossy(), "agent.log").into()
    }

    /// The proven new binary, beside the one it will replace: `.BINARY.next`.
    pub fn staged_binary(&self) -> PathBuf {
        self.beside_the_agent(".", ".next")
    }

    /// The old binary, for the administrator who rolls back by hand: `BINARY.backup`.
    pub fn backup_binary(&self) -> PathBuf {
        self.beside_the_agent("", ".backup")
    }

    /// Name of the transient unit that compiles, without `.service`.
    pub fn build_unit(&self) -> String {
        format!("{}-build", self.updater.service_name)
    }

    /// The user that compiles: `build.user`, else one derived from the updater's service name, cut to the
    /// 31 bytes that a user's name may have.
    pub fn build_user(&self) -> String {
        self.build.user.clone().unwrap_or_else(|| derived_user(&self.updater.service_name))
    }

    fn beside_the_agent(&self, prefix: &str, suffix: &str) -> PathBuf {
        let binary = self.agent.binary.to_string_lossy();
        let (directory, name) = self.platform.split(&binary);
        format!("{directory}{prefix}{name}{suffix}").into()
    }
}

/// A legal user's name that differs for services that differ. A name that is too long keeps its start and
/// gets a hash (FNV-1a) of the whole.
fn derived_user(service_name: &str) -> String {
    const LONGEST: usize = 31;
    let plain: String = service_name
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' })
        .collect();
    let name = if plain.starts_with(|c: char| c.is_ascii_digit()) {
        format!("u{plain}-build")
    } else {
        format!("{plain}-build")
    };
    if name.len() <= LONGEST && plain == service_name {
        return name;
    }
    let hash =
        service_name.bytes().fold(0x811c_9dc5_u32, |h, b| (h ^ u32::from(b)).wrapping_mul(0x0100_0193));
    format!("{}-{hash:08x}", &name[..name.len().min(LONGEST - 9)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_platform_has_its_table() {
        use Platform::{Linux, MacOs, Windows};
        let data = r"D:\Data";
        let cases = [
            (Linux.cache("sentinelgo-updater", "/d"), "/var/cache/sentinelgo-updater"),
            (MacOs.cache("com.sentinelgo.updater", "/d"), "/Library/Caches/sentinelgo-updater"),
            (Windows.cache("sentinelgo-updater", data), r"D:\Data\updater\cache"),
            (Linux.socket("sentinelgo-updater"), "/run/sentinelgo-updater/control.sock"),
            (MacOs.socket("com.sentinelgo.updater"), "/var/run/sentinelgo-updater/control.sock"),
            (Windows.socket("sentinelgo-updater"), r"\\.\pipe\sentinelgo-updater"),
            // Another instance.
            (Linux.cache("demo", "/d"), "/var/cache/demo"),
            (MacOs.cache("com.example.u", "/d"), "/Library/Caches/com.example.u"),
            (Windows.cache("demo", data), r"D:\Data\demo\cache"),
            (Linux.socket("demo"), "/run/demo/control.sock"),
            (MacOs.socket("com.example.u"), "/var/run/com.example.u/control.sock"),
            (Windows.socket("demo"), r"\\.\pipe\demo"),
        ];
        for (place, expected) in cases {
            assert_eq!(place, expected);
        }
    }

    #[test]
    fn absolute_means_what_the_platform_means() {
        let cases = [
            (Platform::Linux, "/x", true),
            (Platform::Linux, "x/y", false),
            (Platform::Linux, r"C:\x", false),
            (Platform::Windows, r"C:\x", true),
            (Platform::Windows, "C:/x", true),
            (Platform::Windows, "C:x", false),
            (Platform::Windows, "/x", false),
            (Platform::Windows, r"\\server\share", true),
            (Platform::Windows, r"\\.\pipe\x", true),
        ];
        for (platform, path, expected) in cases {
            assert_eq!(platform.is_absolute(path), expected, "{platform:?} {path}");
        }
        assert_eq!(Platform::Linux.join("/d/", "x"), "/d/x");
        assert_eq!(Platform::Linux.join("/", "x"), "/x");
        assert_eq!(Platform::Windows.join(r"C:\", "x"), r"C:\x");
    }

    #[test]
    fn build_users_are_legal_and_differ() {
        assert_eq!(derived_user("sentinelgo-updater"), "sentinelgo-updater-build");
        let names = [
            "com.sentinelgo.updater",
            "com-sentinelgo-updater",
            "a-service-with-a-long-name-one",
            "a-service-with-a-long-name-two",
            "7up",
            "Up",
            "up",
        ];
        let users: std::collections::BTreeSet<_> = names.iter().map(|name| derived_user(name)).collect();
        assert_eq!(users.len(), names.len(), "{users:?}");
        for user in users {
            assert!(user.len() <= 31, "{user}");
            assert!(user.starts_with(|c: char| c.is_ascii_lowercase()), "{user}");
            assert!(
                user.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-'),
                "{user}"
            );
        }
    }
}
