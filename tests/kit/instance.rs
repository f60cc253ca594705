//! An updater with its whole surroundings in one folder: without root, without a service manager, with the real go.
//! The agent is the one without SQLite, and the standard library comes compiled from the cache of tests: a build
//! takes seconds.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use sentinel_updater::cli::demo::{Release, Tree, Variant};

use super::child::Child;
use super::go::Go;
use super::{cache, network};

/// The program that is tested.
pub const PROGRAM: &str = env!("CARGO_BIN_EXE_sentinel-updater");

/// The folder, and the tree of modules in it.
pub struct Instance {
    folder: tempfile::TempDir,
    tree: Tree,
    /// The agent's.
    port: u16,
}

impl Instance {
    /// Everything but a configuration and something on offer.
    pub fn new() -> Self {
        let folder = tempfile::tempdir().expect("a directory");
        let tree = Tree::new(folder.path().join("proxy")).expect("a tree");
        let instance = Self { folder, tree, port: network::free_port().expect("a port") };
        for folder in ["data", "bin", "cache/go"] {
            fs::create_dir_all(instance.path(folder)).expect("a directory");
        }
        let warm = cache::folder().expect("a cache").join("gocache");
        fs::create_dir_all(&warm).expect("a directory");
        symlink(warm, instance.path("cache/go/build")).expect("linked");
        instance
    }

    /// Puts lines of a shell script before every go command.
    pub fn before_go(&self, lines: &str) {
        let real = Go::find().expect("go").binary().display().to_string();
        // Who knew where it is would go past the lines.
        let hidden =
            format!("if [ \"$1 $2\" = 'env GOROOT' ]; then echo; exec '{real}' env GOVERSION GOPROXY; fi");
        script(&self.wrapper(), &format!("{hidden}\n{lines}\nexec '{real}' \"$@\""));
    }

    fn wrapper(&self) -> PathBuf {
        self.path("go")
    }

    /// Writes the configuration, anew if there is one: how often is checked, how long a new version is watched,
    /// and more settings.
    pub fn configure(&self, interval: &str, window: &str, more: &str) {
        let at = |name: &str| self.path(name).display().to_string();
        let go = match self.wrapper() {
            wrapper if wrapper.exists() => wrapper,
            _ => Go::find().expect("go").binary().to_owned(),
        };
        let text = format!(
            "updater.service_name = \"instance-test\"\nupdater.check_interval = \"{interval}\"\n\
             service.manager = \"process\"\n\
             agent.service_name = \"agent\"\nagent.binary = \"{}\"\n\
             agent.args = [\"-health\", \"127.0.0.1:{}\"]\nagent.env = {{ SENTINEL_DB = \"{}\" }}\n\
             build.cgo = false\nbuild.go = \"{}\"\nbuild.goproxy = \"{}\"\nbuild.gosumdb = \"off\"\n\
             verify.window = \"{window}\"\n\
             paths.data = \"{}\"\npaths.state = \"{}\"\npaths.cache = \"{}\"\npaths.socket = \"{}\"\n{more}",
            at("bin/sentinel"),
            self.port,
            at("data/beats"),
            go.display(),
            self.tree.url(),
            at("data"),
            at("state"),
            at("cache"),
            self.socket().display(),
        );
        fs::write(self.path("updater.toml"), text).expect("written");
    }

    pub fn root(&self) -> &Path {
        self.folder.path()
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.root().join(name)
    }

    pub fn socket(&self) -> PathBuf {
        self.path("run/control.sock")
    }

    pub fn publish(&self, version: &str, variant: Variant) {
        self.tree.publish(&Release::new(version).variant(variant).plain(true)).expect("published");
    }

    /// This program with this configuration.
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(PROGRAM);
        command.arg("--config").arg(self.path("updater.toml")).args(args);
        command
    }

    /// Starts the service.
    pub fn run(&self) -> Child {
        Child::spawn(self.command(&["run"])).expect("started")
    }

    pub fn log(&self) -> String {
        fs::read_to_string(self.path("data/updater.log")).unwrap_or_default()
    }
}

/// Writes an executable shell script.
pub fn script(path: &Path, body: &str) {
    fs::write(path, format!("#!/bin/sh\n{body}\n")).expect("written");
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).expect("executable");
}
