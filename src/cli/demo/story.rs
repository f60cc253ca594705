//! What the demo plays: an installation, an update, a failing release and its rollback.

use std::cell::{Cell, RefCell};
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use serde::Deserialize;
use tokio::runtime::Handle;

use crate::cli::Ended;
use crate::cli::console::{Console, Stop};
use crate::cli::exit::Exit;
use crate::cli::screen;
use crate::config::Settings;
use crate::daemon;
use crate::host::signals::Signals;
use crate::host::terminal;
use crate::model::{Class, Failure, Outcome, Run, RunKind, Verdict};
use crate::ports::{BuildEvent, Cancel};
use crate::world;

use super::agent::Variant;
use super::place::Place;
use super::release::Release;
use super::setting::Setting;
use super::tools;
use super::tree::Tree;
use super::updater::Updater;

/// How long a run may take: the first one compiles the standard library and SQLite.
pub(super) const RUN: Duration = Duration::from_secs(20 * 60);
/// After how long a silence it is told what is being done.
const SILENCE: Duration = Duration::from_secs(15);
/// How long the agent may take to answer.
const ANSWER: Duration = Duration::from_secs(10);

/// Plays the story and ends with its verdict.
pub(super) fn run(console: &Console, flags: &[(String, String)], keep: bool) -> Ended {
    attended(|runtime, cancel| play(console, flags, keep, runtime, cancel))
}

/// Does `work` on a thread of its own while this one listens: who asks us to end asks it.
pub(super) fn attended<T: Send>(
    work: impl FnOnce(&Handle, &Cancel) -> Result<T, Stop> + Send,
) -> Result<T, Stop> {
    let cancel = Cancel::new();
    let asked = cancel.clone();
    daemon::attended(
        "the demo ended unexpectedly",
        move |runtime| work(&runtime, &asked),
        |mut over| {
            // Before anything is there that a signal would leave behind.
            let mut signals = Signals::listen();
            async move {
                tokio::select! {
                    _ = &mut over => {}
                    _ = signals.next() => {
                        cancel.request();
                        // It stops the agent and removes its directory.
                        drop(over.await);
                    }
                }
            }
        },
    )
}

/// Says what happens, with the time since the start.
pub(super) struct Teller<'a> {
    console: &'a Console,
    began: Instant,
    /// Where progress stands on a terminal, drawn again and again.
    drawn: Option<RefCell<screen::Place>>,
    /// When something was said last: elsewhere progress is told when nothing else is for long.
    last: Cell<Instant>,
}

impl Teller<'_> {
    pub(super) fn say(&self, text: &str) -> Result<(), Stop> {
        self.wipe()?;
        self.last.set(Instant::now());
        self.console.line(&format!("{:6.1} s  {text}", self.began.elapsed().as_secs_f32()))
    }

    /// A line of the service's: what the engine and the agent's keeper did.
    fn pass(&self, line: &str) -> Result<(), Stop> {
        let mut words = line.splitn(4, ' ');
        let (_, level, target, text) = (words.next(), words.next(), words.next(), words.next());
        match (level, target, text) {
            (Some("DEBUG"), Some("build:"), Some(text)) => self.progress(text),
            (Some(level), Some("engine:" | "agent:"), Some(text)) if level != "DEBUG" => self.say(text),
            _ => Ok(()),
        }
    }

    fn progress(&self, text: &str) -> Result<(), Stop> {
        let Some(drawn) = &self.drawn else {
            let long = self.last.get().elapsed() >= SILENCE;
            return if long { self.say(&format!("… {text}")) } else { Ok(()) };
        };
        let line = format!("{:6.1} s  … {text}", self.began.elapsed().as_secs_f32());
        self.console.print(&drawn.borrow_mut().draw(&line, terminal::size()))
    }

    fn wipe(&self) -> Result<(), Stop> {
        self.drawn.as_ref().map_or(Ok(()), |drawn| self.console.print(&drawn.borrow_mut().wipe()))
    }
}

/// The agent's own word on itself.
#[derive(Debug, Deserialize)]
struct Health {
    version: String,
    beats: u64,
}

/// Everything is there but the service.
pub(super) struct Prepared<'a> {
    pub teller: Teller<'a>,
    pub place: Place,
    pub setting: Setting,
    pub stage: Stage,
}

/// Makes the demo's place and finds its tools, and tells of it.
pub(super) fn prepare<'a>(
    console: &'a Console,
    flags: &[(String, String)],
    keep: bool,
    runtime: &Handle,
    cancel: &Cancel,
) -> Result<Prepared<'a>, Stop> {
    let now = Instant::now();
    let drawn = console.draws().out.then(RefCell::default);
    let teller = Teller { console, began: now, drawn, last: Cell::new(now) };
    let place = Place::new(keep)?;
    let mut setting = Setting::new(place.root(), flags)?;
    teller.say(&format!("everything lies in `{}`", place.root().display()))?;
    let mut progress = |event: BuildEvent| {
        if let BuildEvent::Progress(progress) = event {
            let (done, total) = (progress.done >> 20, progress.total >> 20);
            // A terminal that went away is told by the next line.
            drop(teller.progress(&format!("{} {done} of {total} MiB", progress.phase)));
        }
    };
    for line in tools::find(&mut setting, runtime, cancel, &mut progress)? {
        teller.say(&line)?;
    }
    setting.write()?;
    let settings = setting.settings()?;
    for folder in ["bin", "data"] {
        let folder = place.root().join(folder);
        std::fs::create_dir_all(&folder).map_err(|error| Failure::io("create", &folder, &error))?;
    }
    let stage = Stage { settings, tree: setting.tree()?, health: setting.health, plain: !setting.cgo };
    Ok(Prepared { teller, place, setting, stage })
}

fn play(
    console: &Console,
    flags: &[(String, String)],
    keep: bool,
    runtime: &Handle,
    cancel: &Cancel,
) -> Ended {
    let Prepared { teller, place, setting, stage } = prepare(console, flags, keep, runtime, cancel)?;
    Play { teller, stage, cancel }.play(&setting)?;
    drop(place);
    Ok(Exit::Done)
}

/// What the story is played on.
pub(super) struct Stage {
    pub settings: Settings,
    pub tree: Tree,
    pub health: SocketAddr,
    pub plain: bool,
}

impl Stage {
    pub(super) fn publish(&self, version: &str, variant: Variant) -> Outcome<()> {
        self.tree.publish(&Release::new(version).variant(variant).plain(self.plain))
    }
}

/// The story as it is told line by line.
struct Play<'a> {
    teller: Teller<'a>,
    stage: Stage,
    cancel: &'a Cancel,
}

impl Play<'_> {
    fn play(&self, setting: &Setting) -> Result<(), Stop> {
        self.publish("v1.0.0", Variant::Good, "a first version")?;
        let updater = Updater::start(setting)?;
        self.expect(&updater, 1, RunKind::Install, Verdict::Updated, "v1.0.0")?;
        let first = self.answers("v1.0.0", 0)?;

        self.publish("v1.1.0", Variant::Good, "a good version")?;
        let update = self.expect(&updater, 2, RunKind::Update, Verdict::Updated, "v1.1.0")?;
        let second = self.answers("v1.1.0", first.beats)?;

        self.publish("v1.2.0", Variant::CrashLoop, "one that ends 2 s after each start")?;
        let rollback = self.expect(&updater, 3, RunKind::Update, Verdict::RolledBack, "v1.2.0")?;
        let third = self.answers("v1.1.0", second.beats)?;
        self.holds("v1.2.0")?;
        drop(updater);

        let down = |run: &Run| run.downtime_ms.unwrap_or_default();
        self.teller.say(&format!(
            "all of it held: updated to v1.1.0 with the agent down for {} ms; v1.2.0 failed, was taken back and \
             is held ({} ms for both switches); the agent wrote {} records, none was lost",
            down(&update),
            down(&rollback),
            third.beats
        ))
    }

    fn publish(&self, version: &str, variant: Variant, what: &str) -> Result<(), Stop> {
        self.teller.say(&format!("publishing {version}: {what}"))?;
        Ok(self.stage.publish(version, variant)?)
    }

    /// Waits for the end of the `nth` run, which must be as expected.
    fn expect(
        &self,
        updater: &Updater,
        nth: usize,
        kind: RunKind,
        verdict: Verdict,
        to: &str,
    ) -> Result<Run, Stop> {
        let mut gone = Ok(());
        let mut tell = |line: &str| {
            if gone.is_ok() {
                gone = self.teller.pass(line);
            }
        };
        let ended = || Ok(world::runs(&self.stage.settings, world::RUNS)?.into_iter().rev().nth(nth - 1));
        let run = updater.wait(RUN, self.cancel, &mut tell, ended)?;
        // What it said about that run comes before what we say.
        updater.rest(&mut tell);
        gone?;
        if (run.kind, run.verdict, run.to.as_deref()) == (kind, Some(verdict), Some(to)) {
            return Ok(run);
        }
        let error = run.error.unwrap_or_else(|| "no reason was given".into());
        Err(Failure::new(Class::Unhealthy, format!("the demo's run to {to} did not end as it should"))
            .cause(error)
            .hint("`demo --keep` leaves its directory for a look; data/updater.log tells the rest")
            .into())
    }

    /// The agent itself says which version runs, and that it still has its records.
    fn answers(&self, version: &str, at_least: u64) -> Outcome<Health> {
        let until = Instant::now() + ANSWER;
        loop {
            let trouble = match ask(self.stage.health) {
                Ok(health) if health.version == version && health.beats > at_least => return Ok(health),
                Ok(health) => format!("it says {health:?}"),
                Err(error) => error.to_string(),
            };
            if Instant::now() > until {
                let what = format!("the agent does not answer as {version} with its records");
                return Err(Failure::new(Class::Unhealthy, what).cause(trouble));
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    fn holds(&self, version: &str) -> Outcome<()> {
        let held = match world::reading(&self.stage.settings)? {
            Some(mut records) => records.held()?,
            None => Vec::new(),
        };
        if held.iter().any(|held| held.version.as_str() == version && held.retry_at.is_none()) {
            return Ok(());
        }
        Err(Failure::new(Class::Unhealthy, format!("{version} failed and is not held")))
    }
}

/// One question to the agent's health endpoint.
fn ask(address: SocketAddr) -> std::io::Result<Health> {
    let mut stream = TcpStream::connect_timeout(&address, Duration::from_secs(1))?;
    stream.set_read_timeout(Some(Duration::from_secs(2)))?;
    stream.write_all(b"GET /healthz HTTP/1.0\r\n\r\n")?;
    let mut answer = String::new();
    stream.take(64 * 1024).read_to_string(&mut answer)?;
    let body = answer.split("\r\n\r\n").nth(1).unwrap_or_default();
    serde_json::from_str(body).map_err(std::io::Error::other)
}
