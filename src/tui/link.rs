//! The way to the service, as a task of its own: it connects, subscribes where the view is, hands
//! requests over and answers back, and begins anew when the connection ends, for ever.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::sync::mpsc::{Receiver, Sender, UnboundedReceiver, UnboundedSender, channel, unbounded_channel};

use super::answer;
use super::model::Ticket;
use super::msg::Msg;
use crate::control::protocol::{Subscribe, Subscribed};
use crate::control::{Client, Connection, Notice, Request};
use crate::host::ssh::{End, Process, Questions, Ssh};
use crate::model::{Class, Failure, Outcome, Timestamp};

/// Messages that wait for the screen; more make the link wait, and the service drop lines.
const WAITING: usize = 1_024;
/// The first pause before another try, and the longest.
const SHORTEST: Duration = Duration::from_millis(100);
const LONGEST: Duration = Duration::from_secs(2);
/// Another version of the program will not be there in a moment.
const OTHER_PROTOCOL: Duration = Duration::from_secs(10);
/// How long a user may take to answer ssh, and ssh without a user.
const WITH_USER: Duration = Duration::from_secs(600);
const WITHOUT_USER: Duration = Duration::from_secs(30);
/// What ssh ends with when it could not get there itself.
const SSH_FAILED: i32 = 255;
/// What a shell says of a program that is not there.
const NO_PROGRAM: i32 = 127;
/// What this program ends with where the service does not let the user in.
const NOT_PERMITTED: i32 = 5;
/// Notices that are handed over as one message at most.
const TOGETHER: usize = 256;

/// How the service is reached, again and again.
#[derive(Debug, Clone)]
pub enum Connector {
    /// Over its socket on this machine.
    Local(PathBuf),
    /// Over ssh, where `attach --stdio` leads to its socket.
    Remote(Ssh),
}

/// The asking end of the link.
pub struct Link {
    asks: UnboundedSender<(Ticket, Request)>,
}

/// A connection, and the process that carries it.
pub struct Reached {
    connection: Connection,
    process: Option<Process>,
}

/// While the screen is ours, nothing may be written to standard error.
#[derive(Debug, Clone, Default)]
pub struct OnScreen(Arc<AtomicBool>);

impl OnScreen {
    /// From now on the screen is ours.
    pub fn begin(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// The screen is given back.
    pub fn end(&self) {
        self.0.store(false, Ordering::Relaxed);
    }

    /// A line of ssh: to the user while there is no screen, else to the diagnostics.
    fn say(&self, line: &str) {
        use std::io::Write as _;
        if self.0.load(Ordering::Relaxed) {
            tracing::warn!(target: "ssh", "{line}");
        } else {
            // Nobody may be there to read it.
            drop(writeln!(std::io::stderr(), "{line}"));
        }
    }
}

impl Connector {
    /// Reaches the service once.
    ///
    /// # Errors
    /// As [`Client::connect`]; over ssh also what ssh says.
    pub async fn reach(&self, questions: Questions, screen: &OnScreen) -> Outcome<Reached> {
        let program = env!("CARGO_PKG_VERSION");
        match self {
            Self::Local(socket) => {
                Ok(Reached { connection: Client::connect(socket, program).await?, process: None })
            }
            Self::Remote(ssh) => {
                let screen = screen.clone();
                let session = ssh.start(questions, move |line| screen.say(line))?;
                let patience = if questions == Questions::Asked { WITH_USER } else { WITHOUT_USER };
                match Client::over(session.reader, session.writer, program, patience).await {
                    Ok(connection) => Ok(Reached { connection, process: Some(session.process) }),
                    Err(failure) if is_for_good(&failure) => Err(failure),
                    Err(failure) => Err(explained(session.process.end().await, failure)),
                }
            }
        }
    }
}

/// Why a connection over ssh failed with `failure`: what ssh or the program there said counts more.
fn explained(end: End, failure: Failure) -> Failure {
    let End { host, code, last } = end;
    let told = match code {
        Some(SSH_FAILED) => Failure::new(Class::Unreachable, format!("ssh does not get to {host}"))
            .hint(format!("see whether `ssh {host}` works")),
        Some(NO_PROGRAM) => {
            Failure::new(Class::Unreachable, format!("there is no `sentinel-updater` on {host}"))
                .hint("install it there, on the PATH that ssh gives to commands")
        }
        Some(NOT_PERMITTED) => {
            Failure::new(Class::Permission, format!("the updater on {host} does not let this user in"))
                .hint("log in as root, or as a member of the group that `control.group` names there")
        }
        Some(_) => Failure::new(Class::Unreachable, format!("the updater on {host} is not reached"))
            .hint(format!("`ssh {host} sentinel-updater status` tells more")),
        None => return failure.context(format!("cannot reach the updater on {host}")),
    };
    if last.is_empty() { told.cause(failure.what) } else { told.cause(last) }
}

/// The service speaks another protocol.
pub fn is_for_good(failure: &Failure) -> bool {
    failure.class == Class::Usage
}

impl Link {
    /// Begins; `first` is the connection that is there already, or why there is none. Messages come out of
    /// the receiver.
    pub fn begin(connector: Connector, first: Outcome<Reached>, screen: OnScreen) -> (Self, Receiver<Msg>) {
        let (asks, asked) = unbounded_channel();
        let (messages, received) = channel(WAITING);
        let task = Task { connector, screen, asked, messages, position: Subscribe::default() };
        tokio::spawn(task.run(first));
        (Self { asks }, received)
    }

    /// Sends a request; its answer comes as a message with `ticket`.
    pub fn send(&self, ticket: Ticket, request: Request) {
        // The task lives as long as this end does.
        drop(self.asks.send((ticket, request)));
    }
}

struct Task {
    connector: Connector,
    screen: OnScreen,
    asked: UnboundedReceiver<(Ticket, Request)>,
    messages: Sender<Msg>,
    /// Where the view is.
    position: Subscribe,
}

/// Nobody takes messages any more.
struct Over;

impl Task {
    async fn run(mut self, first: Outcome<Reached>) {
        let mut next = first;
        let mut pause = Pause::default();
        loop {
            let failure = match next {
                Ok(reached) => {
                    pause = Pause::default();
                    match self.session(reached).await {
                        Ok(failure) => failure,
                        Err(Over) => return,
                    }
                }
                Err(failure) => failure,
            };
            if self.lost(failure, &mut pause).await.is_err() {
                return;
            }
            next = self.connector.reach(Questions::Refused, &self.screen).await;
        }
    }

    /// From hello to the end of the connection; says why it ended.
    async fn session(&mut self, reached: Reached) -> Result<Failure, Over> {
        let Reached { connection, process } = reached;
        let Connection { client, welcome, mut notices } = connection;
        self.tell(Msg::Connected(Box::new(welcome))).await?;
        let failure = match self.subscribe(&client).await? {
            Err(failure) => failure,
            Ok(()) => loop {
                tokio::select! {
                    asked = self.asked.recv() => {
                        let (ticket, request) = asked.ok_or(Over)?;
                        self.ask(&client, ticket, request);
                    }
                    heard = notices.next() => match heard {
                        Ok(notice) => {
                            let mut batch = vec![notice];
                            // The end of the connection is told once more.
                            while batch.len() < TOGETHER
                                && let Some(Ok(notice)) = notices.try_next()
                            {
                                batch.push(notice);
                            }
                            self.hand_over(batch).await?;
                        }
                        Err(failure) => break failure,
                    },
                }
            },
        };
        Ok(match process {
            Some(process) => explained(process.end().await, failure),
            None => failure,
        })
    }

    async fn subscribe(&mut self, client: &Client) -> Result<Outcome<()>, Over> {
        let subscribed: Outcome<Subscribed> = client.ask(&Request::Subscribe(self.position.clone())).await;
        match subscribed {
            Err(failure) => Ok(Err(failure)),
            Ok(Subscribed { epoch, view }) => {
                self.position.epoch = Some(epoch.clone());
                if let Some(view) = view {
                    self.position.from = view.seq;
                    self.tell(Msg::View(Box::new(view), epoch)).await?;
                }
                Ok(Ok(()))
            }
        }
    }

    fn ask(&self, client: &Client, ticket: Ticket, request: Request) {
        let (client, messages) = (client.clone(), self.messages.clone());
        tokio::spawn(async move {
            let answered = client.send(&request).await;
            // The dashboard may have been left meanwhile.
            drop(messages.send(answer::message(ticket, &request, answered)).await);
        });
    }

    /// Notices as messages, events that follow one another as one.
    async fn hand_over(&mut self, batch: Vec<Notice>) -> Result<(), Over> {
        let mut events = Vec::new();
        for notice in batch {
            let other = match notice {
                Notice::Event(event) => {
                    self.position.from = self.position.from.max(event.seq);
                    events.push(*event);
                    continue;
                }
                Notice::Dropped(dropped) => Msg::Dropped(dropped.count),
                Notice::Resync(view) => {
                    self.position.from = view.seq;
                    Msg::View(view, self.position.epoch.clone().unwrap_or_default())
                }
                Notice::Log(lines) => Msg::Log(lines),
            };
            if !events.is_empty() {
                self.tell(Msg::Events(std::mem::take(&mut events))).await?;
            }
            self.tell(other).await?;
        }
        if events.is_empty() { Ok(()) } else { self.tell(Msg::Events(events)).await }
    }

    /// Says that the service is not reached, and waits before the next try.
    async fn lost(&mut self, failure: Failure, pause: &mut Pause) -> Result<(), Over> {
        let time = if is_for_good(&failure) { OTHER_PROTOCOL } else { pause.next() };
        tracing::debug!(target: "link", "{failure}; tried again in {time:?}");
        let message = match is_for_good(&failure) {
            true => Msg::Incompatible(Box::new(failure.clone())),
            false => Msg::Lost { failure: Box::new(failure.clone()), retry_at: Timestamp::now() + time },
        };
        self.tell(message).await?;
        let wait = tokio::time::sleep(time);
        tokio::pin!(wait);
        loop {
            tokio::select! {
                () = &mut wait => return Ok(()),
                asked = self.asked.recv() => {
                    let (ticket, _) = asked.ok_or(Over)?;
                    self.tell(Msg::Answer(ticket, Err(Box::new(failure.clone())))).await?;
                }
            }
        }
    }

    async fn tell(&self, message: Msg) -> Result<(), Over> {
        self.messages.send(message).await.map_err(|_| Over)
    }
}

/// How long to wait before the next try: longer each time, and not the same for everybody.
#[derive(Debug, Default)]
struct Pause {
    tries: u32,
}

impl Pause {
    fn next(&mut self) -> Duration {
        let full = (SHORTEST * 2_u32.pow(self.tries.min(10))).min(LONGEST);
        self.tries += 1;
        // Between three quarters and the whole; the clock's last digits are random enough for that.
        let dice = u32::try_from(Timestamp::now().subsec_nanosecond() / 1_000 % 250).unwrap_or(0);
        full - full * dice / 1_000
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_ssh_says_counts_more_than_the_connection_that_broke() {
        let failure = || Failure::new(Class::Unreachable, "it closed the connection");
        for (code, last, class, text) in [
            (Some(255), "no route", Class::Unreachable, "ssh does not get to there: no route"),
            (Some(127), "", Class::Unreachable, "no `sentinel-updater` on there: it closed the connection"),
            (Some(5), "error: no", Class::Permission, "on there does not let this user in: error: no"),
            (Some(4), "error: gone", Class::Unreachable, "on there is not reached: error: gone"),
            (None, "x", Class::Unreachable, "cannot reach the updater on there: it closed the connection"),
        ] {
            let told = explained(End { host: "there".into(), code, last: last.into() }, failure());
            assert_eq!(told.class, class, "{told}");
            assert!(told.line().contains(text), "{told}");
        }
    }

    #[test]
    fn pauses_grow_to_two_seconds() {
        let mut pause = Pause::default();
        for full in [100, 200, 400, 800, 1600, 2000, 2000] {
            let time = pause.next().as_millis();
            assert!(time <= full && time >= full * 3 / 4, "{time} of {full}");
        }
    }
}
