//! A program in a pseudo-terminal, and what a person would see there.

use std::fs::File;
use std::os::fd::{AsFd as _, OwnedFd};
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, poll};
use rustix::process::{Pid, Signal, kill_process};
use rustix::pty::{OpenptFlags, grantpt, ioctl_tiocgptpeer, openpt, unlockpt};
use rustix::termios::{Termios, Winsize, tcgetattr, tcsetwinsize};

/// Longer than anything that is waited for takes, on a busy machine too.
pub(crate) const LONG: Duration = Duration::from_secs(30);

/// A terminal with a program in it.
pub(crate) struct Tty {
    master: Option<OwnedFd>,
    /// Kept open, so that the terminal's settings can be looked at when the program has ended.
    slave: Option<OwnedFd>,
    child: Child,
    status: Option<ExitStatus>,
    parser: vt100::Parser,
    /// Everything that came.
    pub(crate) raw: Vec<u8>,
    /// The settings before the program began.
    before: Termios,
}

fn window((columns, rows): (u16, u16)) -> Winsize {
    Winsize { ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 }
}

fn side_of(length: u16) -> std::num::NonZero<u16> {
    std::num::NonZero::new(length).expect("a side")
}

/// What must not leak in from whoever runs the tests.
const STRANGERS: &[&str] =
    &["NO_COLOR", "SSH_CONNECTION", "SSH_TTY", "TMUX", "PAGER", "COLORTERM", "COLORFGBG"];

impl Tty {
    /// Starts `command` in a terminal of its own.
    pub(crate) fn start(command: &Command, size: (u16, u16)) -> Self {
        let master =
            openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC).expect("a terminal");
        grantpt(&master).expect("granted");
        unlockpt(&master).expect("unlocked");
        let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC;
        let slave = ioctl_tiocgptpeer(&master, flags).expect("its other side");
        tcsetwinsize(&slave, window(size)).expect("sized");
        let before = tcgetattr(&slave).expect("settings");
        // A session of its own with this as its terminal, as a login has it.
        let mut session = Command::new("setsid");
        session.arg("--ctty").arg(command.get_program()).args(command.get_args());
        for name in STRANGERS {
            session.env_remove(name);
        }
        session
            .env("TERM", "xterm-256color")
            .env("LANG", "C.UTF-8")
            .env("LC_ALL", "C.UTF-8")
            .env("TZ", "UTC")
            // A panic's message is to stay on the screen.
            .env("RUST_BACKTRACE", "0");
        for (name, value) in command.get_envs() {
            match value {
                Some(value) => session.env(name, value),
                None => session.env_remove(name),
            };
        }
        if let Some(folder) = command.get_current_dir() {
            session.current_dir(folder);
        }
        let side = || Stdio::from(File::from(slave.try_clone().expect("another handle")));
        let child = session.stdin(side()).stdout(side()).stderr(side()).spawn().expect("setsid");
        let parser = vt100::Parser::new(side_of(size.1), side_of(size.0), 0);
        Self {
            master: Some(master),
            slave: Some(slave),
            child,
            status: None,
            parser,
            raw: Vec::new(),
            before,
        }
    }

    pub(crate) fn pid(&self) -> Pid {
        Pid::from_child(&self.child)
    }

    pub(crate) fn screen(&self) -> &vt100::Screen {
        self.parser.screen()
    }

    pub(crate) fn text(&self) -> String {
        self.screen().contents()
    }

    pub(crate) fn type_in(&self, keys: &str) {
        let mut bytes = keys.as_bytes();
        while !bytes.is_empty() {
            let count = rustix::io::write(self.master(), bytes).expect("written");
            bytes = &bytes[count..];
        }
    }

    /// Presses the left button at a cell, from 0.
    pub(crate) fn click(&self, column: u16, row: u16) {
        self.type_in(&format!("\x1b[<0;{};{}M\x1b[<0;{};{}m", column + 1, row + 1, column + 1, row + 1));
    }

    pub(crate) fn resize(&mut self, size: (u16, u16)) {
        self.parser.screen_mut().set_size(side_of(size.1), side_of(size.0));
        tcsetwinsize(self.master(), window(size)).expect("sized");
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(self.pid(), signal).expect("signalled");
    }

    /// Takes what comes until `wanted` holds of the screen.
    #[track_caller]
    pub(crate) fn wait(&mut self, what: &str, wanted: impl Fn(&Self) -> bool) {
        self.wait_within(LONG, what, wanted);
    }

    /// The same with another limit.
    #[track_caller]
    pub(crate) fn wait_within(&mut self, limit: Duration, what: &str, wanted: impl Fn(&Self) -> bool) {
        let deadline = Instant::now() + limit;
        while !wanted(self) {
            let came = self.take(deadline.saturating_duration_since(Instant::now()));
            assert!(came || wanted(self), "{what}:\n{}\n--\n{:?}", self.text(), self.tail());
        }
    }

    /// Waits for a text on the screen.
    #[track_caller]
    pub(crate) fn wait_for(&mut self, text: &str) {
        self.wait(&format!("`{text}` on the screen"), |tty| tty.text().contains(text));
    }

    /// Waits until a text is not on the screen any more.
    #[track_caller]
    pub(crate) fn wait_without(&mut self, text: &str) {
        self.wait(&format!("no `{text}` on the screen"), |tty| !tty.text().contains(text));
    }

    /// Where a text is on the screen, as column and row from 0.
    pub(crate) fn find(&self, text: &str) -> Option<(u16, u16)> {
        let (rows, columns) = self.screen().size();
        let _ = rows;
        self.screen().rows(0, columns.get()).enumerate().find_map(|(row, line)| {
            let at = line.find(text)?;
            Some((u16::try_from(line[..at].chars().count()).ok()?, u16::try_from(row).ok()?))
        })
    }

    /// Takes what comes next, within `limit`; false: nothing did, or the terminal is gone.
    pub(crate) fn take(&mut self, limit: Duration) -> bool {
        let Some(master) = &self.master else { return false };
        let mut waits = [PollFd::new(master, PollFlags::IN)];
        let limit = rustix::time::Timespec::try_from(limit).expect("a time");
        if poll(&mut waits, Some(&limit)).unwrap_or(0) == 0 {
            return false;
        }
        let mut buffer = vec![0; 64 * 1024];
        match rustix::io::read(master, &mut buffer) {
            Ok(0) | Err(_) => false,
            Ok(count) => {
                self.parser.process(&buffer[..count]);
                self.raw.extend_from_slice(&buffer[..count]);
                true
            }
        }
    }

    /// Waits for the program's end; takes what comes meanwhile.
    #[track_caller]
    pub(crate) fn end(&mut self) -> ExitStatus {
        self.end_within(LONG)
    }

    #[track_caller]
    pub(crate) fn end_within(&mut self, limit: Duration) -> ExitStatus {
        let deadline = Instant::now() + limit;
        loop {
            if let Some(status) = self.ended() {
                // What it wrote last.
                while self.take(Duration::from_millis(20)) {}
                return status;
            }
            assert!(Instant::now() < deadline, "it did not end:\n{}\n{:?}", self.text(), self.tail());
            self.take(Duration::from_millis(5));
            if self.master.is_none() {
                std::thread::sleep(Duration::from_millis(1));
            }
        }
    }

    pub(crate) fn ended(&mut self) -> Option<ExitStatus> {
        if self.status.is_none() {
            self.status = self.child.try_wait().expect("a child");
        }
        self.status
    }

    /// Waits for the program's end, which must leave the terminal as it was.
    #[track_caller]
    pub(crate) fn end_restored(&mut self) -> ExitStatus {
        let status = self.end();
        self.is_restored();
        status
    }

    #[track_caller]
    pub(crate) fn is_restored(&self) {
        let now = self.settings();
        assert_eq!(modes(&now), modes(&self.before), "the terminal's settings\n{}", self.text());
        let screen = self.screen();
        assert!(!screen.alternate_screen(), "the alternate screen is left\n{:?}", self.tail());
        assert!(!screen.hide_cursor(), "the cursor is shown\n{:?}", self.tail());
        assert!(!screen.bracketed_paste(), "pasting is as before\n{:?}", self.tail());
        assert_eq!(screen.mouse_protocol_mode(), vt100::MouseProtocolMode::None, "{:?}", self.tail());
    }

    /// The terminal's settings now.
    pub(crate) fn settings(&self) -> Termios {
        tcgetattr(self.slave.as_ref().expect("open")).expect("settings")
    }

    /// The terminal is gone: as when a connection breaks.
    pub(crate) fn hang_up(&mut self) {
        self.slave = None;
        self.master = None;
    }

    fn master(&self) -> std::os::fd::BorrowedFd<'_> {
        self.master.as_ref().expect("open").as_fd()
    }

    fn tail(&self) -> String {
        String::from_utf8_lossy(&self.raw[self.raw.len().saturating_sub(600)..]).into_owned()
    }
}

fn modes(settings: &Termios) -> String {
    let Termios { input_modes, output_modes, control_modes, local_modes, .. } = settings;
    format!("{input_modes:?} {output_modes:?} {control_modes:?} {local_modes:?}")
}

/// The exit code, or 128 and the signal, as a shell says it.
pub(crate) fn code(status: ExitStatus) -> i32 {
    status.code().or_else(|| status.signal().map(|signal| 128 + signal)).unwrap_or(-1)
}

impl Drop for Tty {
    fn drop(&mut self) {
        if self.ended().is_none() {
            // It may end in between.
            let _ = kill_process(self.pid(), Signal::KILL);
            let _ = kill_process(self.pid(), Signal::CONT);
            let _ = self.child.wait();
        }
    }
}
