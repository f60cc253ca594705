//! The thread that owns everything that runs.

use std::collections::BTreeMap;
use std::io::{PipeReader, Read, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::path::PathBuf;
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::definition::{self, Definition, Folder};
use super::life::{Now, Story, in_words, result};
use super::manager::Shared;
use super::published::{Identity, Published};
use super::supervisor::{LAST_GRACE, Note, Options};
use super::user;
use crate::host::process::{self, Ended, Said, Supervised};
use crate::host::rotate::RotatingFile;
use crate::host::{Command, Guard, atomic, machine};
use crate::model::event::Level;
use crate::model::{Class, Failure, Outcome, Timestamp};

/// The time between SIGTERM and SIGKILL, unless the deadline of a stop comes sooner.
const GRACE: Duration = Duration::from_secs(30);
/// The same when this process has died: its successor waits for it before it starts the agent.
const ORPHANED: Duration = Duration::from_secs(2);
/// Of a deadline, how much is left for the guard to kill and to clear up.
const CLEARING: Duration = Duration::from_secs(2);
/// Where a service finds programs, as with systemd.
const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
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

    fn start(&mut self, service: &str, reply: Reply) {
        if let Err(failure) = self.know(service) {
            return answer(&reply, Err(failure));
        }
        let Some(unit) = self.units.get_mut(service) else {
            let what = format!("cannot start `{service}`: it is not defined");
            let hint = "an update defines it; see `sentinel-updater status`";
            return answer(&reply, Err(Failure::new(Class::Service, what).hint(hint)));
        };
        if unit.stopping.is_some() || self.ending {
            let what = format!("cannot start `{service}` while it is being stopped");
            return answer(&reply, Err(Failure::new(Class::Service, what)));
        }
        if unit.story.state.is_running() && unit.running.is_some() && unit.ended.is_none() {
            return answer(&reply, Ok(()));
        }
        unit.story.asked_to_start();
        unit.starting = Some(reply);
        if unit.running.is_none() {
            self.launch(service, false);
        } else {
            // Its last life is being cleared up.
            unit.due = Some(Instant::now());
        }
    }

    fn start_all(&mut self) {
        let services = self.folder.services().unwrap_or_else(|failure| {
            (self.note)(Level::Error, &failure.to_string());
            Vec::new()
        });
        for service in services {
            if let Err(failure) = self.know(&service) {
                (self.note)(Level::Error, &failure.to_string());
            }
            let idle =
                self.units.get(&service).is_some_and(|unit| unit.running.is_none() && unit.due.is_none());
            if idle && self.units[&service].story.state.enabled && !self.ending {
                self.launch(&service, false);
            }
        }
    }

    /// Sees to it that the unit of a defined service is there.
    fn know(&mut self, service: &str) -> Outcome<()> {
        if self.units.contains_key(service) {
            return Ok(());
        }
        let path = self.folder.definition(service)?;
        let Some(text) = definition::read(&path)? else { return Ok(()) };
        self.define(service, Some(Definition::parse(&text, &path)?))
    }

    fn define(&mut self, service: &str, words: Option<Definition>) -> Outcome<()> {
        let Some(words) = words else {
            // What runs is not touched: the engine has stopped it before.
            self.units.remove(service);
            self.shared.tell(service, None);
            let _ = std::fs::remove_file(self.folder.state(service)?);
            return Ok(());
        };
        match self.units.get_mut(service) {
            Some(unit) => unit.words = words,
            None => {
                let enabled = !self.folder.stopped(service)?.exists();
                let story = Story::stopped(enabled, now());
                self.units.insert(
                    service.to_owned(),
                    Unit {
                        words,
                        story,
                        running: None,
                        due: None,
                        ended: None,
                        starting: None,
                        stopping: None,
                        news: false,
                    },
                );
                self.tell(service);
            }
        }
        Ok(())
    }

    /// Starts the guard of a unit that does not run.
    fn launch(&mut self, service: &str, again: bool) {
        let Some(unit) = self.units.get_mut(service) else { return };
        unit.due = None;
        unit.ended = None;
        unit.story.starting(again, now());
        match command(&unit.words, &self.guard).and_then(|command| Supervised::start(&command)) {
            Ok(running) => {
                unit.running = Some(running);
                self.tell(service);
            }
            Err(failure) => self.not_started(service, &failure),
        }
    }

    fn not_started(&mut self, service: &str, failure: &Failure) {
        let Some(unit) = self.units.get_mut(service) else { return };
        let wait = unit.story.failed("exec", format!("could not be started: {}", failure.line()), now());
        unit.due = Some(Instant::now() + wait);
        (self.note)(Level::Error, &format!("{service} cannot be started: {failure}; again in {wait:?}"));
        let reply = unit.starting.take();
        self.tell(service);
        if let Some(reply) = reply {
            let failure = Failure { class: Class::Service, ..failure.clone() };
            answer(&reply, Err(failure.context(format!("cannot start `{service}`"))));
        }
    }

    fn stop(&mut self, service: &str, deadline: Duration, reply: Reply) {
        if let Err(failure) = self.know(service) {
            return answer(&reply, Err(failure));
        }
        let Some(unit) = self.units.get_mut(service) else { return answer(&reply, Ok(())) };
        // Durable while it still runs: the time in which it is down is short.
        let marked = self.folder.stopped(service).and_then(|path| match path.exists() {
            true => Ok(()),
            false => definition::write(&path, ""),
        });
        if let Err(failure) = marked {
            return answer(&reply, Err(failure));
        }
        unit.story.state.enabled = false;
        unit.due = None;
        let Some(running) = &mut unit.running else {
            unit.story.stopped_now(unit.ended.take().and_then(Result::ok), now());
            self.tell(service);
            return answer(&reply, Ok(()));
        };
        let until = Instant::now() + deadline;
        running.stop(GRACE.min(deadline.saturating_sub(CLEARING)));
        match &mut unit.stopping {
            Some(stopping) => {
                stopping.until = stopping.until.min(until);
                stopping.replies.push(reply);
            }
            None => {
                unit.stopping = Some(Stopping { until, replies: vec![reply] });
                unit.story.stopping(now());
            }
        }
        self.tell(service);
    }

    /// Everything is stopped, but not on purpose: the next start brings it up again.
    fn end(&mut self) {
        self.ending = true;
        let mut services = Vec::new();
        for (service, unit) in &mut self.units {
            unit.due = None;
            if let Some(running) = &mut unit.running {
                running.stop(LAST_GRACE);
                let until = Instant::now() + LAST_GRACE + CLEARING;
                unit.stopping.get_or_insert(Stopping { until, replies: Vec::new() });
                unit.story.stopping(now());
                services.push(service.clone());
            }
        }
        services.iter().for_each(|service| self.tell(service));
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

    fn heard(&mut self, service: &str, said: Said) {
        let Some(unit) = self.units.get_mut(service) else { return };
        match said {
            Said::Started(pid) => {
                unit.story.runs(pid, now());
                if unit.stopping.is_some() {
                    unit.story.stopping(now());
                }
                let reply = unit.starting.take();
                self.tell(service);
                if let Some(reply) = reply {
                    answer(&reply, Ok(()));
                }
                self.started(service, pid);
            }
            Said::Failed(errno) => unit.ended = Some(Err(errno)),
            Said::Ended(how) => {
                unit.ended = Some(Ok(how));
                if unit.stopping.is_none() {
                    self.ended(service, result(how), in_words(how));
                }
            }
            Said::Gone => self.gone(service),
        }
    }

    /// It runs: what said otherwise is removed now that nobody waits.
    fn started(&mut self, service: &str, pid: u32) {
        (self.note)(Level::Info, &format!("{service} runs as process {pid}"));
        let removed = self.folder.stopped(service).and_then(|path| match path.exists() {
            true => atomic::remove(&path),
            false => Ok(()),
        });
        if let Err(failure) = removed {
            (self.note)(Level::Warn, &failure.to_string());
        }
    }

    /// It ended unasked.
    fn ended(&mut self, service: &str, result: &str, how: String) {
        let Some(unit) = self.units.get_mut(service) else { return };
        let text = how.clone();
        let wait = unit.story.failed(result, how, now());
        unit.due.get_or_insert(Instant::now() + wait);
        (self.note)(Level::Warn, &format!("{service} {text}; it is started again in {wait:?}"));
        self.tell(service);
    }

    /// Nothing of it is left.
    fn gone(&mut self, service: &str) {
        let Some(unit) = self.units.get_mut(service) else { return };
        unit.running = None;
        let how = unit.ended.take();
        if let Some(stopping) = unit.stopping.take() {
            unit.story.stopped_now(how.and_then(Result::ok), now());
            self.tell(service);
            stopping.replies.iter().for_each(|reply| answer(reply, Ok(())));
            (self.note)(Level::Info, &format!("{service} is stopped"));
            return;
        }
        match how {
            // Told already.
            Some(Ok(_)) => {}
            Some(Err(errno)) => {
                let error = std::io::Error::from_raw_os_error(errno);
                let failure = Failure::io("run", &unit.words.binary, &error);
                self.not_started(service, &failure);
            }
            None => {
                self.ended(service, "signal", "was ended together with its guard".into());
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

    /// What an earlier supervisor left: its guards are ending their trees and are waited for; a process
    /// whose guard was killed is killed.
    fn end_leftovers(&self) {
        let until = Instant::now() + ORPHANED + CLEARING;
        for service in self.folder.services().unwrap_or_default() {
            let Ok(path) = self.folder.state(&service) else { continue };
            let Some(told) = Published::read(&path) else { continue };
            for left in [told.guard, told.main].into_iter().flatten().filter(|left| left.lives()) {
                if !process::wait_for_end(left.pid, until) {
                    (self.note)(
                        Level::Warn,
                        &format!("process {} of {service} was left and is killed", left.pid),
                    );
                    process::kill_tree(left.pid, left.started);
                }
            }
            if told.main.is_some_and(Identity::lives) {
                (self.note)(Level::Error, &format!("an earlier process of {service} cannot be ended"));
            }
        }
    }
}

/// What starts a service: exactly its own environment, and the few variables that every program expects.
fn command(words: &Definition, guard: &Guard) -> Outcome<Command> {
    let user = words.user.as_deref().map(user::resolve).transpose()?.flatten();
    let mut guard = Guard { service: Some(Vec::new()), ..guard.clone() };
    let mut command = Command::new(&words.binary).args(&words.args).env("PATH", PATH);
    match user {
        Some(user) => {
            guard.user = Some(user.ids);
            guard.service = Some(user.groups);
            command = command.env("HOME", user.home).env("USER", &user.name).env("LOGNAME", user.name);
        }
        None => {
            if let Some(home) = user::own_home() {
                command = command.env("HOME", home);
            }
        }
    }
    for (name, value) in &words.env {
        command = command.env(name, value);
    }
    // It may not be there before the agent's first start.
    let directory = if words.directory.is_dir() { words.directory.clone() } else { PathBuf::from("/") };
    Ok(command.cwd(directory).guarded(guard))
}

fn now() -> Now {
    Now { boot: machine::since_boot(), wall: Timestamp::now() }
}

/// Nobody may be waiting any more.
fn answer(reply: &Reply, outcome: Outcome<()>) {
    let _ = reply.send(outcome);
}
