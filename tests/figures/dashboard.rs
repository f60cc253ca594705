//! What the dashboard costs: a terminal of its own, and a service that is made up on a real socket.

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use sentinel_updater::model::EventKind;

use crate::fake::Fake;
use crate::idle::{number, read};
use crate::kit::Result;
use crate::median;
use crate::pty::Tty;

const PROGRAM: &str = env!("CARGO_BIN_EXE_sentinel-updater");
const SMALL: (u16, u16) = (80, 24);
const LARGE: (u16, u16) = (200, 60);
/// How often what is short is measured.
const ROUNDS: usize = 9;
/// How long nothing happens.
const IDLE: Duration = Duration::from_secs(20);
/// How long a build floods, and how many lines a second.
const FLOOD: Duration = Duration::from_secs(8);
const LINES: u32 = 10_000;
/// Between two heaps of lines.
const HEAP: Duration = Duration::from_millis(5);

struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    fn new() -> Result<Self> {
        Ok(Self { folder: tempfile::tempdir().map_err(|error| error.to_string())? })
    }

    fn socket(&self) -> PathBuf {
        self.folder.path().join("control.sock")
    }

    fn tui(&self, distant: bool) -> Command {
        let mut command = Command::new(PROGRAM);
        command.arg("--set").arg(format!("paths.socket={}", self.socket().display())).arg("tui");
        if distant {
            command.env("SSH_CONNECTION", "192.0.2.1 40000 192.0.2.2 22");
        }
        command
    }

    fn open(&self, size: (u16, u16), distant: bool) -> Tty {
        let mut tty = Tty::start(&self.tui(distant), size);
        tty.wait_for("v1.4.2");
        tty
    }
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

/// Milliseconds from the start of the program to a screen with what the service told.
pub(crate) fn first_frame() -> Result<Vec<f64>> {
    let place = Place::new()?;
    let _service = Fake::start(&place.socket());
    let mut times: Vec<f64> = (0..ROUNDS)
        .map(|_| {
            let began = Instant::now();
            let tty = place.open(SMALL, false);
            let time = ms(began.elapsed());
            drop(tty);
            time
        })
        .collect();
    Ok(vec![median(&mut times)])
}

/// Bytes and wake-ups a second while nothing happens.
pub(crate) fn idle() -> Result<Vec<f64>> {
    let place = Place::new()?;
    let _service = Fake::start(&place.socket());
    let mut tty = place.open(SMALL, false);
    settle(&mut tty);
    let (bytes, wakeups) = (tty.raw.len(), wakeups(&tty)?);
    pass(&mut tty, IDLE);
    let per_second = |count: f64| count / IDLE.as_secs_f64();
    Ok(vec![per_second((tty.raw.len() - bytes) as f64), per_second((self::wakeups(&tty)? - wakeups) as f64)])
}

/// Bytes a second in both sizes, milliseconds from a key to its frame, and resident memory in MiB, all while
/// or after a build floods a dashboard at the other end of a network.
pub(crate) fn flood() -> Result<Vec<f64>> {
    let (small, _, _) = flooded(SMALL)?;
    let (large, key, resident) = flooded(LARGE)?;
    Ok(vec![small, large, key, resident])
}

fn flooded(size: (u16, u16)) -> Result<(f64, f64, f64)> {
    let place = Place::new()?;
    let service = Fake::start(&place.socket());
    let mut tty = place.open(size, true);
    service.update_begins();
    tty.type_in("2");
    settle(&mut tty);
    let mark = tty.raw.len();
    let (began, mut sent) = (Instant::now(), 0);
    while began.elapsed() < FLOOD {
        sent = heap(&service, began, sent);
        pass(&mut tty, HEAP);
    }
    let rate = (tty.raw.len() - mark) as f64 / began.elapsed().as_secs_f64();
    eprintln!("{sent} lines at {}x{}", size.0, size.1);
    // Keys while it goes on: another page and back.
    let mut times = Vec::new();
    let began = Instant::now();
    let mut sent = 0;
    for round in 0..ROUNDS {
        for _ in 0..20 {
            sent = heap(&service, began, sent);
            pass(&mut tty, HEAP);
        }
        let (key, wanted) = if round % 2 == 0 { ("?", true) } else { ("\x1b", false) };
        let pressed = Instant::now();
        tty.type_in(key);
        while tty.text().contains("┌ Keys") != wanted {
            sent = heap(&service, began, sent);
            tty.take(Duration::from_millis(1));
            if pressed.elapsed() > Duration::from_secs(10) {
                return Err(format!("the key {key:?} shows nothing:\n{}", tty.text()));
            }
        }
        times.push(ms(pressed.elapsed()));
    }
    let rollup = read(&PathBuf::from(format!("/proc/{}/smaps_rollup", tty.pid().as_raw_nonzero())))?;
    Ok((rate, median(&mut times), number(&rollup, "Rss:")? as f64 / 1024.0))
}

/// Lines of a build, up to what is due; how many there are then.
fn heap(service: &Fake, began: Instant, sent: u32) -> u32 {
    let due = (began.elapsed().as_secs_f64() * f64::from(LINES)) as u32;
    for line in sent..due {
        // Text that differs in most places from one line to the next.
        let line = format!(
            "{:x} example.test/module/{line:06}/package {:x}",
            line.wrapping_mul(0x9e37_79b1),
            line.wrapping_mul(0x85eb_ca6b)
        );
        service.emit(EventKind::Output { line });
    }
    due.max(sent)
}

/// Milliseconds from the service's return to the screen that shows it.
pub(crate) fn reconnect() -> Result<Vec<f64>> {
    let place = Place::new()?;
    let mut service = Fake::start(&place.socket());
    let mut tty = place.open(SMALL, false);
    let mut times = Vec::new();
    for _ in 0..3 {
        drop(service);
        tty.wait_for("lost");
        service = Fake::start(&place.socket());
        let began = Instant::now();
        tty.wait_without("lost");
        times.push(ms(began.elapsed()));
    }
    drop(service);
    Ok(vec![median(&mut times)])
}

/// Milliseconds from the terminal's end to the program's, where no signal tells.
pub(crate) fn hangup() -> Result<Vec<f64>> {
    let place = Place::new()?;
    let _service = Fake::start(&place.socket());
    let mut command = Command::new("/bin/sh");
    let tui = place.tui(false);
    command.args(["-c", "trap '' HUP; exec \"$@\"", "sh"]).arg(tui.get_program()).args(tui.get_args());
    let mut times = Vec::new();
    for _ in 0..3 {
        let mut tty = Tty::start(&command, SMALL);
        tty.wait_for("v1.4.2");
        let began = Instant::now();
        tty.hang_up();
        tty.end();
        times.push(ms(began.elapsed()));
    }
    Ok(vec![median(&mut times)])
}

/// Takes what comes until nothing has for a while.
fn settle(tty: &mut Tty) {
    while tty.take(Duration::from_millis(500)) {}
}

/// Takes what comes for so long.
fn pass(tty: &mut Tty, time: Duration) {
    let end = Instant::now() + time;
    while Instant::now() < end {
        tty.take(end.saturating_duration_since(Instant::now()));
    }
}

/// How often its threads have waited.
fn wakeups(tty: &Tty) -> Result<u64> {
    let folder = format!("/proc/{}/task", tty.pid().as_raw_nonzero());
    let tasks = fs::read_dir(&folder).map_err(|error| format!("{folder}: {error}"))?;
    tasks.flatten().map(|task| number(&read(&task.path().join("status"))?, "voluntary_ctxt_switches:")).sum()
}
