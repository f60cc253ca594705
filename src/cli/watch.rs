//! `status --watch`: the status as it changes, until Ctrl-C.
//!
//! A service that goes away is waited for without end; what is shown meanwhile says how old it is.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{MissedTickBehavior, interval, sleep};

use super::console::{Console, Stop};
use super::exit::Exit;
use super::screen::Place;
use super::service::{Link, may_pass};
use super::{Call, Ended, absent};
use crate::config::Settings;
use crate::control::protocol::{Subscribe, Subscribed};
use crate::control::{Notice, Request};
use crate::host::event_loop;
use crate::host::signals::Signals;
use crate::host::terminal;
use crate::model::{EventKind, Failure, Outcome, Status, Timestamp, View};
use crate::render;
use crate::render::words;

/// Between two tries to reach the service.
const PAUSE: Duration = Duration::from_secs(1);
/// In how many tries the reason of an outage is looked for once.
const EXPLAINED: u32 = 10;
/// How often ages are written anew on a terminal.
const BEAT: Duration = Duration::from_secs(1);

/// Shows the status again and again.
pub(super) fn run(call: &Call<'_>, json: bool) -> Ended {
    let settings = call.settings()?;
    let runtime = event_loop::runtime()?;
    let ended = runtime.block_on(async {
        let mut signals = Signals::listen();
        let mut watcher = Watcher::new(Arc::new(settings), Display::new(call.console, json));
        tokio::select! {
            ended = watcher.watch() => ended,
            // It is how a look ends.
            _ = signals.next() => Ok(()),
        }
    });
    runtime.shutdown_background();
    ended.map(|()| Exit::Done)
}

struct Watcher<'a> {
    settings: Arc<Settings>,
    display: Display<'a>,
    known: Option<Known>,
    /// While it is not reached.
    outage: Option<Outage>,
}

/// What is known, and since when nothing newer is.
struct Known {
    epoch: String,
    view: View,
    heard_at: Timestamp,
}

/// What the service is away for.
struct Outage {
    failure: Failure,
    /// The same with its reason.
    told: Failure,
    /// How often it was tried since that was found out.
    tries: u32,
}

impl Outage {
    /// Whether what is told is still good for this failure: asking for the reason may start a process.
    fn is_explained(&mut self, failure: &Failure) -> bool {
        self.tries += 1;
        self.failure == *failure && self.tries < EXPLAINED
    }
}

impl<'a> Watcher<'a> {
    fn new(settings: Arc<Settings>, display: Display<'a>) -> Self {
        Self { settings, display, known: None, outage: None }
    }

    /// Never ends well.
    async fn watch(&mut self) -> Result<(), Stop> {
        loop {
            let failure = match self.reach().await {
                Ok(link) => self.look(link).await?,
                Err(failure) => failure,
            };
            if !may_pass(&failure) {
                return Err(failure.into());
            }
            self.explain(failure).await;
            let told = self.outage.as_ref().map(|outage| outage.told.clone());
            self.show(told.as_ref())?;
            sleep(PAUSE).await;
        }
    }

    /// Adds the reason, which the service manager may take long to tell: a signal is heard meanwhile.
    async fn explain(&mut self, failure: Failure) {
        if let Some(outage) = &mut self.outage
            && outage.is_explained(&failure)
        {
            return;
        }
        let (settings, raw) = (self.settings.clone(), failure.clone());
        let explained = tokio::task::spawn_blocking(move || absent::explain(&settings, raw));
        let told = explained.await.unwrap_or_else(|_| failure.clone());
        self.outage = Some(Outage { failure, told, tries: 0 });
    }

    async fn reach(&mut self) -> Outcome<Link> {
        let link = Link::dial(&self.settings.paths.socket).await?;
        let position = match &self.known {
            Some(known) => Subscribe { epoch: Some(known.epoch.clone()), from: known.view.seq },
            None => Subscribe::default(),
        };
        let Subscribed { epoch, view } = link.ask(Request::Subscribe(position)).await?;
        let known = self.known.take().map(|known| known.view);
        let view = view.or(known).unwrap_or_default();
        self.outage = None;
        self.known = Some(Known { epoch, view, heard_at: Timestamp::now() });
        Ok(link)
    }

    /// Shows what comes until the connection ends; why it did.
    async fn look(&mut self, mut link: Link) -> Result<Failure, Stop> {
        let mut beat = interval(BEAT);
        beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        self.show(None)?;
        loop {
            let heard = tokio::select! {
                heard = link.next() => heard,
                _ = beat.tick(), if self.display.is_live() => {
                    self.show(None)?;
                    continue;
                }
            };
            match heard {
                Ok(notice) => {
                    if self.take(notice) {
                        self.show(None)?;
                    }
                }
                Err(failure) => return Ok(failure),
            }
        }
    }

    /// Takes a notice in; whether it can be seen.
    fn take(&mut self, notice: Notice) -> bool {
        let Some(known) = &mut self.known else { return false };
        known.heard_at = Timestamp::now();
        match notice {
            Notice::Event(event) => {
                known.view.apply(&event);
                !matches!(event.kind, EventKind::Output { .. } | EventKind::Note { .. })
            }
            Notice::Resync(view) => {
                known.view = *view;
                true
            }
            Notice::Dropped(_) | Notice::Log(_) => false,
        }
    }

    fn show(&mut self, trouble: Option<&Failure>) -> Result<(), Stop> {
        let known = self.known.as_ref().map(|known| (&known.view.status, known.heard_at));
        self.display.show(known, trouble, Timestamp::now())
    }
}

/// How it is shown.
struct Display<'a> {
    console: &'a Console,
    form: Form,
    /// What was shown last.
    last: String,
}

enum Form {
    /// The whole status, always in the same place.
    Screen(Place),
    /// A line for each change.
    Lines,
    /// An object on a line for each change.
    Objects,
}

impl<'a> Display<'a> {
    fn new(console: &'a Console, json: bool) -> Self {
        let form = match json {
            true => Form::Objects,
            false if console.draws().out => Form::Screen(Place::default()),
            false => Form::Lines,
        };
        Self { console, form, last: String::new() }
    }

    fn is_live(&self) -> bool {
        matches!(self.form, Form::Screen(_))
    }

    fn show(
        &mut self,
        known: Option<(&Status, Timestamp)>,
        trouble: Option<&Failure>,
        now: Timestamp,
    ) -> Result<(), Stop> {
        let text = match (&self.form, trouble) {
            (Form::Screen(_), _) => screenful(known, trouble, now),
            (_, Some(failure)) => lost(known.map(|(_, at)| at), failure),
            (Form::Objects, None) => {
                known.and_then(|(status, _)| serde_json::to_string(status).ok()).unwrap_or_default()
            }
            (Form::Lines, None) => known.map(|(status, _)| render::status_line(status)).unwrap_or_default(),
        };
        if text.is_empty() || text == self.last {
            return Ok(());
        }
        match &mut self.form {
            Form::Screen(place) => self.console.print(&place.draw(&text, terminal::size()))?,
            Form::Lines => self.console.line(&format!("{}  {text}", words::time(now)))?,
            // Objects are of one kind.
            Form::Objects if trouble.is_some() => self.console.talk(&text),
            Form::Objects => self.console.line(&text)?,
        }
        self.last = text;
        Ok(())
    }
}

fn screenful(known: Option<(&Status, Timestamp)>, trouble: Option<&Failure>, now: Timestamp) -> String {
    let mut text = match known {
        Some((status, _)) => render::status::text(status, now),
        None => String::new(),
    };
    if let Some(failure) = trouble {
        text.push_str(&format!("not reached: {}\n", failure.line()));
        if let Some(hint) = &failure.hint {
            text.push_str(&format!("  next: {hint}\n"));
        }
        if let Some((_, at)) = known {
            text.push_str(&format!("what is shown is as it was {}; trying again\n", words::age(at, now)));
        } else {
            text.push_str("trying again\n");
        }
    }
    text
}

fn lost(heard_at: Option<Timestamp>, failure: &Failure) -> String {
    let mut line = format!("not reached: {}", failure.line());
    if let Some(at) = heard_at {
        line.push_str(&format!("; last heard of at {}", words::time(at)));
    }
    line.push_str("; trying again");
    if let Some(hint) = &failure.hint {
        line.push_str(&format!("; next: {hint}"));
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Class;

    #[test]
    fn a_reason_is_looked_for_anew_when_the_failure_is_another_one_and_now_and_then() {
        let failure = Failure::new(Class::Unreachable, "nobody listens");
        let mut outage = Outage { failure: failure.clone(), told: failure.clone(), tries: 0 };
        for _ in 1..EXPLAINED {
            assert!(outage.is_explained(&failure));
        }
        assert!(!outage.is_explained(&failure));
        outage.tries = 0;
        assert!(!outage.is_explained(&Failure::new(Class::Unreachable, "it closed the connection")));
    }

    #[test]
    fn what_is_old_says_so() {
        let at = |second| Timestamp::from_second(second).expect("a time");
        let failure = Failure::new(Class::Unreachable, "nobody listens").hint("start it");
        let status = Status::default();
        let text = screenful(Some((&status, at(100))), Some(&failure), at(105));
        assert!(text.starts_with("updater "), "{text}");
        assert!(
            text.ends_with(
                "not reached: nobody listens\n  next: start it\nwhat is shown is as it was 5 s ago; trying again\n"
            ),
            "{text}"
        );
        let text = screenful(None, Some(&failure), at(105));
        assert_eq!(text, "not reached: nobody listens\n  next: start it\ntrying again\n");
        assert!(!screenful(Some((&status, at(100))), None, at(105)).contains("not reached"));
    }
}
