//! A folder with a socket in it, and dashboards that are attached to it.

use std::path::PathBuf;
use std::process::Command;

use super::fake::Fake;
use super::pty::Tty;

pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_sentinel-updater");
/// What most screens have.
pub(crate) const SIZE: (u16, u16) = (100, 30);

pub(crate) struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().expect("a directory") }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn socket(&self) -> PathBuf {
        self.path("control.sock")
    }

    pub(crate) fn serve(&self) -> Fake {
        Fake::start(&self.socket())
    }

    /// `tui` with further arguments.
    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(PROGRAM);
        command.arg("--set").arg(format!("paths.socket={}", self.socket().display()));
        command.arg("tui").args(args).current_dir(self.folder.path());
        command
    }

    /// A dashboard.
    pub(crate) fn open(&self, args: &[&str]) -> Tty {
        Tty::start(&self.command(args), SIZE)
    }

    /// A dashboard that shows what the service told.
    pub(crate) fn attached(&self, args: &[&str]) -> Tty {
        let mut tty = self.open(args);
        tty.wait_for("host-01");
        tty.wait_for("v1.4.2");
        tty
    }
}
