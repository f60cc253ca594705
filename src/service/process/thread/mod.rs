//! The thread that owns everything that runs.

mod events;
mod launch;
mod leftovers;
mod orders;

use std::collections::BTreeMap;
use std::io::{PipeReader, Read, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::definition::{Definition, Folder};
use super::life::{Now, Story};
use super::manager::Shared;
use super::options::{Note, Options};
use super::published::Published;
use crate::host::process::{Ended, Supervised};
use crate::host::rotate::RotatingFile;
use crate::host::{Guard, machine};
use crate::model::{Outcome, Timestamp};

/// The time between SIGTERM and SIGKILL, unless the deadline of a stop comes sooner.
const GRACE: Duration = Duration::from_secs(30);
/// The same when this process has died: its successor waits for it before it starts the agent.
const ORPHANED: Duration = Duration::from_secs(2);
/// Of a deadline, how much is left for the guard to kill and to clear up.
const CLEARING: Duration = Duration::from_secs(2);
/// The most that is put into the log by one call.
const BATCH: usize = 64 * 1024;

/// Where an answer goes.
pub(super) type Reply = mpsc::Sender<Outcome<()>>;

/// What the thread is told.
pub(super) enum Order {
    Ping(Reply),
    Start { service: String, reply: Reply },
    StartAll,
    Stop { service: String, deadline: Duration, reply: Reply },
    Define { service: String, words: Option<Box<Definition>>, reply: Reply },
    Log { max_size: u64, max_files: u32 },
    End,
}

/// One service.
struct Unit {
    words: Definition,
    story: Story,
    running: Option<Supervised>,
    /// When it is started again by itself.
    due: Option<Instant>,
    /// How its process ended, said by a guard that is still clearing up.
    ended: Option<Result<Ended, i32>>,
    starting: Option<Reply>,
    stopping: Option<Stopping>,
    /// Its state is to be published.
    news: bool,
}

struct Stopping {
    /// After this the guard is killed.
    until: Instant,
    replies: Vec<Reply>,
}

pub(super) struct Thread {
    folder: Folder,
    guard: Guard,
    note: Note,
    inbox: mpsc::Receiver<Order>,
    waker: PipeReader,
    shared: Arc<Shared>,
    log: RotatingFile,
    units: BTreeMap<String, Unit>,
    ending: bool,
}

impl Thread {
    pub fn new(
        options: Options,
        inbox: mpsc::Receiver<Order>,
        waker: PipeReader,
        shared: Arc<Shared>,
    ) -> Self {
        Self {
            folder: Folder(options.folder),
            guard: Guard { grace: ORPHANED, ..options.guard },
            note: options.note,
            inbox,
            waker,
            shared,
            log: RotatingFile::open(&options.log, options.max_log_size, options.max_log_files),
            units: BTreeMap::new(),
            ending: false,
        }
    }

    /// Until it is told to end, and nothing runs any more.
    pub fn live(mut self) {
        self.end_leftovers();
        loop {
            self.obey();
            self.restart_what_is_due();
            self.publish();
            if self.ending && self.units.values().all(|unit| unit.running.is_none()) {
                return;
            }
            self.wait();
            self.listen();
        }
    }

    /// Sleeps until there is something to read, an order, or something to be done.
    fn wait(&mut self) {
        let due = self.units.values().filter_map(|unit| match (&unit.stopping, unit.due) {
            (Some(stopping), _) => Some(stopping.until),
            (None, due) => due.filter(|_| !self.ending),
        });
        let left = due.min().map(|at| at.saturating_duration_since(Instant::now()));
        let left = left.and_then(|left| Timespec::try_from(left).ok());
        let sources: Vec<BorrowedFd<'_>> = std::iter::once(self.waker.as_fd())
            .chain(self.units.values().filter_map(|unit| unit.running.as_ref()).flat_map(Supervised::sources))
            .collect();
        let mut sources: Vec<PollFd<'_>> =
            sources.into_iter().map(|fd| PollFd::from_borrowed_fd(fd, PollFlags::IN)).collect();
        // An interrupted wait is a short one.
        let _ = poll(&mut sources, left.as_ref());
        let woken = sources.first().is_some_and(|waker| !waker.revents().is_empty());
        drop(sources);
        if woken {
            // It was readable, so this does not wait.
            let _ = self.waker.read(&mut [0; 64]);
        }
    }

    fn obey(&mut self) {
        loop {
            match self.inbox.try_recv() {
                Ok(Order::Ping(reply)) => answer(&reply, Ok(())),
                Ok(Order::Start { service, reply }) => self.start(&service, reply),
                Ok(Order::StartAll) => self.start_all(),
                Ok(Order::Stop { service, deadline, reply }) => self.stop(&service, deadline, reply),
                Ok(Order::Define { service, words, reply }) => {
                    answer(&reply, self.define(&service, words.map(|words| *words)));
                }
                Ok(Order::Log { max_size, max_files }) => {
                    self.log.set_limits(max_size, max_files);
                    self.log.reopen();
                }
                Ok(Order::End) | Err(mpsc::TryRecvError::Disconnected) => return self.end(),
                Err(mpsc::TryRecvError::Empty) => return,
            }
        }
    }

    fn restart_what_is_due(&mut self) {
        let now = Instant::now();
        let mut due = Vec::new();
        for (service, unit) in &mut self.units {
            if let (Some(stopping), Some(running)) = (&mut unit.stopping, &mut unit.running)
                && stopping.until <= now
            {
                running.kill();
                stopping.until = now + CLEARING;
            }
            if unit.running.is_none() && !self.ending && unit.due.is_some_and(|at| at <= now) {
                due.push((service.clone(), unit.starting.is_none()));
            }
        }
        for (service, again) in due {
            self.launch(&service, again);
        }
    }

    /// Takes what the services print and what their guards say.
    fn listen(&mut self) {
        let services: Vec<String> = self.units.keys().cloned().collect();
        for service in services {
            let Some(unit) = self.units.get_mut(&service) else { continue };
            let Some(running) = &mut unit.running else { continue };
            let mut lines = Vec::new();
            let log = &mut self.log;
            let said = running.listen(&mut |_, line| {
                // Whole lines only, so that a rotation never cuts one.
                lines.extend_from_slice(line.as_bytes());
                lines.push(b'\n');
                if lines.len() >= BATCH {
                    let _ = log.write_all(&lines);
                    lines.clear();
                }
            });
            if !lines.is_empty() {
                let _ = log.write_all(&lines);
            }
            for said in said {
                self.heard(&service, said);
            }
        }
    }

    /// Tells the state to this process; before any answer, so that whoever got one sees the state of after.
    fn tell(&mut self, service: &str) {
        let Some(unit) = self.units.get_mut(service) else { return };
        unit.news = true;
        self.shared.tell(service, Some(unit.story.state.clone()));
    }

    /// Tells other processes, when nobody waits for us any more.
    fn publish(&mut self) {
        for (service, unit) in self.units.iter_mut().filter(|(_, unit)| unit.news) {
            unit.news = false;
            if let Ok(path) = self.folder.state(service) {
                let guard = unit.running.as_ref().map(Supervised::guard);
                Published::new(unit.story.state.clone(), guard).write(&path);
            }
        }
    }
}

fn now() -> Now {
    Now { boot: machine::since_boot(), wall: Timestamp::now() }
}

/// Nobody may be waiting any more.
fn answer(reply: &Reply, outcome: Outcome<()>) {
    let _ = reply.send(outcome);
}
