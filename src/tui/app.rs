//! The dashboard runs: messages in, commands out, frames when the schedule says so.

use std::io;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use tokio::sync::mpsc::{Receiver, UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::caps::{self, Caps, Flags, ThemeName};
use super::link::{Connector, Link, OnScreen, is_for_good};
use super::model::Model;
use super::msg::{Cmd, Msg};
use super::output::{Out, Screen};
use super::schedule::{DISTANT, Due, LOCAL, Schedule};
use super::{diagnostics, input, outside, update, view};
use crate::config::env;
use crate::host::ssh::Questions;
use crate::host::terminal::{self, Guard, Input, Signal, Signals};
use crate::model::{Class, Failure, Outcome, Timestamp};

/// How the dashboard is wanted.
#[derive(Debug, Default)]
pub struct Options {
    /// Only look, whatever the service would allow.
    pub read_only: bool,
    /// This theme instead of the one that suits the terminal.
    pub theme: Option<ThemeName>,
    /// Only ASCII.
    pub ascii: bool,
    /// The mouse is on from the start.
    pub mouse: bool,
    /// Frames a second instead of what suits the line.
    pub fps: Option<u32>,
    /// Where the service is, if not here, for the head of the screen.
    pub remote: Option<String>,
    /// Remarks of whoever runs the dashboard, shown for a while.
    pub captions: Option<mpsc::Receiver<String>>,
}

/// How the dashboard ended. The service goes on in any case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// The user left.
    Detached,
    /// A signal ended it, or the end of the terminal, which is a hang-up.
    Told(Signal),
}

/// Shows the dashboard until the user leaves it. The service need not be there: it is tried again and again.
/// The terminal is as it was when this returns. Call it on the main thread, without a runtime.
///
/// # Errors
/// Before anything is drawn: `Usage` where there is no terminal that could show it, or the service speaks
/// another protocol; `Permission` when this user may not look; anything that keeps ssh from getting there. Later:
/// `Internal`, when the terminal cannot be used any more.
pub fn run(options: Options, connector: Connector) -> Outcome<Ending> {
    let caps = usable(&options)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|error| {
        Failure::new(Class::Internal, "cannot begin to wait for keys and messages").because(&error)
    })?;
    let ended = runtime.block_on(start(options, caps, connector));
    // What still waits for the network is not waited for.
    runtime.shutdown_background();
    ended
}

/// What the terminal that is there can show, and what is wanted of it.
fn usable(options: &Options) -> Outcome<Caps> {
    if !terminal::is_there() {
        let what = "the dashboard needs a terminal: standard input and output are not both one";
        return Err(Failure::new(Class::Usage, what)
            .hint("`sentinel-updater status --watch` shows the same as plain text"));
    }
    caps::detect(&env::read, Flags { theme: options.theme, ascii: options.ascii })
}

async fn start(options: Options, caps: Caps, connector: Connector) -> Outcome<Ending> {
    diagnostics::begin();
    let on_screen = OnScreen::default();
    let first = connector.reach(Questions::Asked, &on_screen).await;
    if let Err(failure) = &first {
        let remote = matches!(connector, Connector::Remote(_));
        if remote || is_for_good(failure) || matches!(failure.class, Class::Permission | Class::Security) {
            return Err(failure.clone());
        }
    }
    let signals = Signals::listen();
    on_screen.begin();
    terminal::write_colors_as_drawn();
    let mut guard = Guard::enter()?;
    let (link, from_link) = Link::begin(connector, first, on_screen.clone());
    let (to_app, from_terminal) = unbounded_channel();
    let keys = to_app.clone();
    let input = Input::start(move |event| match input::message(event) {
        Some(message) => keys.send(Event::Msg(message)).is_ok(),
        None => true,
    });
    let hangup = to_app.clone();
    terminal::when_gone(move || drop(hangup.send(Event::Signal(Signal::Hangup))));
    if let Some(captions) = options.captions {
        captioned(captions, to_app.clone());
    }

    let mut model = Model::new(caps, terminal::size(), Timestamp::now());
    model.read_only = options.read_only;
    model.remote = options.remote;
    model.mouse = options.mouse;
    model.zone = jiff::tz::TimeZone::system();
    if options.mouse {
        guard.mouse(true)?;
    }
    let distant = model.remote.is_some() || ["SSH_CONNECTION", "SSH_TTY"].iter().any(|name| is_set(name));
    let fps = options.fps.unwrap_or(if distant { DISTANT } else { LOCAL });
    let out: Out = Box::new(terminal::write);
    let screen = Screen::new(model.size, out).map_err(|error| gone(&error))?;
    let schedule = Schedule::new(fps);
    let app = App { model, link, guard, input, signals, from_terminal, from_link, screen, schedule };
    let ended = app.run().await;
    on_screen.end();
    ended
}

fn is_set(name: &str) -> bool {
    env::read(name).is_some_and(|value| !value.is_empty())
}

/// Remarks come from another thread, which nobody waits for.
fn captioned(captions: mpsc::Receiver<String>, to_app: UnboundedSender<Event>) {
    std::thread::spawn(move || {
        for caption in captions {
            if to_app.send(Event::Msg(Msg::Did(Ok(caption)))).is_err() {
                return;
            }
        }
    });
}

fn gone(error: &io::Error) -> Failure {
    Failure::new(Class::Internal, "the terminal cannot be written to").because(error)
}

/// What wakes the dashboard up besides the link.
enum Event {
    Msg(Msg),
    Signal(Signal),
}

struct App {
    model: Model,
    link: Link,
    guard: Guard,
    input: Input,
    signals: Signals,
    from_terminal: UnboundedReceiver<Event>,
    from_link: Receiver<Msg>,
    screen: Screen,
    schedule: Schedule,
}

/// Why the loop woke up.
enum Woken {
    Terminal(Event),
    Link(Option<Msg>),
    Time,
}

impl App {
    async fn run(mut self) -> Outcome<Ending> {
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
                message = self.from_link.recv() => Woken::Link(message),
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
                    self.screen.renew((columns, rows)).map_err(|error| gone(&error))?;
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
                self.link.send(ticket, request);
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
            Signal::Interrupt | Signal::Terminate | Signal::Hangup => return Ok(Some(Ending::Told(signal))),
            Signal::Stop => {
                if let Performed::Did(Err(failure)) = self.suspend()? {
                    return self.fold(Msg::Did(Err(Box::new(failure)))).await;
                }
            }
            Signal::Continue => {
                self.guard.enter_again()?;
                self.renew()?;
            }
            Signal::Resize => {
                let (columns, rows) = terminal::size();
                self.screen.renew((columns, rows)).map_err(|error| gone(&error))?;
                self.schedule.answered();
                return self.fold(Msg::Resize(columns, rows)).await;
            }
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
                    Signal::Terminate | Signal::Hangup => return Ok(Some(Ending::Told(signal))),
                    // Meant for the pager, as are the other two.
                    Signal::Interrupt | Signal::Stop | Signal::Continue => {}
                    Signal::Resize => {
                        let (columns, rows) = terminal::size();
                        drop(update::update(&mut self.model, Msg::Resize(columns, rows)));
                    }
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
