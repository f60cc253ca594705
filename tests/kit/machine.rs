//! A throw-away Linux machine with a real systemd as PID 1, for what needs a service manager, a plug to
//! pull, or a reboot.
//!
//! It has its own disk (an overlay over the [`Base`]), /tmp, /run, /dev, journal, D-Bus and cgroups. Its
//! network and its clock are the host's: servers in it bind to loopback on a port of [`Machine::port`],
//! and nobody sets the date in it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use rustix::process::Signal;

use super::base::Base;
use super::child::{Child, Output};
use super::{Result, cache, child, network};

mod boot;
mod disk;

use boot::Running;
use disk::Disk;

/// How long a command in a machine may take when the test does not say.
const USUAL: Duration = Duration::from_secs(60);
/// The exit code of systemd-nspawn when the machine asked to be started again.
const REBOOT: i32 = 133;

/// A folder or file of the host that a machine sees.
#[derive(Debug, Clone)]
pub struct Bind {
    option: String,
}

impl Bind {
    /// `source` of the host at `place` in the machine, not writable there.
    pub fn read_only(source: impl AsRef<Path>, place: &str) -> Self {
        Self { option: format!("--bind-ro={}:{place}", source.as_ref().display()) }
    }

    /// The same, writable.
    pub fn writable(source: impl AsRef<Path>, place: &str) -> Self {
        Self { option: format!("--bind={}:{place}", source.as_ref().display()) }
    }
}

/// What a machine has beyond the base.
#[derive(Debug, Clone, Default)]
pub struct Setup {
    binds: Vec<Bind>,
    layers: Vec<PathBuf>,
}

impl Setup {
    /// Nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Shows a folder or file of the host.
    #[must_use]
    pub fn bind(mut self, bind: Bind) -> Self {
        self.binds.push(bind);
        self
    }

    /// Lays a folder over the base: its files are on the machine's disk from the start, and what the
    /// machine does to them stays in the machine.
    #[must_use]
    pub fn layer(mut self, folder: impl Into<PathBuf>) -> Self {
        self.layers.push(folder.into());
        self
    }
}

/// The machine. Dropping it pulls the plug and removes its disk.
pub struct Machine {
    name: String,
    port: u16,
    setup: Setup,
    disk: Disk,
    running: Option<Running>,
}

impl Machine {
    /// A new machine, booted: systemd has reached its target (about a second).
    pub fn boot(base: &Base, setup: Setup) -> Result<Self> {
        static SERIAL: AtomicU32 = AtomicU32::new(0);
        let serial = SERIAL.fetch_add(1, Ordering::Relaxed);
        if serial == 0 {
            disk::sweep()?;
        }
        let name = format!("sentinel-{}-{serial}", std::process::id());
        let disk = Disk::create(&name)?;
        let mut machine = Self { name, port: network::free_port()?, setup, disk, running: None };
        machine.disk.layer(base.root(), &machine.setup.layers);
        machine.start()?;
        Ok(machine)
    }

    /// A loopback port that is this machine's alone.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Its name, unique on this host.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// A file of the running machine as the host sees it. Absolute links in it point into the host.
    pub fn path(&self, inside: &str) -> PathBuf {
        PathBuf::from(format!("/proc/{}/root/{}", self.leader(), inside.trim_start_matches('/')))
    }

    /// Writes a file in the machine; its folder must exist.
    #[track_caller]
    pub fn write(&self, inside: &str, content: impl AsRef<[u8]>) {
        let path = self.path(inside);
        fs::write(&path, content).unwrap_or_else(|error| panic!("{inside}: {error}"));
    }

    /// Runs a command in the machine as root, at most a minute.
    #[track_caller]
    pub fn exec<S: AsRef<str>>(&self, words: &[S]) -> Output {
        self.exec_within(USUAL, words).unwrap_or_else(|error| panic!("{error}"))
    }

    /// Runs a command in the machine as root, at most `limit`.
    pub fn exec_within<S: AsRef<str>>(&self, limit: Duration, words: &[S]) -> Result<Output> {
        child::run(self.command(words), limit)
    }

    /// Runs a shell script in the machine as root, at most a minute.
    #[track_caller]
    pub fn sh(&self, script: &str) -> Output {
        self.exec(&["sh", "-euc", script])
    }

    /// Starts a command in the machine and leaves it running; it ends when it is dropped, or with the machine.
    pub fn spawn<S: AsRef<str>>(&self, words: &[S]) -> Result<Child> {
        Child::spawn(self.command(words))
    }

    /// The command, entering all namespaces of the machine with nothing of the host's environment.
    pub fn command<S: AsRef<str>>(&self, words: &[S]) -> Command {
        let mut command = Command::new("nsenter");
        command.args(["--all", "--target", &self.leader().to_string(), "env", "-i"]);
        command.args(["HOME=/root", "LANG=C.UTF-8", "TERM=dumb"]);
        command.arg("PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
        command.args(words.iter().map(AsRef::as_ref));
        command
    }

    /// Pulls the plug: every process is killed at once, in no order. What they wrote is on the disk; what
    /// a real power cut loses is what the kernel had not written, and the host's kernel goes on running.
    pub fn kill(&mut self) -> Result<()> {
        if let Some(running) = &mut self.running {
            running.kill()?;
        }
        self.off()
    }

    /// Boots it again on the same disk, after [`Machine::kill`] or [`Machine::shut_down`].
    pub fn reup(&mut self) -> Result<()> {
        match &self.running {
            Some(_) => Err(format!("{} is on", self.name)),
            None => self.start(),
        }
    }

    /// Reboots it the orderly way: systemd stops every unit, and starts again under a new boot id.
    pub fn reboot(&mut self) -> Result<()> {
        let code = self.leave("reboot")?;
        if code != Some(REBOOT) {
            return Err(format!(
                "{} was to reboot but ended with {code:?}\n{}",
                self.name,
                self.disk.console()
            ));
        }
        self.start()
    }

    /// Shuts it down the orderly way.
    pub fn shut_down(&mut self) -> Result<()> {
        self.leave("poweroff").map(drop)
    }

    /// What its console said since the last boot.
    pub fn console(&self) -> String {
        self.disk.console()
    }

    fn leave(&mut self, verb: &str) -> Result<Option<i32>> {
        // The command may be killed by the very shutdown that it asks for: its status says nothing.
        let _ = self.exec_within(USUAL, &["systemctl", "--no-block", verb])?;
        let Some(running) = &mut self.running else { return Err(format!("{} is off", self.name)) };
        // systemd gives a unit 90 s to stop before it kills it.
        let status = running.end_within(Duration::from_secs(120));
        let Some(status) = status else {
            return Err(format!("{} did not {verb}\n{}", self.name, self.disk.console()));
        };
        self.off()?;
        Ok(status.code())
    }

    fn start(&mut self) -> Result<()> {
        self.disk.mount()?;
        let options = self.setup.binds.iter().map(|bind| bind.option.clone()).collect();
        let began = Instant::now();
        let running = Running::boot(&self.name, self.disk.root(), self.disk.folder(), options)
            .map_err(|error| format!("{error}\n{}", self.disk.console()))?;
        self.running = Some(running);
        if std::env::var_os("SENTINEL_TEST_VERBOSE").is_some() {
            eprintln!("{} booted in {:?}", self.name, began.elapsed());
        }
        Ok(())
    }

    fn off(&mut self) -> Result<()> {
        self.running = None;
        self.disk.unmount()
    }

    #[track_caller]
    fn leader(&self) -> u32 {
        self.running.as_ref().unwrap_or_else(|| panic!("{} is off", self.name)).leader()
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        let result = self.kill().and_then(|()| self.disk.remove());
        if let Err(error) = result {
            eprintln!("{} is not removed: {error}", self.name);
        }
    }
}

/// Sends SIGKILL to one process of this host.
fn kill_process(pid: u32) -> Result<()> {
    let raw = i32::try_from(pid).map_err(|error| error.to_string())?;
    let pid = rustix::process::Pid::from_raw(raw).ok_or("no process has id 0")?;
    match rustix::process::kill_process(pid, Signal::KILL) {
        Err(error) if error != rustix::io::Errno::SRCH => Err(format!("cannot kill {raw}: {error}")),
        _ => Ok(()),
    }
}

/// Where machines lie while they exist.
fn machines() -> Result<PathBuf> {
    let folder = cache::folder()?.join("machines");
    fs::create_dir_all(&folder).map_err(|error| format!("cannot create {}: {error}", folder.display()))?;
    Ok(folder)
}
