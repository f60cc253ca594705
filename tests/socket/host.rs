//! An updater whose go can be held up, and made to print very much.

use std::fs;
use std::ops::Deref;
use std::os::unix::fs::PermissionsExt as _;
use std::time::Duration;

use sentinel_updater::cli::demo::Variant;

use super::kit::child::Child;
use super::kit::instance::Instance;
use super::kit::proxy;
use super::kit::waiting::until_within;

/// Longer than anything but a build takes.
pub(crate) const LONG: Duration = Duration::from_secs(60);
/// How many lines a build prints before the compiler begins.
pub(crate) const GATED: usize = 50;

pub(crate) struct Host(Instance);

impl Deref for Host {
    type Target = Instance;

    fn deref(&self) -> &Instance {
        &self.0
    }
}

impl Host {
    /// With v1.0.0 on offer, a schedule that never checks by itself after the first time, and more settings.
    pub(crate) fn new(more: &str) -> Self {
        let host = Self(Instance::new());
        // Others than us must be able to come as far as the socket.
        fs::set_permissions(host.root(), fs::Permissions::from_mode(0o755)).expect("mode");
        host.wrap_go();
        host.configure(more);
        host.publish("v1.0.0", Variant::Good);
        host
    }

    /// A go that prints lines before it builds, and waits while there is a gate.
    fn wrap_go(&self) {
        self.before_go(&format!(
            "if [ \"$1\" = install ]; then\n\
               n={GATED}; [ ! -e '{flood}' ] || n=20000\n\
               i=1; while [ $i -le $n ]; do echo \"line $i before the compiler\" >&2; i=$((i + 1)); done\n\
               while [ -e '{gate}' ]; do /bin/sleep 0.05; done\n\
             fi",
            flood = self.path("flood").display(),
            gate = self.path("gate").display(),
        ));
    }

    /// Writes the configuration with more settings.
    pub(crate) fn configure(&self, more: &str) {
        let database = self.path("data/beats").display().to_string();
        self.0.configure("6h", "3s", &format!("agent.database = \"{database}\"\n{more}"));
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
        let child = self.0.run();
        until_within(
            LONG,
            "somebody listens",
            || std::os::unix::net::UnixStream::connect(self.socket()).is_ok(),
            || child.said().1,
        );
        child
    }

    /// How long a whole update may take.
    pub(crate) const UPDATE: Duration = proxy::BUILD;
}
