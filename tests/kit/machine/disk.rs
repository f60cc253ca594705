//! A machine's disk: an overlay over read-only layers.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, PidfdFlags, pidfd_open};

use super::boot::remove_cgroups;
use super::{kill_process, machines};
use crate::kit::{Result, cache, child};

/// Mounting and removing take milliseconds; a stuck one must not hang the suite.
const LIMIT: Duration = Duration::from_secs(60);

/// The disk and the folder around it.
pub(super) struct Disk {
    folder: PathBuf,
    root: PathBuf,
    lower: String,
    mounted: bool,
}

impl Disk {
    /// An empty disk in a folder of its own.
    pub(super) fn create(name: &str) -> Result<Self> {
        let folder = machines()?.join(name);
        fs::create_dir(&folder).map_err(|error| format!("cannot create {}: {error}", folder.display()))?;
        Ok(Self { root: folder.join("root"), folder, lower: String::new(), mounted: false })
    }

    /// Names what lies below it: `base`, and over it each of `layers`.
    pub(super) fn layer(&mut self, base: &Path, layers: &[PathBuf]) {
        let all = layers.iter().rev().map(PathBuf::as_path).chain([base]);
        self.lower = all.map(|path| path.display().to_string()).collect::<Vec<_>>().join(":");
    }

    /// The folder of the machine.
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// What the console said since the last boot.
    pub(super) fn console(&self) -> String {
        let console = fs::read(self.folder.join("console")).unwrap_or_default();
        String::from_utf8_lossy(&console).into_owned()
    }

    /// Where it is mounted while the machine is on.
    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    /// Mounts it.
    pub(super) fn mount(&mut self) -> Result<()> {
        if self.overlay().is_err() {
            // A file system that is an overlay itself, as in a container, cannot hold the upper layer: memory can.
            self.mount_over(&["-t", "tmpfs", "machine"], &self.folder)?;
            self.overlay()?;
        }
        self.mounted = true;
        Ok(())
    }

    /// Unmounts it; what was written stays.
    pub(super) fn unmount(&mut self) -> Result<()> {
        if std::mem::take(&mut self.mounted) {
            unmount(&self.root)?;
        }
        Ok(())
    }

    /// Removes it with everything on it.
    pub(super) fn remove(&mut self) -> Result<()> {
        self.unmount()?;
        remove(&self.folder)
    }

    fn overlay(&self) -> Result<()> {
        let [upper, work] = ["upper", "work"].map(|name| self.folder.join(name));
        for folder in [&upper, &work, &self.root] {
            fs::create_dir_all(folder)
                .map_err(|error| format!("cannot create {}: {error}", folder.display()))?;
        }
        let options =
            format!("lowerdir={},upperdir={},workdir={}", self.lower, upper.display(), work.display());
        self.mount_over(&["-t", "overlay", "overlay", "-o", &options], &self.root)
    }

    fn mount_over(&self, words: &[&str], place: &Path) -> Result<()> {
        let mut command = Command::new("mount");
        command.args(words).arg(place);
        child::run(command, LIMIT)?.check().map(drop)
    }
}

/// Removes machines whose test program is gone: it was killed, and nobody dropped them.
pub(super) fn sweep() -> Result<()> {
    let _turn = cache::lock("sweep")?;
    let folder = machines()?;
    for entry in fs::read_dir(&folder).map_err(|error| error.to_string())?.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let owner = name.split('-').nth(1).unwrap_or_default();
        if !Path::new("/proc").join(owner).exists() {
            kill_machine(&name)?;
            unmount(&entry.path().join("root"))?;
            remove(&entry.path())?;
            remove_cgroups(&name);
        }
    }
    Ok(())
}

/// Kills every process in the cgroup of the machine `name`, systemd-nspawn too, and waits for their ends.
fn kill_machine(name: &str) -> Result<()> {
    let inside = format!("/{name}");
    let mut killed = Vec::new();
    for entry in fs::read_dir("/proc").map_err(|error| error.to_string())?.flatten() {
        let Ok(pid) = entry.file_name().to_string_lossy().parse() else { continue };
        let groups = fs::read_to_string(entry.path().join("cgroup")).unwrap_or_default();
        if groups.lines().any(|line| line.ends_with(&inside) || line.contains(&format!("{inside}/"))) {
            killed.extend(Pid::from_raw(pid).and_then(|pid| pidfd_open(pid, PidfdFlags::empty()).ok()));
            kill_process(pid.unsigned_abs())?;
        }
    }
    for process in &killed {
        let limit = Timespec { tv_sec: 20, tv_nsec: 0 };
        poll(&mut [PollFd::new(process, PollFlags::IN)], Some(&limit)).map_err(|error| error.to_string())?;
    }
    Ok(())
}

fn unmount(place: &Path) -> Result<()> {
    let mut command = Command::new("umount");
    command.arg(place);
    if child::run(command, LIMIT)?.succeeded() || !is_mounted(place) {
        return Ok(());
    }
    // Somebody still looks at it; it goes when they leave.
    let mut command = Command::new("umount");
    command.arg("--lazy").arg(place);
    child::run(command, LIMIT)?.check().map(drop)
}

fn is_mounted(place: &Path) -> bool {
    let mounts = fs::read_to_string("/proc/self/mounts").unwrap_or_default();
    let place = place.display().to_string();
    mounts.lines().any(|line| line.split(' ').nth(1) == Some(&place))
}

fn remove(folder: &Path) -> Result<()> {
    if is_mounted(folder) {
        unmount(folder)?;
    }
    let mut command = Command::new("rm");
    // Never into anything that is still mounted below.
    command.args(["-rf", "--one-file-system", "--"]).arg(folder);
    child::run(command, LIMIT)?.check().map(drop)
}
