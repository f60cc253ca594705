//! A thread that reads keys. It is not joined at the end: it may wait for a key that never comes.

use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use crossterm::event::{self, Event};

/// How long a thread in the middle of a key is waited for.
const PATIENCE: Duration = Duration::from_millis(500);

/// The reader of keys.
pub struct Input {
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
    bell: Bell,
}

#[derive(Default)]
struct State {
    wants_rest: bool,
    rests: bool,
}

impl Input {
    /// Reads from now on; `take` gets every event and says whether anybody still listens.
    pub fn start(take: impl FnMut(Event) -> bool + Send + 'static) -> Self {
        let shared = Arc::new(Shared::default());
        let own = shared.clone();
        std::thread::spawn(move || own.read(take));
        Self { shared }
    }

    /// Leaves the keys to another program. False: the thread cannot be stopped, and the other program would
    /// miss some.
    pub fn pause(&self) -> bool {
        let mut state = self.shared.lock();
        state.wants_rest = true;
        self.shared.bell.ring();
        let rests = |state: &mut State| !state.rests;
        let (state, _) = self
            .shared
            .changed
            .wait_timeout_while(state, PATIENCE, rests)
            .unwrap_or_else(PoisonError::into_inner);
        state.rests
    }

    /// Reads again.
    pub fn go_on(&self) {
        self.shared.lock().wants_rest = false;
        self.shared.changed.notify_all();
    }
}

impl Shared {
    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn rest(&self) {
        let mut state = self.lock();
        while state.wants_rest {
            state.rests = true;
            self.changed.notify_all();
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        state.rests = false;
    }

    fn read(&self, mut take: impl FnMut(Event) -> bool) {
        loop {
            self.rest();
            match self.bell.key_or_ring() {
                Waited::Ring => continue,
                Waited::Gone => return,
                Waited::Key => {}
            }
            match self.read_all(&mut take) {
                Read::Some => {}
                // The library looks again when more comes; what is there meanwhile is not asked for at once.
                Read::Nothing => std::thread::sleep(Duration::from_millis(20)),
                Read::End => return,
            }
        }
    }

    fn read_all(&self, take: &mut impl FnMut(Event) -> bool) -> Read {
        let mut read = Read::Nothing;
        while let Some(event) = next() {
            let Ok(event) = event else { return Read::End };
            if !take(event) {
                return Read::End;
            }
            read = Read::Some;
            if self.lock().wants_rest {
                break;
            }
        }
        read
    }
}

enum Read {
    Some,
    Nothing,
    End,
}

enum Waited {
    Key,
    Ring,
    Gone,
}

/// The library looks only if it is given some time.
#[cfg(unix)]
const NOW: Duration = Duration::from_millis(1);

/// The next event, if one is there.
#[cfg(unix)]
fn next() -> Option<std::io::Result<Event>> {
    match event::poll(NOW) {
        Ok(true) => Some(event::read()),
        Ok(false) => None,
        Err(error) => Some(Err(error)),
    }
}

/// The next event; waits for it.
#[cfg(not(unix))]
fn next() -> Option<std::io::Result<Event>> {
    Some(event::read())
}

/// What wakes the thread up while it waits for keys.
#[cfg(unix)]
struct Bell(Option<(std::os::fd::OwnedFd, std::os::fd::OwnedFd)>);

#[cfg(unix)]
impl Default for Bell {
    fn default() -> Self {
        // Without one the thread cannot be woken up, and says so by not resting.
        Self(rustix::pipe::pipe().ok())
    }
}

#[cfg(unix)]
impl Bell {
    fn ring(&self) {
        if let Some((_, ring)) = &self.0 {
            // A full pipe has been rung already.
            let _ = rustix::io::write(ring, b"!");
        }
    }

    /// Nothing is taken from standard input: who reads keys is decided afterwards.
    fn key_or_ring(&self) -> Waited {
        use rustix::event::{PollFd, PollFlags, poll};
        let input = rustix::stdio::stdin();
        loop {
            let mut waits = vec![PollFd::new(&input, PollFlags::IN)];
            if let Some((bell, _)) = &self.0 {
                waits.push(PollFd::new(bell, PollFlags::IN));
            }
            match poll(&mut waits, None) {
                Ok(_) => {}
                Err(rustix::io::Errno::INTR) => continue,
                Err(_) => return Waited::Gone,
            }
            if let (Some((bell, _)), Some(wait)) = (&self.0, waits.get(1))
                && wait.revents().contains(PollFlags::IN)
            {
                let mut taken = [0; 64];
                let _ = rustix::io::read(bell, &mut taken);
                return Waited::Ring;
            }
            let happened = waits[0].revents();
            // The library would read the end of a terminal again and again.
            if happened.intersects(PollFlags::HUP | PollFlags::ERR | PollFlags::NVAL) {
                return Waited::Gone;
            }
            if happened.contains(PollFlags::IN) {
                return Waited::Key;
            }
        }
    }
}

/// There is none: the console waits for keys by itself.
#[cfg(not(unix))]
#[derive(Default)]
struct Bell;

#[cfg(not(unix))]
impl Bell {
    fn ring(&self) {}

    fn key_or_ring(&self) -> Waited {
        let _ = (Waited::Ring, Waited::Gone);
        Waited::Key
    }
}
