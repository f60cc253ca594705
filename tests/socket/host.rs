//! The updater's whole surroundings in a folder: a tree of modules, a go that can be held up, a configuration.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use sentinel_updater::cli::demo::{Release, Tree, Variant};

use super::kit::child::Child;
use super::kit::go::Go;
use super::kit::waiting::until_within;
use super::kit::{cache, network, proxy};

const PROGRAM: &str = env!("CARGO_BIN_EXE_sentinel-updater");
/// Longer than anything but a build takes.
pub(crate) const LONG: Duration = Duration::from_secs(60);
/// How many lines a build prints before the compiler begins.
pub(crate) const GATED: usize = 50;

pub(crate) struct Host {
    folder: tempfile::TempDir,
    tree: Tree,
}

impl Host {
    /// With v1.0.0 on offer, a schedule that never checks by itself after the first time, and more settings.
    pub(crate) fn new(more: &str) -> Self {
        let folder = tempfile::tempdir().expect("a directory");
        // Others than us must be able to come as far as the socket.
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).expect("mode");
        let tree = Tree::new(folder.path().join("proxy")).expect("a tree");
        let host = Self { folder, tree };
        for folder in ["data", "bin", "cache/go"] {
            fs::create_dir_all(host.path(folder)).expect("a directory");
        }
        let warm = cache::folder().expect("a cache").join("gocache");
        fs::create_dir_all(&warm).expect("a directory");
        symlink(warm, host.path("cache/go/build")).expect("linked");
        host.wrap_go();
        host.configure(more);
        host.publish("v1.0.0", Variant::Good);
        host
    }

    /// A go that prints lines before it builds, and waits while there is a gate.
    fn wrap_go(&self) {
        let go = Go::find().expect("go");
        let real = go.binary().display().to_string();
        let script = format!(
            "#!/bin/sh\n\
             if [ \"$1 $2\" = 'env GOROOT' ]; then echo; exec '{real}' env GOVERSION GOPROXY; fi\n\
             if [ \"$1\" = install ]; then\n\
               n={GATED}; [ ! -e '{flood}' ] || n=20000\n\
               i=1; while [ $i -le $n ]; do echo \"line $i before the compiler\" >&2; i=$((i + 1)); done\n\
               while [ -e '{gate}' ]; do /bin/sleep 0.05; done\n\
             fi\n\
             exec '{real}' \"$@\"\n",
            flood = self.path("flood").display(),
            gate = self.path("gate").display(),
        );
        fs::write(self.path("go"), script).expect("written");
        fs::set_permissions(self.path("go"), fs::Permissions::from_mode(0o755)).expect("mode");
    }

    pub(crate) fn configure(&self, more: &str) {
        let at = |name: &str| self.path(name).display().to_string();
        let text = format!(
            "updater.service_name = \"socket-test\"\nupdater.check_interval = \"6h\"\n\
             service.manager = \"process\"\n\
             agent.service_name = \"agent\"\nagent.binary = \"{}\"\n\
             agent.args = [\"-health\", \"127.0.0.1:{}\"]\nagent.env = {{ SENTINEL_DB = \"{}\" }}\n\
             agent.database = \"{}\"\n\
             build.cgo = false\nbuild.go = \"{}\"\nbuild.goproxy = \"{}\"\nbuild.gosumdb = \"off\"\n\
             verify.window = \"3s\"\n\
             paths.data = \"{}\"\npaths.state = \"{}\"\npaths.cache = \"{}\"\npaths.socket = \"{}\"\n{more}",
            at("bin/sentinel"),
            network::free_port().expect("a port"),
            at("data/beats"),
            at("data/beats"),
            at("go"),
            self.tree.url(),
            at("data"),
            at("state"),
            at("cache"),
            self.socket().display(),
        );
        fs::write(self.path("updater.toml"), text).expect("written");
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn socket(&self) -> PathBuf {
        self.path("run/control.sock")
    }

    pub(crate) fn publish(&self, version: &str, variant: Variant) {
        self.tree.publish(&Release::new(version).variant(variant).plain(true)).expect("published");
    }

    /// Builds stop before the compiler.
    pub(crate) fn shut_gate(&self) {
        fs::write(self.path("gate"), "").expect("written");
    }

    /// They go on.
    pub(crate) fn open_gate(&self) {
        fs::remove_file(self.path("gate")).expect("removed");
    }

    /// Builds print very much.
    pub(crate) fn flood(&self) {
        fs::write(self.path("flood"), "").expect("written");
    }

    /// Starts the service, and waits for its socket.
    pub(crate) fn run(&self) -> Child {
        let mut command = Command::new(PROGRAM);
        command.arg("--config").arg(self.path("updater.toml")).arg("run");
        let child = Child::spawn(command).expect("started");
        until_within(
            LONG,
            "somebody listens",
            || std::os::unix::net::UnixStream::connect(self.socket()).is_ok(),
            || child.said().1,
        );
        child
    }

    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.path("data/updater.log")).unwrap_or_default()
    }

    /// How long a whole update may take.
    pub(crate) const UPDATE: Duration = proxy::BUILD;
}

pub(crate) fn send(run: &Child, signal: Signal) {
    kill_process(Pid::from_raw(run.pid().cast_signed()).expect("a number"), signal).expect("signalled");
}
