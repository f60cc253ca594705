//! A machine that is on: systemd-nspawn, the machine's PID 1, and the cgroup of both.

use std::fs;
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};
use std::time::{Duration, Instant};

use super::kill_process;
use crate::kit::Result;
use crate::kit::child::Child;

/// Two busy cores boot three machines in a few seconds.
const BOOT: Duration = Duration::from_secs(60);
/// How often a boot looks whether systemd-nspawn has failed, while it waits for the message.
const LOOK: Duration = Duration::from_millis(200);
/// From SIGKILL to the end of every process.
const DEATH: Duration = Duration::from_secs(20);

/// Where cgroups may be mounted: hybrid (two of them) and unified.
const HIERARCHIES: [&str; 3] = ["/sys/fs/cgroup/unified", "/sys/fs/cgroup/systemd", "/sys/fs/cgroup"];

/// The running machine.
pub(super) struct Running {
    nspawn: Child,
    leader: u32,
    cgroups: Cgroups,
}

impl Running {
    /// Boots `root`; returns when the machine's systemd says that it is ready.
    pub(super) fn boot(name: &str, root: &Path, folder: &Path, options: Vec<String>) -> Result<Self> {
        let socket = folder.join("notify");
        let _ = fs::remove_file(&socket); // of an earlier boot
        let messages =
            UnixDatagram::bind(&socket).map_err(|error| format!("{}: {error}", socket.display()))?;
        messages.set_read_timeout(Some(LOOK)).map_err(|error| error.to_string())?;

        let cgroups = Cgroups::create(name);
        // A shell moves itself into the cgroup and becomes nspawn. Without a cgroup of their own two machines
        // share one, and `systemctl stop` in one waits for the processes of the other.
        let mut command = Command::new("sh");
        command.arg("-c").arg(
            r#"console=$1; shift
            while [ "$1" != -- ]; do echo $$ >"$1"; shift; done; shift
            exec systemd-nspawn "$@" >"$console" 2>&1"#,
        );
        command.arg("sh").arg(folder.join("console")).args(cgroups.doors()).arg("--");
        command.args(["--quiet", "--boot", "--register=no", "--keep-unit", "--notify-ready=yes"]);
        command.args(["--link-journal=no", "--resolv-conf=bind-host", "--console=read-only"]);
        command.arg(format!("--machine={name}")).arg("--directory").arg(root).args(options);
        command.env("SYSTEMD_NSPAWN_UNIFIED_HIERARCHY", "1").env("NOTIFY_SOCKET", &socket);
        let mut running = Self { nspawn: Child::spawn(command)?, leader: 0, cgroups };
        running.await_ready(&messages)?;
        Ok(running)
    }

    /// The machine's PID 1, by its number on the host.
    pub(super) fn leader(&self) -> u32 {
        self.leader
    }

    /// Kills PID 1, and with it the kernel kills every process of the machine.
    pub(super) fn kill(&mut self) -> Result<()> {
        if self.leader != 0 && self.nspawn.runs() {
            kill_process(self.leader)?;
        }
        match self.end_within(DEATH) {
            Some(_) => Ok(()),
            None => Err(format!("process {} survives SIGKILL", self.nspawn.pid())),
        }
    }

    /// Waits until it is off.
    pub(super) fn end_within(&mut self, limit: Duration) -> Option<ExitStatus> {
        self.nspawn.exit_within(limit)
    }

    fn await_ready(&mut self, messages: &UnixDatagram) -> Result<()> {
        let end = Instant::now() + BOOT;
        let mut buffer = [0; 4096];
        while Instant::now() < end {
            if let Ok(length) = messages.recv(&mut buffer) {
                let text = String::from_utf8_lossy(&buffer[..length]);
                let value = |key: &str| text.lines().find_map(|line| line.strip_prefix(key));
                if let Some(pid) = value("X_NSPAWN_LEADER_PID=") {
                    self.leader = pid.parse().map_err(|error| format!("leader `{pid}`: {error}"))?;
                }
                if value("READY=") == Some("1") && self.leader != 0 {
                    return Ok(());
                }
            } else if !self.nspawn.runs() {
                return Err("systemd-nspawn ended instead of booting".into());
            }
        }
        Err(format!("not booted after {BOOT:?}"))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Only a boot that failed is still on here: the plug is pulled before a machine is dropped.
        if self.nspawn.runs() {
            let _ = self.kill();
        }
        self.cgroups.remove();
    }
}

/// Removes the cgroups of a machine that nobody owns any more.
pub(super) fn remove_cgroups(name: &str) {
    Cgroups::of(name).remove();
}

/// The machine's cgroup in each hierarchy that this host has.
struct Cgroups(Vec<PathBuf>);

impl Cgroups {
    fn of(name: &str) -> Self {
        let parents = HIERARCHIES.iter().map(Path::new).filter(|parent| parent.join("cgroup.procs").exists());
        Self(parents.map(|parent| parent.join(name)).collect())
    }

    fn create(name: &str) -> Self {
        let mut groups = Self::of(name);
        groups.0.retain(|group| fs::create_dir_all(group).is_ok());
        groups
    }

    /// The files that take a process in.
    fn doors(&self) -> impl Iterator<Item = PathBuf> + '_ {
        self.0.iter().map(|group| group.join("cgroup.procs"))
    }

    /// Removes the empty groups; a group goes only when its children are gone.
    fn remove(&self) {
        fn clear(group: &Path) {
            for entry in fs::read_dir(group).into_iter().flatten().flatten() {
                if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                    clear(&entry.path());
                }
            }
            let _ = fs::remove_dir(group);
        }
        self.0.iter().for_each(|group| clear(group));
    }
}
