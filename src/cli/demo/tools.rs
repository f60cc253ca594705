//! What the demo builds with: a go, found or fetched, and SQLite where there is a C compiler for it.

use std::path::Path;
use std::time::Duration;

use tokio::runtime::Handle;

use crate::host::process::{self, Command};
use crate::host::{Cancel as Killer, Guard};
use crate::model::{Class, Outcome};
use crate::ports::{BuildEvent, Cancel};
use crate::world;

use super::agent::{SQLITE_MODULE, SQLITE_VERSION};
use super::setting::Setting;
use super::tree::url_of;

/// How long SQLite's source may take to arrive.
const DOWNLOAD: Duration = Duration::from_secs(120);

/// Finds the tools and notes them in `setting`. Returns what was found, for people.
///
/// # Errors
/// `Toolchain`, `Network`, `Security` when there is no go and none can be fetched.
pub(super) fn find(
    setting: &mut Setting,
    runtime: &Handle,
    cancel: &Cancel,
    tell: &mut dyn FnMut(BuildEvent),
) -> Outcome<Vec<String>> {
    let mut said = Vec::new();
    let settings = setting.around()?;
    let proxies = world::proxies(&settings, runtime)?;
    let go = match world::go(&settings, runtime, None, tell, cancel) {
        Err(first) if first.class == Class::Toolchain => {
            // Perhaps only the C compiler is missing.
            setting.cgo = false;
            let go = world::go(&setting.around()?, runtime, None, tell, cancel)?;
            said.push(format!("built with CGO off, and without SQLite: {}", first.line()));
            go
        }
        go => go?,
    };
    said.insert(0, format!("go is `{}`", go.display()));
    if setting.cgo {
        match download(&go, &setting.root, &proxies, cancel) {
            Ok(tree) => setting.modules.push(tree),
            Err(failure) if failure.class == Class::Cancelled => return Err(failure),
            Err(failure) => {
                setting.cgo = false;
                said.push(format!("built with CGO off, because SQLite cannot be had: {}", failure.line()));
            }
        }
    }
    setting.go = Some(go);
    Ok(said)
}

/// Downloads SQLite's module, proven by the checksum database, and gives the tree in which it lies then.
fn download(go: &Path, root: &Path, proxies: &str, cancel: &Cancel) -> Outcome<String> {
    let modules = root.join("modules");
    let guard = Guard::this_executable()?;
    let mut command = Command::new(go)
        .args(["mod", "download", "-json"])
        .arg(format!("{SQLITE_MODULE}@{SQLITE_VERSION}"))
        .cwd(root)
        .guarded(guard)
        .env("HOME", root)
        .env("GOPATH", root.join("gopath"))
        .env("GOCACHE", root.join("cache/go-tools"))
        .env("GOMODCACHE", &modules)
        .env("GOPROXY", proxies)
        .env("GOENV", "off")
        .env("GOWORK", "off")
        .env("GOTOOLCHAIN", "local")
        .env("GOVCS", "*:off")
        .env("GOFLAGS", "-modcacherw");
    for name in ["GOSUMDB", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "SSL_CERT_FILE"] {
        if let Some(value) = crate::config::env::read(name) {
            command = command.env(name, value);
        }
    }
    let killer = Killer::new();
    cancel.on_request({
        let killer = killer.clone();
        move || killer.cancel()
    });
    process::capture(&command, DOWNLOAD, &killer)?.check(&command, Class::Network)?;
    Ok(url_of(&modules.join("cache/download")))
}
