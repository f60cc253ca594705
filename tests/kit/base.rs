//! The root file system that every machine starts from: a minimal Debian with systemd and a C compiler.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use super::{Result, cache, child};

/// What is installed beside the minimal system.
const PACKAGES: &str =
    "systemd,systemd-sysv,dbus,ca-certificates,procps,iproute2,strace,sqlite3,libcap2-bin,gcc,libc6-dev";
/// The suite on a Debian host; any other host installs its own, whose mirror and keys it surely has.
const DEBIAN_SUITE: &str = "trixie";
/// Raised when the cached file system must be built again.
const EDITION: u32 = 2;

/// A root file system that is only read.
#[derive(Debug, Clone)]
pub struct Base {
    root: PathBuf,
}

impl Base {
    /// Whether this host can run machines at all; else the reason.
    pub fn possible() -> Result<()> {
        if !rustix::process::geteuid().is_root() {
            return Err("machines need root".into());
        }
        for program in ["systemd-nspawn", "debootstrap", "nsenter", "mount"] {
            let paths = std::env::var_os("PATH").unwrap_or_default();
            if !std::env::split_paths(&paths).any(|folder| folder.join(program).is_file()) {
                return Err(format!("machines need {program}"));
            }
        }
        Ok(())
    }

    /// The file system from the cache, or a new one (under a minute with a near mirror).
    pub fn get() -> Result<Self> {
        Self::possible()?;
        let host = fs::read_to_string("/etc/os-release").unwrap_or_default();
        let field = |key: &str| {
            let line = host.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix('='));
            line.map(|value| value.trim_matches('"').to_owned())
        };
        let suite = match field("ID").as_deref() {
            Some("debian") => DEBIAN_SUITE.to_owned(),
            _ => field("VERSION_CODENAME").unwrap_or(DEBIAN_SUITE.to_owned()),
        };
        let root = cache::entry(&format!("base-{suite}-{EDITION}"), |draft| build(&suite, draft))?;
        Ok(Self { root })
    }

    /// Its folder.
    pub fn root(&self) -> &Path {
        &self.root
    }
}

fn build(suite: &str, root: &Path) -> Result<()> {
    let mut command = Command::new("debootstrap");
    command.args(["--variant=minbase", &format!("--include={PACKAGES}"), suite]).arg(root);
    command.args(mirror());
    let output = child::run(command, Duration::from_secs(1200))?;
    if !output.succeeded() {
        let log = fs::read_to_string(root.join("debootstrap/debootstrap.log")).unwrap_or_default();
        return Err(format!("{output}\n{log}"));
    }
    // Certificate authorities that this host was given, such as a company's own, count in the machine too.
    let bundle = "etc/ssl/certs/ca-certificates.crt";
    let host = Path::new("/").join(bundle);
    if host.exists() {
        fs::copy(&host, root.join(bundle)).map_err(|error| format!("cannot copy {bundle}: {error}"))?;
    }
    // The packages' archive is a third of its size and nobody installs from it.
    cache::remove(&root.join("var/cache/apt/archives"))
}

/// The mirror that this host's apt uses; none: debootstrap knows its own.
fn mirror() -> Option<String> {
    let mut command = Command::new("apt-get");
    command.args(["indextargets", "--format", "$(ORIGIN) $(REPO_URI)", "Created-By: Packages"]);
    let output = child::run(command, Duration::from_secs(60)).ok()?.check().ok()?;
    let known = |line: &str| {
        let (origin, uri) = line.split_once(' ')?;
        // Security updates are a repository of their own, under the same origin.
        (["Debian", "Ubuntu"].contains(&origin) && !uri.contains("security")).then(|| uri.to_owned())
    };
    output.stdout.lines().find_map(known)
}
