//! The end of the terminal: a program that does not notice it runs on for ever, and the library that reads
//! keys then takes a whole processor.

use std::time::Duration;

use crate::host::signals::Signal;

/// How long the program may take to end by itself.
const GRACE: Duration = Duration::from_millis(700);

/// Calls `tell` when the terminal behind standard input is gone. If the process is still there after a
/// moment, it is ended with 129. Waits in a thread that costs nothing meanwhile.
#[cfg(unix)]
pub fn when_gone(tell: impl FnOnce() + Send + 'static) {
    std::thread::spawn(move || {
        loop {
            match look(None) {
                Ok(true) => break,
                Ok(false) | Err(rustix::io::Errno::INTR) => {}
                Err(_) => return,
            }
        }
        tell();
        std::thread::sleep(GRACE);
        end();
    });
}

/// Whether the terminal behind standard input is gone.
#[cfg(unix)]
pub fn is_gone() -> bool {
    const AT_ONCE: rustix::time::Timespec = rustix::time::Timespec { tv_sec: 0, tv_nsec: 0 };
    look(Some(&AT_ONCE)).unwrap_or(false)
}

#[cfg(unix)]
fn look(limit: Option<&rustix::time::Timespec>) -> rustix::io::Result<bool> {
    use rustix::event::{PollFd, PollFlags, poll};
    let input = rustix::stdio::stdin();
    // No event is asked for: these come unasked, and keys wake nobody up.
    let mut waits = [PollFd::new(&input, PollFlags::empty())];
    poll(&mut waits, limit)?;
    Ok(waits[0].revents().intersects(PollFlags::HUP | PollFlags::ERR | PollFlags::NVAL))
}

/// A console's end comes as a signal, before anything else can be seen of it.
#[cfg(not(unix))]
pub fn is_gone() -> bool {
    false
}

/// A console's end comes as a signal.
#[cfg(not(unix))]
pub fn when_gone(tell: impl FnOnce() + Send + 'static) {
    drop(tell);
    let _ = (GRACE, end as fn());
}

#[allow(
    clippy::exit,
    reason = "the main thread may wait for a terminal that is gone; there is nothing to restore"
)]
fn end() {
    std::process::exit(Signal::Hangup.code().into());
}
