//! The host's real go command.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::time::Duration;

use super::machine::Bind;
use super::{Result, child};

/// A Go toolchain of this host.
#[derive(Debug, Clone)]
pub struct Go {
    root: PathBuf,
}

impl Go {
    /// Asks the `go` on PATH where its toolchain lies. Once a process: it may be a slow wrapper.
    pub fn find() -> Result<Self> {
        static FOUND: OnceLock<Result<Go>> = OnceLock::new();
        FOUND.get_or_init(Self::look).clone()
    }

    fn look() -> Result<Self> {
        let mut command = Command::new("go");
        command.args(["env", "GOROOT"]).current_dir("/");
        let output = child::run(command, Duration::from_secs(60))?.check()?;
        match output.stdout.trim() {
            "" => Err(format!("no GOROOT: {output}")),
            root => Ok(Self { root: root.into() }),
        }
    }

    /// GOROOT.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The go command itself, not what PATH may have before it.
    pub fn binary(&self) -> PathBuf {
        self.root.join("bin/go")
    }

    /// The toolchain at /usr/local/go of a machine.
    pub fn bind(&self) -> Bind {
        Bind::read_only(&self.root, "/usr/local/go")
    }

    /// A go command that sees nothing of the user's settings; everything it writes lies under `home`.
    pub fn command(&self, home: &Path, build_cache: &Path, proxy: &str) -> Command {
        let modules = home.join("mod");
        let mut command = Command::new(self.binary());
        command.current_dir(home).env_clear().envs(environment(home, &modules, build_cache, proxy));
        command
    }
}

/// The whole environment of a build.
pub fn environment(
    home: &Path,
    modules: &Path,
    build_cache: &Path,
    proxy: &str,
) -> Vec<(&'static str, String)> {
    let text = |path: &Path| path.display().to_string();
    vec![
        ("PATH", "/usr/local/go/bin:/usr/bin:/bin".into()),
        ("HOME", text(home)),
        ("GOPATH", text(&home.join("go"))),
        ("GOMODCACHE", text(modules)),
        ("GOBIN", text(&home.join("bin"))),
        ("GOCACHE", text(build_cache)),
        ("GOENV", "off".into()),
        // go keys its index of a module by folder, and would take a version that was published again
        // with other files for the first one.
        ("GODEBUG", "goindex=0".into()),
        ("GOFLAGS", "-modcacherw".into()),
        ("GOWORK", "off".into()),
        ("GOTOOLCHAIN", "local".into()),
        ("CGO_ENABLED", "1".into()),
        ("GOPROXY", proxy.into()),
        // Dependencies were verified when they were fetched; the sample agent is in no checksum database.
        ("GOSUMDB", "off".into()),
    ]
}
