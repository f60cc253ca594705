//! How the dashboard begins: what the terminal can do, the first try to reach the service, and only then the
//! screen.

use std::sync::mpsc;

use tokio::sync::mpsc::{Receiver, UnboundedSender, channel, unbounded_channel};

use super::app::{App, Ending, Event, gone, is_set};
use super::caps::{self, Caps, Flags, ThemeName};
use super::link::{Connector, Link, OnScreen, is_for_good};
use super::model::Model;
use super::msg::Msg;
use super::output::{Out, Screen};
use super::replay::{self, Timed};
use super::schedule::{DISTANT, LOCAL, Schedule};
use super::{diagnostics, input};
use crate::config::env;
use crate::host::event_loop;
use crate::host::signals;
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

/// Shows the dashboard until the user leaves it. The service need not be there: it is tried again and again.
/// The terminal is as it was when this returns. Call it on the main thread, without a runtime.
///
/// # Errors
/// Before anything is drawn: `Usage` where there is no terminal that could show it, or the service speaks
/// another protocol; `Permission` when this user may not look; anything that keeps ssh from getting there. Later:
/// `Internal`, when the terminal cannot be used any more.
pub fn run(options: Options, connector: Connector) -> Outcome<Ending> {
    let caps = usable(&options)?;
    in_runtime(attach(options, caps, connector))
}

/// Shows a record until the user leaves it, as it was at `until`, or at its end. Time stands still in it, and
/// nothing can be steered.
///
/// # Errors
/// As [`run`].
pub fn replay(options: Options, record: &[Timed], until: Option<Timestamp>) -> Outcome<Ending> {
    let caps = usable(&options)?;
    in_runtime(async {
        diagnostics::begin();
        let mut model = replay::fold(record, caps, terminal::size(), until);
        (model.read_only, model.record) = (true, true);
        // Nothing ever comes from there, but it is open.
        let (_open, from_link) = channel(1);
        show(options, model, |_| (None, from_link), &OnScreen::default()).await
    })
}

fn in_runtime(dashboard: impl Future<Output = Outcome<Ending>>) -> Outcome<Ending> {
    let runtime = event_loop::runtime()?;
    let ended = runtime.block_on(dashboard);
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

async fn attach(options: Options, caps: Caps, connector: Connector) -> Outcome<Ending> {
    diagnostics::begin();
    let on_screen = OnScreen::default();
    let first = connector.reach(Questions::Asked, &on_screen).await;
    if let Err(failure) = &first {
        let remote = matches!(connector, Connector::Remote(_));
        if remote || is_for_good(failure) || matches!(failure.class, Class::Permission | Class::Security) {
            return Err(failure.clone());
        }
    }
    let mut model = Model::new(caps, terminal::size(), Timestamp::now());
    model.read_only = options.read_only;
    let link = |screen: &OnScreen| {
        let (link, from_link) = Link::begin(connector, first, screen.clone());
        (Some(link), from_link)
    };
    show(options, model, link, &on_screen).await
}

/// Takes the terminal, begins the link, and runs until somebody ends it.
async fn show(
    options: Options,
    mut model: Model,
    link: impl FnOnce(&OnScreen) -> (Option<Link>, Receiver<Msg>),
    on_screen: &OnScreen,
) -> Outcome<Ending> {
    let signals = Signals::listen();
    on_screen.begin();
    terminal::write_colors_as_drawn();
    let mut guard = Guard::enter()?;
    let (link, from_link) = link(on_screen);
    let (to_app, from_terminal) = unbounded_channel();
    let keys = to_app.clone();
    let input = Input::start(move |event| match input::message(event) {
        Some(message) => keys.send(Event::Msg(message)).is_ok(),
        None => true,
    });
    let hangup = to_app.clone();
    terminal::when_gone(move || drop(hangup.send(Event::Signal(Signal::End(signals::Signal::Hangup)))));
    if let Some(captions) = options.captions {
        captioned(captions, to_app);
    }

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
