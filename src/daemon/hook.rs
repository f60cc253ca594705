//! `hooks.on_result`: a program of the administrator's is told how a run ended.
//!
//! It gets the run object as JSON on its standard input, one run after the other, on a thread that lives
//! only as long as there is something to tell. Nothing that it does reaches the run or delays the engine.
//! A run is told once. Two exceptions: one whose end could not be written into history is told again when
//! that is repaired, and one is not told when the updater is killed right after its verdict.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::say::{Target, write};
use crate::config::Settings;
use crate::model::event::Level;
use crate::model::{Class, Failure, Outcome, Run};
use crate::ports::{Cancel, Limits, Program, Runner};
use crate::world;

/// How long a hook may take.
const LIMIT: Duration = Duration::from_secs(60);
/// How much longer it may take to be ended.
const GRACE: Duration = Duration::from_secs(10);
/// How often those who wait for a hook give a sign of life.
const SIGN: Duration = Duration::from_secs(20);
/// How many runs wait to be told: a hook that always hangs is slower than the shortest check interval.
const QUEUE: usize = 20;
/// How many lines of a hook's output the log takes.
const LINES: usize = 100;
/// Where a hook finds the programs it names: nothing is inherited.
const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// Gives the runner for the hook of the run with this id.
type Runners = Arc<dyn Fn(&str) -> Outcome<Box<dyn Runner>> + Send + Sync>;

/// The hook, and who waits for it.
#[derive(Clone)]
pub(super) struct Hook {
    inner: Arc<Inner>,
}

struct Inner {
    state: Mutex<State>,
    idle: Condvar,
}

struct State {
    command: Vec<String>,
    limit: Duration,
    runners: Runners,
    waiting: VecDeque<Job>,
    at_work: bool,
}

/// One run to tell, by the settings that were in force when it ended.
struct Job {
    run: Box<Run>,
    command: Vec<String>,
    limit: Duration,
    runners: Runners,
}

impl Hook {
    /// The hook that `settings` name, if they name one.
    pub(super) fn new(settings: &Settings) -> Self {
        Self::with(settings.hooks.on_result.clone(), LIMIT, runners(settings))
    }

    fn with(command: Vec<String>, limit: Duration, runners: Runners) -> Self {
        let state = State { command, limit, runners, waiting: VecDeque::new(), at_work: false };
        Self { inner: Arc::new(Inner { state: Mutex::new(state), idle: Condvar::new() }) }
    }

    /// Other settings, for runs that end from now on.
    pub(super) fn configure(&self, settings: &Settings) {
        let mut state = self.inner.lock();
        state.command.clone_from(&settings.hooks.on_result);
        state.runners = runners(settings);
    }

    /// Tells the hook of a run that ended; returns at once.
    pub(super) fn tell(&self, run: &Run) {
        let mut state = self.inner.lock();
        if state.command.is_empty() {
            return;
        }
        if state.waiting.len() == QUEUE {
            let what = format!("hooks.on_result is not told of run {}: {QUEUE} runs wait for it", run.id);
            drop(state);
            write(Level::Warn, Target::Hook, &what);
            return;
        }
        let job = Job {
            run: Box::new(run.clone()),
            command: state.command.clone(),
            limit: state.limit,
            runners: state.runners.clone(),
        };
        state.waiting.push_back(job);
        if state.at_work {
            return;
        }
        let inner = self.inner.clone();
        match std::thread::Builder::new().name("hook".into()).spawn(move || inner.work()) {
            Ok(_) => state.at_work = true,
            Err(error) => {
                state.waiting.clear();
                drop(state);
                write(Level::Warn, Target::Hook, &format!("hooks.on_result cannot be run: {error}"));
            }
        }
    }

    /// Waits until everybody has been told, but not longer than a hook may take. `sign` is called now and
    /// then meanwhile.
    pub(super) fn finish(&self, sign: &mut dyn FnMut()) {
        let mut state = self.inner.lock();
        let deadline = Instant::now() + state.limit + GRACE;
        while state.at_work {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                let waiting = state.waiting.len();
                drop(state);
                let what =
                    format!("hooks.on_result does not end and is left behind; {waiting} runs wait for it");
                write(Level::Warn, Target::Hook, &what);
                return;
            }
            sign();
            state =
                self.inner.idle.wait_timeout(state, left.min(SIGN)).unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

impl Inner {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The thread: tells one run after the other.
    fn work(&self) {
        loop {
            let job = {
                let mut state = self.lock();
                match state.waiting.pop_front() {
                    Some(job) => job,
                    None => {
                        state.at_work = false;
                        self.idle.notify_all();
                        return;
                    }
                }
            };
            match job.play() {
                Ok(()) => write(Level::Debug, Target::Hook, &format!("was told of run {}", job.run.id)),
                Err(failure) => write(Level::Warn, Target::Hook, &failure.to_string()),
            }
        }
    }
}

impl Job {
    fn play(&self) -> Outcome<()> {
        let Some((executable, args)) = self.command.split_first() else { return Ok(()) };
        let what = format!("hooks.on_result `{executable}` failed for run {}", self.run.id);
        let stdin = serde_json::to_vec(&self.run)
            .map_err(|error| Failure::new(Class::Internal, what.clone()).because(&error))?;
        let executable = PathBuf::from(executable);
        let program = Program {
            directory: executable.parent().unwrap_or(Path::new("/")).to_owned(),
            executable,
            args: args.to_vec(),
            env: vec![("PATH".into(), PATH.into())],
            stdin: Some(stdin),
            limits: Limits { timeout: self.limit, memory_max: None, offline: false, user: None },
        };
        let (mut count, mut last) = (0, String::new());
        let mut take = |_, line: &str| {
            count += 1;
            if count <= LINES {
                write(Level::Debug, Target::Hook, line);
            }
            if !line.trim().is_empty() {
                line.clone_into(&mut last);
            }
        };
        let exit = (self.runners)(&self.run.id)
            .and_then(|mut runner| runner.run(&program, &Cancel::new(), &mut take))
            .map_err(|failure| failure.context(&what))?;
        if exit.success() {
            return Ok(());
        }
        let failure = Failure::new(Class::Toolchain, what).cause(exit.in_words());
        Err(if last.is_empty() { failure } else { failure.cause(format!("it said: {last}")) })
    }
}

fn runners(settings: &Settings) -> Runners {
    // Only as much of the settings as the runner is made from.
    let settings = settings.clone();
    Arc::new(move |run| world::hook_runner(&settings, run))
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;
    use crate::model::{By, RunKind, Timestamp};
    use crate::ports::{Exit, Stream};

    /// Says what it is given, then waits for a word, at most until the limit.
    struct Fake {
        given: mpsc::Sender<Program>,
        word: Arc<Mutex<mpsc::Receiver<i32>>>,
    }

    impl Runner for Fake {
        fn run(
            &mut self,
            program: &Program,
            _: &Cancel,
            on_line: &mut dyn FnMut(Stream, &str),
        ) -> Outcome<Exit> {
            on_line(Stream::Err, "working");
            let _ = self.given.send(program.clone());
            let word = self.word.lock().unwrap_or_else(PoisonError::into_inner);
            match word.recv_timeout(program.limits.timeout) {
                Ok(code) => Ok(Exit { code: Some(code), signal: None, out_of_memory: false }),
                Err(_) => Err(Failure::new(Class::Timeout, "too slow")),
            }
        }
    }

    fn hook(limit: Duration) -> (Hook, mpsc::Receiver<Program>, mpsc::Sender<i32>) {
        let (given, programs) = mpsc::channel();
        let (words, word) = mpsc::channel();
        let word = Arc::new(Mutex::new(word));
        let given = Mutex::new(given);
        let runners: Runners = Arc::new(move |_| {
            let given = given.lock().unwrap_or_else(PoisonError::into_inner).clone();
            Ok(Box::new(Fake { given, word: word.clone() }))
        });
        (Hook::with(vec!["/opt/hook".into(), "now".into()], limit, runners), programs, words)
    }

    fn run(id: &str) -> Run {
        Run::new(id.into(), RunKind::Update, By::Timer, Timestamp::UNIX_EPOCH)
    }

    #[test]
    fn runs_are_told_one_after_the_other_and_nobody_waits() {
        let (hook, programs, words) = hook(LIMIT);
        for id in ["r1", "r2"] {
            hook.tell(&run(id));
        }
        let first = programs.recv().expect("the first");
        assert_eq!(
            (first.executable.as_path(), &first.args[..]),
            (Path::new("/opt/hook"), &["now".to_owned()][..])
        );
        assert_eq!(first.env, [("PATH".to_owned(), PATH.to_owned())]);
        let told: Run = serde_json::from_slice(&first.stdin.expect("a run")).expect("JSON");
        assert_eq!(told, run("r1"));
        assert!(programs.try_recv().is_err(), "the second waits");
        words.send(1).expect("it runs");
        let second = programs.recv().expect("the second, after the first failed");
        assert!(String::from_utf8_lossy(&second.stdin.expect("a run")).contains("r2"));
        words.send(0).expect("it runs");
        let mut signs = 0;
        hook.finish(&mut || signs += 1);
        assert!(!hook.inner.lock().at_work && programs.try_recv().is_err(), "{signs}");
    }

    #[test]
    fn one_that_hangs_is_over_at_its_limit_and_the_next_is_told() {
        let (hook, programs, words) = hook(Duration::from_millis(50));
        hook.tell(&run("r1"));
        hook.tell(&run("r2"));
        programs.recv().expect("the first");
        programs.recv().expect("the second, though nobody ended the first");
        words.send(0).ok();
        hook.finish(&mut || {});
        assert!(!hook.inner.lock().at_work);
        hook.tell(&run("r3"));
        programs.recv().expect("a new thread");
    }

    #[test]
    fn no_command_means_no_thread() {
        let (hook, programs, _words) = hook(LIMIT);
        hook.inner.lock().command.clear();
        hook.tell(&run("r1"));
        assert!(!hook.inner.lock().at_work && programs.try_recv().is_err());
    }
}
