//! The place in a lane, the same in each:
//!
//! ```text
//! /mnt/disk            the file system under test, on a loop device
//! ├── bin/sentinel     the agent
//! └── data/            its database and logs, and the updater's state
//! /mnt/cache           where versions are built
//! /mnt/go              Go, but for `install`, which gives what was built before
//! /mnt/updater.toml
//! ```

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use super::plan::Disk;
use super::process::Process;
use crate::kit::go::Go;
use crate::kit::{Result, child};

pub(crate) const UPDATER: &str = env!("CARGO_BIN_EXE_sentinel-updater");
pub(crate) const DISK: &str = "/mnt/disk";
pub(crate) const BINARY: &str = "/mnt/disk/bin/sentinel";
pub(crate) const DATA: &str = "/mnt/disk/data";
pub(crate) const STATE: &str = "/mnt/disk/data/updater";
pub(crate) const DATABASE: &str = "/mnt/disk/data/sentinel.db";
pub(crate) const CACHE: &str = "/mnt/cache";
pub(crate) const CONFIG: &str = "/mnt/updater.toml";
/// What the updater says.
pub(crate) const SAID: &str = "/mnt/said";
/// The points that it passed.
pub(crate) const POINTS: &str = "/mnt/points";
/// The agent's port: each lane has a network of its own.
pub(crate) const PORT: u16 = 8000;

const FILLING: &str = "/mnt/disk/filling";
/// A folder of empty files.
const INODES: &str = "/mnt/disk/inodes";
/// What no sync ever covers.
const WITNESS: &str = "/mnt/disk/witness";
/// Bytes of it: some blocks.
const WITNESS_SIZE: usize = 48 * 1024;
const FILE: &str = "/mnt/disk.img";

/// The place.
pub(crate) struct Stand {
    made: PathBuf,
}

impl Stand {
    /// Makes it in the namespaces of this process.
    pub(crate) fn enter(made: &Path) -> Result<Self> {
        run("ip", &["link", "set", "lo", "up"])?;
        run("mount", &["-t", "tmpfs", "-o", "mode=755", "faults", "/mnt"])?;
        for folder in [DISK, CACHE, "/mnt/go", "/mnt/go.real"] {
            fs::create_dir(folder).map_err(|error| format!("{folder}: {error}"))?;
        }
        let root = Go::find()?.root().display().to_string();
        let go = made.join("go").display().to_string();
        run("mount", &["--bind", &root, "/mnt/go.real"])?;
        run("mount", &["--bind", &root, "/mnt/go"])?;
        run("mount", &["--bind", &go, "/mnt/go/bin/go"])?;
        Ok(Self { made: made.to_owned() })
    }

    /// What was made for every lane.
    pub(crate) fn made(&self) -> &Path {
        &self.made
    }

    fn image(&self, name: &str, disk: Disk) -> PathBuf {
        self.made.join("images").join(format!("{name}.{}", disk.name()))
    }

    /// Mounts a disk with the content of an image, or an empty one.
    pub(crate) fn load(&self, image: Option<&str>, disk: Disk) -> Result<()> {
        match image {
            Some(name) => {
                let image = self.image(name, disk).display().to_string();
                run("cp", &["--sparse=always", &image, FILE])?;
                self.mount(disk)
            }
            None => {
                self.format(disk, 256)?;
                self.mount(disk)?;
                for folder in ["/mnt/disk/bin", DATA] {
                    fs::create_dir(folder).map_err(|error| format!("{folder}: {error}"))?;
                }
                run("sync", &["--file-system", DISK])
            }
        }
    }

    fn format(&self, disk: Disk, size: u32) -> Result<()> {
        let _ = fs::remove_file(FILE);
        run("truncate", &["--size", &format!("{size}M"), FILE])?;
        match disk {
            Disk::Ext4 => {
                // Few inodes, so that they can be used up; some hundred are plenty otherwise.
                let options =
                    ["-q", "-N", "1024", "-E", "lazy_itable_init=1,nodiscard", "-J", "size=8", FILE];
                run("mkfs.ext4", &options)
            }
            // The variables are how its own tests get a file system of less than 300 MB.
            Disk::Xfs => run(
                "env",
                &["TEST_DIR=1", "TEST_DEV=1", "QA_CHECK_FS=1", "mkfs.xfs", "-q", "-l", "size=8m", FILE],
            ),
        }
    }

    /// Mounts the disk as it is; a journal is replayed.
    pub(crate) fn mount(&self, disk: Disk) -> Result<()> {
        let options = match disk {
            Disk::Ext4 => "loop,noauto_da_alloc",
            // Images of one disk are mounted side by side.
            Disk::Xfs => "loop,nouuid",
        };
        run("mount", &["-t", disk.name(), "-o", options, FILE, DISK])
    }

    /// Takes the disk away. The kernel may need a moment to close what the dead had open.
    pub(crate) fn unmount(&self) -> Result<()> {
        let deadline = Instant::now() + Duration::from_secs(10);
        loop {
            match run("umount", &[DISK]) {
                Err(_) if Instant::now() < deadline => std::thread::park_timeout(Duration::from_millis(20)),
                result => return result,
            }
        }
    }

    /// Makes the folder of the agent's binary read-only, as a mount may be; or as it was.
    pub(crate) fn read_only(&self, on: bool) -> Result<()> {
        const BIN: &str = "/mnt/disk/bin";
        if on {
            run("mount", &["--bind", BIN, BIN])?;
            run("mount", &["-o", "remount,bind,ro", BIN])
        } else {
            run("umount", &["--lazy", BIN])
        }
    }

    /// Fills the disk up to so many KiB.
    pub(crate) fn fill(&self, left_kib: u64) -> Result<()> {
        let free = sentinel_updater::host::files::free_space(Path::new(DISK)).map_err(|f| f.to_string())?;
        let size = (free.bytes / 1024).saturating_sub(left_kib);
        run("fallocate", &["--length", &format!("{size}KiB"), FILLING])
    }

    /// Uses up inodes, until so many are left.
    pub(crate) fn fill_inodes(&self, left: u64) -> Result<()> {
        let fail = |error: std::io::Error| format!("{INODES}: {error}");
        fs::create_dir(INODES).map_err(fail)?;
        let free = rustix::fs::statvfs(DISK).map_err(|error| fail(error.into()))?.f_ffree;
        (left..free).try_for_each(|nth| fs::write(format!("{INODES}/{nth}"), "").map_err(fail))
    }

    /// Gives the room back.
    pub(crate) fn empty(&self) {
        // It may not have been filled.
        let _ = fs::remove_file(FILLING);
        let _ = fs::remove_dir_all(INODES);
    }

    /// Keeps the disk under a name. It must not be mounted.
    pub(crate) fn save(&self, name: &str, disk: Disk) -> Result<()> {
        let image = self.image(name, disk).display().to_string();
        run("cp", &["--sparse=always", FILE, &image])
    }

    /// The power fails: 2 drops what was not flushed, 1 flushes the log of the file system.
    pub(crate) fn cut(&self, how: u32) -> Result<()> {
        run(&self.made.join("cut").display().to_string(), &[DISK, &how.to_string()])
    }

    /// Writes a file without a sync, as the negative control of a cut that follows at once.
    pub(crate) fn leave_witness(&self) -> Result<()> {
        fs::write(WITNESS, [b'w'; WITNESS_SIZE]).map_err(|error| format!("{WITNESS}: {error}"))
    }

    /// Whether that file came through the cut as it was; it is removed.
    pub(crate) fn take_witness(&self) -> bool {
        let is_whole = fs::read(WITNESS).is_ok_and(|found| found == [b'w'; WITNESS_SIZE]);
        // It may be gone: that is what a cut is for.
        let _ = fs::remove_file(WITNESS);
        is_whole
    }

    /// Writes the configuration: what is on offer is a tree of this name.
    pub(crate) fn configure(&self, tree: &str, window: &str) -> Result<()> {
        let offer = self.made.join("trees").join(tree);
        let proxy = format!("file://{},file://{}", offer.display(), self.made.join("dependencies").display());
        let text = format!(
            r#"
            updater.check_interval = "1s"
            updater.log_level = "debug"
            agent.service_name = "sentinelgo"
            agent.binary = "{BINARY}"
            agent.args = ["-health", "127.0.0.1:{PORT}", "-period", "20ms"]
            agent.env = {{ SENTINEL_DB = "{DATABASE}" }}
            build.go = "/mnt/go/bin/go"
            build.goproxy = "{proxy}"
            build.gosumdb = "off"
            verify.window = "{window}"
            service.manager = "process"
            paths.data = "{DATA}"
            paths.cache = "{CACHE}"
            paths.socket = "/mnt/control.sock"
            "#
        );
        fs::write(CONFIG, text).map_err(|error| format!("{CONFIG}: {error}"))
    }

    /// Starts the updater, armed or not.
    pub(crate) fn start(&self, words: &[String], fault: Option<&str>) -> Result<Process> {
        self.start_under(None, words, fault)
    }

    /// The same as the child of another program, which is given its words first.
    pub(crate) fn start_under(
        &self,
        above: Option<(&str, Vec<String>)>,
        words: &[String],
        fault: Option<&str>,
    ) -> Result<Process> {
        let _ = fs::remove_file(POINTS);
        let mut variables = BTreeMap::new();
        if let Some(fault) = fault {
            variables.insert("SENTINEL_FAULT", fault.to_owned());
            variables.insert("SENTINEL_FAULT_LOG", POINTS.to_owned());
        }
        let mut all = vec!["--config".to_owned(), CONFIG.to_owned()];
        all.extend(words.iter().cloned());
        match above {
            None => Process::start(UPDATER, &all, &variables, Path::new(SAID)),
            Some((program, mut first)) => {
                first.push(UPDATER.to_owned());
                first.extend(all);
                Process::start(program, &first, &variables, Path::new(SAID))
            }
        }
    }
}

/// A command of the updater that only looks; its standard output.
pub(crate) fn ask(words: &[&str]) -> Result<(Option<i32>, String)> {
    let mut command = Command::new(UPDATER);
    command.args(["--config", CONFIG]).args(words).env_clear().env("PATH", "/usr/bin:/bin");
    let output = child::run(command, Duration::from_secs(60))?;
    Ok((output.code, output.stdout))
}

/// Runs a program that must succeed.
pub(crate) fn run(program: &str, words: &[&str]) -> Result<()> {
    let mut command = Command::new(program);
    command.args(words);
    child::run(command, Duration::from_secs(60))?.check().map(drop)
}
