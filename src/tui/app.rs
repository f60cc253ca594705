//! The dashboard runs: messages in, commands out, frames when the schedule says so.

use std::io;
use std::time::{Duration, Instant};

use tokio::sync::mpsc::{Receiver, UnboundedReceiver};

use super::link::Link;
use super::model::{Link as Way, Model};
use super::msg::{Cmd, Msg};
use super::output::Screen;
use super::schedule::{Due, Schedule};
use super::{diagnostics, outside, update, view};
use crate::config::env;
use crate::host::signals;
use crate::host::terminal::{self, Guard, Input, Signal, Signals};
use crate::model::{Class, Failure, Outcome, Timestamp};

/// How long a service that has said hello may take to tell the rest before an empty screen is shown.
const AT_ONCE: Duration = Duration::from_millis(30);

/// How the dashboard ended. The service goes on in any case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// The user left.
    Detached,
    /// A signal ended it, or the end of the terminal, which is a hang-up.
    Told(signals::Signal),
}

/// Whether a variable of the environment says something.
pub(super) fn is_set(name: &str) -> bool {
    env::read(name).is_some_and(|value| !value.is_empty())
}

/// The terminal is not there any more.
pub(super) fn gone(error: &io::Error) -> Failure {
    Failure::new(Class::Internal, "the terminal cannot be written to").because(error)
}

/// What wakes the dashboard up besides the link.
pub(super) enum Event {
    Msg(Msg),
    Signal(Signal),
}

/// Everything that the loop holds.
pub(super) struct App {
    pub(super) model: Model,
    /// The way to the service; `None`: a record is shown, and time stands still.
    pub(super) link: Option<Link>,
    pub(super) guard: Guard,
    pub(super) input: Input,
    pub(super) signals: Signals,
    pub(super) from_terminal: UnboundedReceiver<Event>,
    pub(super) from_link: Receiver<Msg>,
    pub(super) screen: Screen,
    pub(super) schedule: Schedule,
}

/// Why the loop woke up.
enum Woken {
    Terminal(Event),
    Link(Option<Msg>),
    Time,
}

impl App {
    /// Until somebody ends it, or the terminal goes.
    pub(super) async fn run(self) -> Outcome<Ending> {
        match self.until_left().await {
            // What cannot be written is only how one learns of it.
            Err(_) if terminal::is_gone() => Ok(Ending::Told(signals::Signal::Hangup)),
            ended => ended,
        }
    }

    async fn until_left(mut self) -> Outcome<Ending> {
        if let Some(ending) = self.first_word().await? {
            return Ok(ending);
        }
        loop {
            if self.schedule.is_due(Instant::now()) {
                self.draw()?;
            }
            let wake = self.wake();
            let woken = tokio::select! {
                biased;
                signal = self.signals.next() => Woken::Terminal(Event::Signal(signal)),
                Some(event) = self.from_terminal.recv() => Woken::Terminal(event),
                () = tokio::time::sleep_until(wake.into()) => Woken::Time,
                message = self.from_link.recv(), if self.link.is_some() => Woken::Link(message),
            };
            self.tick(matches!(woken, Woken::Time));
            let ending = match woken {
                Woken::Terminal(event) => self.event(event).await?,
                Woken::Link(Some(message)) => self.link_says(message).await?,
                Woken::Link(None) => {
                    return Err(Failure::new(Class::Internal, "the link to the service ended"));
                }
                Woken::Time => None,
            };
            let ending = match ending {
                None => self.drain().await?,
                some => some,
            };
            diagnostics::settle();
            if let Some(ending) = ending {
                return Ok(ending);
            }
        }
    }

    /// The first frame shows what the service tells, if it tells it at once.
    async fn first_word(&mut self) -> Outcome<Option<Ending>> {
        let deadline = Instant::now() + AT_ONCE;
        self.tick(false);
        while self.link.is_some()
            && self.model.view.is_none()
            && matches!(self.model.link, Way::Connecting | Way::Connected)
        {
            let Ok(Some(message)) = tokio::time::timeout_at(deadline.into(), self.from_link.recv()).await
            else {
                break;
            };
            if let Some(ending) = self.link_says(message).await? {
                return Ok(Some(ending));
            }
        }
        Ok(None)
    }

    /// Everything that is ready besides, so that it is drawn at once.
    async fn drain(&mut self) -> Outcome<Option<Ending>> {
        while let Ok(event) = self.from_terminal.try_recv() {
            if let Some(ending) = self.event(event).await? {
                return Ok(Some(ending));
            }
        }
        while let Ok(message) = self.from_link.try_recv() {
            if let Some(ending) = self.link_says(message).await? {
                return Ok(Some(ending));
            }
        }
        Ok(None)
    }

    /// When to wake up by oneself: for the next frame, or because time alone changes the picture.
    fn wake(&self) -> Instant {
        if self.link.is_none() && self.schedule.due().is_none() {
            return Instant::now() + Duration::from_secs(86_400);
        }
        let frame = match self.schedule.due() {
            Some(Due::Now) => Some(Instant::now()),
            Some(Due::At(at)) => Some(at),
            None => None,
        };
        // With a frame due the picture is of then anyway.
        let rest = || update::wake_at(&self.model).duration_since(Timestamp::now());
        frame.unwrap_or_else(|| Instant::now() + Duration::try_from(rest()).unwrap_or_default())
    }

    /// The time goes on. It changes the picture only when it was waited for.
    fn tick(&mut self, waited: bool) {
        if self.link.is_none() {
            return;
        }
        let due = update::wake_at(&self.model) <= Timestamp::now();
        // Nothing is asked for because of the time alone.
        drop(update::update(&mut self.model, Msg::Tick(Timestamp::now())));
        if waited && due {
            self.schedule.changed();
        }
    }

    async fn event(&mut self, event: Event) -> Outcome<Option<Ending>> {
        match event {
            Event::Signal(signal) => self.signal(signal).await,
            Event::Msg(message) => {
                panics_on_purpose(&message);
                if let Msg::Resize(columns, rows) = message {
                    // The signal told it before, except where there is none.
                    if (columns, rows) != self.model.size {
                        self.renew()?;
                    }
                    return Ok(None);
                }
                self.schedule.answered();
                self.fold(message).await
            }
        }
    }

    async fn link_says(&mut self, message: Msg) -> Outcome<Option<Ending>> {
        match &message {
            Msg::Events(events) => events.iter().for_each(diagnostics::event),
            Msg::Log(lines) => diagnostics::lines(lines),
            _ => {}
        }
        self.schedule.changed();
        self.fold(message).await
    }

    async fn fold(&mut self, message: Msg) -> Outcome<Option<Ending>> {
        let mut messages = vec![message];
        while let Some(message) = messages.pop() {
            for command in update::update(&mut self.model, message) {
                match self.perform(command).await? {
                    Performed::Nothing => {}
                    Performed::Did(did) => messages.push(Msg::Did(did.map_err(Box::new))),
                    Performed::Ended(ending) => return Ok(Some(ending)),
                }
            }
        }
        Ok(None)
    }

    async fn perform(&mut self, command: Cmd) -> Outcome<Performed> {
        Ok(match command {
            Cmd::Send(ticket, request) => {
                if let Some(link) = &self.link {
                    link.send(ticket, request);
                }
                Performed::Nothing
            }
            Cmd::Copy(text) => Performed::Did(outside::copy(&text, is_set("TMUX"))),
            Cmd::Save(name, lines) => Performed::Did(outside::save(&name, &lines)),
            Cmd::Pager(lines) => self.pager(&lines).await?,
            Cmd::Mouse(on) => {
                self.guard.mouse(on)?;
                Performed::Nothing
            }
            Cmd::Repaint => {
                self.renew()?;
                Performed::Nothing
            }
            Cmd::Suspend => self.suspend()?,
            Cmd::Detach => Performed::Ended(Ending::Detached),
        })
    }

    async fn signal(&mut self, signal: Signal) -> Outcome<Option<Ending>> {
        match signal {
            Signal::End(signal) => return Ok(Some(Ending::Told(signal))),
            Signal::Stop => {
                if let Performed::Did(Err(failure)) = self.suspend()? {
                    return self.fold(Msg::Did(Err(Box::new(failure)))).await;
                }
            }
            Signal::Continue => {
                self.guard.enter_again()?;
                self.renew()?;
            }
            Signal::Resize => self.renew()?,
        }
        Ok(None)
    }

    /// Gives the terminal back and stops, until the shell continues us.
    fn suspend(&mut self) -> Outcome<Performed> {
        self.guard.leave();
        let stopped = terminal::stop_ourselves();
        self.guard.enter_again()?;
        self.renew()?;
        Ok(match stopped {
            true => Performed::Nothing,
            false => Performed::Did(Err(Failure::new(Class::Refused, "there is no shell to go back to"))),
        })
    }

    /// Shows lines in the user's pager, which has the terminal meanwhile. The link goes on.
    async fn pager(&mut self, lines: &[String]) -> Outcome<Performed> {
        if !self.input.pause() {
            self.input.go_on();
            let failure = Failure::new(Class::Refused, "a pager cannot be given the keys here")
                .hint("save the log to a file instead");
            return Ok(Performed::Did(Err(failure)));
        }
        self.guard.leave();
        let shown = self.in_pager(lines).await;
        self.guard.enter_again()?;
        self.input.go_on();
        self.renew()?;
        Ok(match shown {
            Ok(None) => Performed::Nothing,
            Ok(Some(ending)) => Performed::Ended(ending),
            Err(failure) => Performed::Did(Err(failure)),
        })
    }

    async fn in_pager(&mut self, lines: &[String]) -> Outcome<Option<Ending>> {
        let mut pager = terminal::show(env::read("PAGER").as_deref(), lines.join("\n") + "\n")?;
        loop {
            tokio::select! {
                ended = pager.ended() => return ended.map(|()| None),
                signal = self.signals.next() => match signal {
                    // Meant for the pager.
                    Signal::End(signals::Signal::Interrupt) => {}
                    Signal::End(signal) => return Ok(Some(Ending::Told(signal))),
                    // Meant for it, too; the size is looked at when the terminal is ours again.
                    Signal::Stop | Signal::Continue | Signal::Resize => {}
                },
            }
        }
    }

    /// The terminal shows something else than we drew.
    fn renew(&mut self) -> Outcome<()> {
        let size = terminal::size();
        if size != self.model.size {
            drop(update::update(&mut self.model, Msg::Resize(size.0, size.1)));
        }
        self.schedule.answered();
        self.screen.renew(size).map_err(|error| gone(&error))
    }

    fn draw(&mut self) -> Outcome<()> {
        let model = &self.model;
        let cost = self.screen.draw(|frame| view::view(model, frame)).map_err(|error| gone(&error))?;
        self.schedule.drawn(Instant::now(), cost.took);
        Ok(())
    }
}

/// What came of a command.
enum Performed {
    Nothing,
    Did(Outcome<String>),
    Ended(Ending),
}

/// A program built for debugging panics where its tests say so: at F12.
fn panics_on_purpose(message: &Msg) {
    let key =
        |message: &Msg| matches!(message, Msg::Key(key) if key.code == crossterm::event::KeyCode::F(12));
    if cfg!(debug_assertions) && key(message) && env::read("SENTINEL_TUI_PANIC").is_some() {
        panic!("on purpose");
    }
}
