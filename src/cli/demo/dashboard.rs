//! The demo on a terminal: the real dashboard, attached to the demo's service over its socket, while new versions
//! are published beside it. Afterwards the buttons are the user's.

use std::sync::mpsc::{self, Sender};
use std::time::Duration;

use crate::cli::Ended;
use crate::cli::console::Console;
use crate::cli::exit::Exit;
use crate::model::{Class, Failure, Outcome, Run};
use crate::ports::Cancel;
use crate::render;
use crate::tui::{self, Connector, Options};
use crate::world;

use super::agent::Variant;
use super::story::{self, Prepared, RUN, Stage};
use super::updater::Updater;

/// For reading what was told.
const BREATH: Duration = Duration::from_secs(4);

/// Prepares everything line by line, then shows the dashboard until the user leaves it; nothing stays.
pub(super) fn run(console: &Console, flags: &[(String, String)], keep: bool) -> Ended {
    let prepared = story::attended(|runtime, cancel| story::prepare(console, flags, keep, runtime, cancel))?;
    let Prepared { teller, place, setting, stage } = prepared;
    stage.publish("v1.0.0", Variant::Good)?;
    let updater = Updater::start(&setting)?;
    teller.say("the dashboard opens; `q` ends the demo")?;
    let (captions, told) = mpsc::channel();
    let cancel = Cancel::new();
    let (shown, played) = std::thread::scope(|scope| {
        let story = scope.spawn(|| {
            // The service ends with the story's thread, and the agent with the service.
            let updater = updater;
            let played = Story { stage: &stage, updater: &updater, captions, cancel: &cancel }.play();
            let seen = world::runs(&stage.settings, world::RUNS).unwrap_or_default();
            drop(updater);
            played.map(|()| seen)
        });
        let options = Options { captions: Some(told), ..Options::default() };
        let shown = tui::run(options, Connector::Local(stage.settings.paths.socket.clone()));
        cancel.request();
        let played = story.join();
        (shown, played)
    });
    let played =
        played.unwrap_or_else(|_| Err(Failure::new(Class::Internal, "the demo's story ended unexpectedly")));
    let ending = shown?;
    for run in played?.iter().rev() {
        console.line(&format!("seen: {}", render::run::outcome(run)))?;
    }
    let root = place.root().display().to_string();
    drop(place);
    console.line(&match keep {
        true => format!("everything lies in `{root}`; data/updater.log tells the whole story"),
        false => format!("everything lay in `{root}`, which is removed (`demo --keep` leaves it)"),
    })?;
    Ok(Exit::of_ending(ending))
}

/// What happens beside the dashboard.
struct Story<'a> {
    stage: &'a Stage,
    updater: &'a Updater,
    captions: Sender<String>,
    cancel: &'a Cancel,
}

impl Story<'_> {
    /// Plays it, and then waits for the end of the demo.
    ///
    /// # Errors
    /// What keeps it from going on; not that the user had enough.
    fn play(self) -> Outcome<()> {
        let played = self.acts().and_then(|()| {
            loop {
                self.updater.let_pass(RUN, self.cancel)?;
            }
        });
        match played {
            Err(failure) if failure.class == Class::Cancelled => Ok(()),
            other => other,
        }
    }

    fn acts(&self) -> Outcome<()> {
        self.say("v1.0.0 is published: the updater compiles and installs it");
        let run = self.ended("v1.0.0")?;
        self.act(&run, "Now v1.1.0 is published, a good version", "v1.1.0", Variant::Good)?;
        let run = self.ended("v1.1.0")?;
        let next = "Now v1.2.0 is published, which ends 2 s after each start";
        self.act(&run, next, "v1.2.0", Variant::CrashLoop)?;
        let run = self.ended("v1.2.0")?;
        self.say(&render::run::outcome(&run));
        self.updater.let_pass(BREATH, self.cancel)?;
        self.say("The story is over, the buttons are yours: `?` tells the keys, `q` ends the demo");
        Ok(())
    }

    /// Tells how a run ended and, when that was read, publishes another version.
    fn act(&self, run: &Run, next: &str, version: &str, variant: Variant) -> Outcome<()> {
        self.say(&render::run::outcome(run));
        self.updater.let_pass(BREATH, self.cancel)?;
        self.stage.publish(version, variant)?;
        self.say(next);
        Ok(())
    }

    /// The end of the run to `version`, however it ends: the user may have had a hand in it.
    fn ended(&self, version: &str) -> Outcome<Run> {
        let ended = || {
            let runs = world::runs(&self.stage.settings, world::RUNS)?;
            Ok(runs.into_iter().find(|run| run.to.as_deref() == Some(version)))
        };
        self.updater.wait(RUN, self.cancel, &mut |_| {}, ended)
    }

    /// That nobody reads it any more is seen elsewhere.
    fn say(&self, text: &str) {
        drop(self.captions.send(text.to_owned()));
    }
}
