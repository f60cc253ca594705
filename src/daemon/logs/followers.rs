//! Clients that follow logs: one thread a log, while somebody follows it.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::runtime::Handle;

use super::{FOR_EVER, LogPlace, journal, log_place};
use crate::config::Settings;
use crate::control::protocol::{Log, LogLines};
use crate::control::queue::Listeners;
use crate::control::{Notice, Queue, codec};
use crate::daemon::say::{Target, write};
use crate::host::follow::Follow;
use crate::host::process::{self, Stream};
use crate::host::{Cancel, Command};
use crate::model::event::Level;
use crate::model::{Class, Failure, Outcome, Timestamp};
use crate::world;

/// How often a file is looked at.
const PAUSE: Duration = Duration::from_millis(250);
/// How many looks there are between two searches for a newer build.
const SEARCH: u32 = 4;
/// How many lines go into one notice at most.
const LINES: usize = 200;

/// Who follows what.
#[derive(Clone, Default)]
pub(in crate::daemon) struct Followers {
    inner: Arc<Mutex<Inner>>,
}

#[derive(Default)]
struct Inner {
    logs: HashMap<Log, Followed>,
    started: u64,
}

/// A log with a thread of its own.
struct Followed {
    /// Which thread, counted from the first: one that was given up may still be ending.
    thread: u64,
    clients: Listeners,
}

impl Followers {
    /// From now on `queue` hears what is written to `log`, until its last other owner is gone.
    ///
    /// # Errors
    /// As [`log_place`]; `Internal` when the system gives no thread.
    pub(in crate::daemon) fn follow(
        &self,
        log: Log,
        settings: &Settings,
        queue: &Arc<Queue>,
        runtime: &Handle,
    ) -> Outcome<()> {
        let mut inner = self.lock();
        if let Some(followed) = inner.logs.get_mut(&log) {
            followed.clients.join(queue);
            return Ok(());
        }
        let source = Source::open(log, settings)?;
        inner.started += 1;
        let thread = inner.started;
        let (followers, runtime) = (self.clone(), runtime.clone());
        std::thread::Builder::new()
            .name("logs".into())
            .spawn(move || {
                if let Err(failure) = source.read(&followers, log, thread, &runtime) {
                    write(Level::Warn, Target::Service, &failure.to_string());
                    followers.say(log, thread, &[failure.to_string()]);
                    followers.give_up(log, thread);
                }
            })
            .map_err(|error| {
                Failure::new(Class::Internal, "cannot start the thread that follows a log").because(&error)
            })?;
        let mut clients = Listeners::default();
        clients.join(queue);
        inner.logs.insert(log, Followed { thread, clients });
        Ok(())
    }

    /// `queue` hears of `log` no more.
    pub(in crate::daemon) fn leave(&self, log: Log, queue: &Arc<Queue>) {
        if let Some(followed) = self.lock().logs.get_mut(&log) {
            followed.clients.leave(queue);
        }
    }

    /// Gives `lines` to everybody who follows `log`.
    fn say(&self, log: Log, thread: u64, lines: &[String]) {
        let mut inner = self.lock();
        let Some(followed) = inner.logs.get_mut(&log).filter(|followed| followed.thread == thread) else {
            return;
        };
        for lines in lines.chunks(LINES) {
            let lines = LogLines { log, at: Timestamp::now(), lines: lines.to_vec() };
            followed.clients.push(&codec::notice(&Notice::Log(lines)));
        }
    }

    /// Whether anybody follows; if nobody does, the thread has to end.
    fn wanted(&self, log: Log, thread: u64) -> bool {
        let mut inner = self.lock();
        let Some(followed) = inner.logs.get(&log).filter(|followed| followed.thread == thread) else {
            return false;
        };
        let wanted = followed.clients.any();
        if !wanted {
            inner.logs.remove(&log);
        }
        wanted
    }

    /// The thread cannot go on: whoever follows next begins another one.
    fn give_up(&self, log: Log, thread: u64) {
        let mut inner = self.lock();
        if inner.logs.get(&log).is_some_and(|followed| followed.thread == thread) {
            inner.logs.remove(&log);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What the thread reads.
enum Source {
    File(Follow),
    /// The newest build's log, whichever that is: its settings, and the one being read.
    Builds(Box<Settings>, Option<(PathBuf, Follow)>),
    Program(Command),
}

impl Source {
    fn open(log: Log, settings: &Settings) -> Outcome<Self> {
        if log == Log::Build {
            let current = match world::newest_build_log(settings)? {
                Some(path) => Some((path.clone(), Follow::from_end(&path)?)),
                None => None,
            };
            return Ok(Self::Builds(Box::new(settings.clone()), current));
        }
        Ok(match log_place(settings, log)? {
            Some(LogPlace::File(path)) => Self::File(Follow::from_end(&path)?),
            Some(LogPlace::Service(service)) => Self::Program(journal(&service, 0, true)?),
            None => return Err(Failure::new(Class::Internal, "a log without a place")),
        })
    }

    /// Reads until nobody follows any more.
    fn read(mut self, followers: &Followers, log: Log, thread: u64, runtime: &Handle) -> Outcome<()> {
        if let Self::Program(command) = &self {
            return run(command, followers, log, thread, runtime);
        }
        let mut looks = 0_u32;
        while followers.wanted(log, thread) {
            let mut lines = Vec::new();
            let mut take = |line: &str| lines.push(line.to_owned());
            match &mut self {
                Self::File(follow) => follow.poll(&mut take)?,
                Self::Builds(settings, current) => {
                    if let Some((_, follow)) = current {
                        follow.poll(&mut take)?;
                    }
                    if looks.is_multiple_of(SEARCH)
                        && let Some(newest) = world::newest_build_log(settings)?
                        && current.as_ref().is_none_or(|(path, _)| *path != newest)
                    {
                        let mut follow = Follow::from_start(&newest);
                        follow.poll(&mut take)?;
                        *current = Some((newest, follow));
                    }
                }
                Self::Program(_) => {}
            }
            followers.say(log, thread, &lines);
            looks = looks.wrapping_add(1);
            std::thread::sleep(PAUSE);
        }
        Ok(())
    }
}

/// Runs a program that prints what comes, until nobody follows any more.
fn run(command: &Command, followers: &Followers, log: Log, thread: u64, runtime: &Handle) -> Outcome<()> {
    let cancel = Cancel::new();
    let (watched, stop) = (followers.clone(), cancel.clone());
    // The program may be silent for long: somebody else looks whether it is still wanted.
    let watch = runtime.spawn(async move {
        while watched.wanted(log, thread) {
            tokio::time::sleep(2 * PAUSE).await;
        }
        stop.cancel();
    });
    let ended = process::run(command, FOR_EVER, &cancel, &mut |stream, line| {
        if stream == Stream::Out {
            followers.say(log, thread, &[line.to_owned()]);
        }
    });
    watch.abort();
    match ended {
        Err(failure) if failure.class == Class::Cancelled => Ok(()),
        Err(failure) => Err(failure),
        Ok(exit) => {
            exit.check(command, Class::Service)?;
            Err(Failure::new(Class::Service, format!("`{}` ended by itself", command.line())))
        }
    }
}
