//! One client: its requests in, answers and notices out.
//!
//! A single task that waits for whatever comes first. Answers are made in tasks of their own, so that a slow one
//! delays nobody; notices wait in the client's queue until there is room to write them.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::super::codec::{self, Fault, Frame, Frames, Id, Parsed};
use super::super::endpoint::{Peer, Rules};
use super::super::protocol::{Dropped, Hello, Log, Logs, PROTOCOL, REQUEST_LIMIT, Subscribe};
use super::super::queue::Next;
use super::super::{Caller, Notice, Queue, Request, Role, Service};
use super::outbox::Outbox;
use super::rate::{Rate, Turn};
use super::words;
use crate::model::{Failure, Outcome};

/// How long a client may take to say `hello`.
const GREETING: Duration = Duration::from_secs(2);
/// How long a client may ask nothing, unless it subscribed or follows a log.
const IDLE: Duration = Duration::from_secs(60);
/// Requests of one client that are being answered at once. More are not read until then.
const AT_ONCE: usize = 16;

/// Where a connection is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// Before `hello`.
    New,
    /// The client speaks our protocol.
    Open,
    /// It speaks another one: it may say `hello` and ask for the status.
    Foreign(u32),
    /// No more requests; what is to be written is.
    Closing,
}

/// An answer that has been made.
struct Made {
    id: Id,
    request: Request,
    answer: Outcome<Value>,
}

/// What can happen to a connection.
enum Happens {
    Readable(std::io::Result<usize>),
    Written(std::io::Result<()>),
    Answered(Option<Made>),
    Queued(Next),
    OtherRules,
    Ends,
    Late,
}

pub(super) struct Connection {
    peer: Peer,
    service: Arc<dyn Service>,
    rules: watch::Receiver<Rules>,
    ends: watch::Receiver<bool>,
    stage: Stage,
    rate: Rate,
    /// When the client last asked something.
    asked: Instant,
    frames: Frames,
    outbox: Outbox,
    answers: JoinSet<Made>,
    queue: Arc<Queue>,
    subscribed: bool,
    followed: Vec<Log>,
    /// Answers about logs that are being made: their lines come after them.
    tails: usize,
    /// A refusal to steer was logged: once is enough.
    refused: bool,
}

impl Connection {
    pub(super) fn new(
        peer: Peer,
        service: Arc<dyn Service>,
        rules: watch::Receiver<Rules>,
        ends: watch::Receiver<bool>,
    ) -> Self {
        let now = Instant::now();
        Self {
            peer,
            service,
            rules,
            ends,
            stage: Stage::New,
            rate: Rate::new(now),
            asked: now,
            frames: Frames::new(REQUEST_LIMIT),
            outbox: Outbox::new(now),
            answers: JoinSet::new(),
            queue: Queue::new(),
            subscribed: false,
            followed: Vec::new(),
            tails: 0,
            refused: false,
        }
    }

    /// Serves the client until it leaves, does not read, or is sent away.
    pub(super) async fn run(mut self, stream: super::Stream) {
        let (mut reader, mut writer) = tokio::io::split(stream);
        loop {
            self.requests();
            if self.stage == Stage::Closing && self.outbox.is_empty() {
                break;
            }
            let open = self.stage != Stage::Closing;
            let streams = self.subscribed || !self.followed.is_empty();
            let deadline = self.deadline();
            let happens = tokio::select! {
                biased;
                written = self.outbox.write(&mut writer), if !self.outbox.is_empty() => Happens::Written(written),
                _ = self.ends.wait_for(|ends| *ends), if open => Happens::Ends,
                Ok(()) = self.rules.changed(), if open => Happens::OtherRules,
                Some(made) = self.answers.join_next(), if open => Happens::Answered(made.ok()),
                read = self.frames.fill(&mut reader), if open && self.has_room() => Happens::Readable(read),
                next = self.queue.next(), if open && streams && self.tails == 0 && !self.outbox.is_full() =>
                    Happens::Queued(next),
                () = until(deadline), if open && deadline.is_some() => Happens::Late,
            };
            match happens {
                Happens::Readable(Ok(0) | Err(_)) | Happens::Written(Err(_)) => break,
                Happens::Readable(Ok(_)) | Happens::Written(Ok(())) => {}
                Happens::Answered(made) => self.answered(made),
                Happens::Queued(next) => self.queued(next),
                Happens::OtherRules => drop(self.role()),
                Happens::Ends => self.farewell(),
                Happens::Late => self.late(),
            }
        }
        self.queue.close();
    }

    /// Whether another request may be read: what is asked is bounded by what is answered and read.
    fn has_room(&self) -> bool {
        self.answers.len() < AT_ONCE && !self.outbox.is_full()
    }

    /// When the client is too late.
    fn deadline(&self) -> Option<Instant> {
        match self.stage {
            Stage::New => Some(self.asked + GREETING),
            _ if self.subscribed || !self.followed.is_empty() || !self.answers.is_empty() => None,
            _ => Some(self.asked + IDLE),
        }
    }

    fn late(&mut self) {
        let new = self.stage == Stage::New;
        self.dismiss(None, &if new { words::no_hello(GREETING) } else { words::idle(IDLE) });
    }

    /// Says why, and then no more.
    fn dismiss(&mut self, id: Option<&Id>, fault: &Fault) {
        self.outbox.push(&codec::fault(id, fault));
        self.stage = Stage::Closing;
    }

    /// What waits for the client goes out while there is time.
    fn farewell(&mut self) {
        self.stage = Stage::Closing;
        while let Some(next @ (Next::Line(_) | Next::Dropped(_))) = self.queue.take() {
            self.say(next);
        }
    }

    /// What the client may do by the rules of now. A client that may do nothing any more is sent away.
    fn role(&mut self) -> Option<Role> {
        let role = self.rules.borrow_and_update().role(&self.peer);
        match role {
            Ok(role) => Some(role),
            Err(failure) => {
                self.dismiss(None, &failure.into());
                None
            }
        }
    }

    /// Takes up what has been read.
    fn requests(&mut self) {
        while self.stage != Stage::Closing && self.has_room() {
            let Some(frame) = self.frames.next() else { return };
            self.asked_at(Instant::now());
            let turn = self.rate.take(Instant::now());
            if turn == Turn::Never {
                return self.dismiss(None, &words::much_too_fast());
            }
            let parsed = match frame {
                Frame::Line(line) => codec::parse(&line),
                Frame::TooLong => Parsed::Bad(None, words::too_long()),
                Frame::NotText => Parsed::Bad(None, words::not_text()),
            };
            match (parsed, turn) {
                (Parsed::Notification, _) => {}
                (Parsed::Request(id, _), Turn::In(wait)) | (Parsed::Bad(Some(id), _), Turn::In(wait)) => {
                    self.fault(Some(&id), words::too_fast(wait));
                }
                (Parsed::Bad(id, fault), _) => self.fault(id.as_ref(), fault),
                (Parsed::Request(id, request), _) => self.request(id, request),
            }
        }
    }

    /// Before `hello` the time runs from the connection's begin, whatever is said instead.
    fn asked_at(&mut self, now: Instant) {
        if self.stage != Stage::New {
            self.asked = now;
        }
    }

    fn fault(&mut self, id: Option<&Id>, fault: impl Into<Fault>) {
        self.outbox.push(&codec::fault(id, &fault.into()));
    }

    fn answer(&mut self, id: &Id, answer: Outcome<Value>) {
        match answer {
            Ok(result) => self.outbox.push(&codec::answer(id, &result)),
            Err(failure) => self.fault(Some(id), failure),
        }
    }

    fn request(&mut self, id: Id, request: Request) {
        let Some(role) = self.role() else { return };
        match (self.stage, &request) {
            (Stage::New, Request::Hello(hello)) => return self.hello(&id, hello, role),
            (Stage::New, _) => return self.dismiss(Some(&id), &words::hello_first()),
            (_, Request::Hello(_)) => return self.fault(Some(&id), words::hello_twice()),
            (Stage::Foreign(_), Request::Status) => {}
            (Stage::Foreign(theirs), _) => {
                return self.fault(Some(&id), words::other_protocol(theirs, &request));
            }
            _ => {}
        }
        if request.steers() && role < Role::Operator {
            let failure = self.rules.borrow().only_looks(self.peer.uid, request.method());
            if !self.refused {
                self.refused = true;
                log(&self.peer, &request, Err(&failure));
            }
            return self.fault(Some(&id), failure);
        }
        match request {
            Request::Subscribe(position) => self.subscribe(&id, &position),
            Request::Logs(logs) => self.logs(id, logs),
            request => self.call(id, request, role),
        }
    }

    fn hello(&mut self, id: &Id, hello: &Hello, role: Role) {
        // 0: a client that does not say it, as one written by hand.
        let same = [0, PROTOCOL].contains(&hello.protocol);
        self.stage = if same { Stage::Open } else { Stage::Foreign(hello.protocol) };
        self.asked_at(Instant::now());
        self.answer(id, json(&self.service.welcome(role)));
    }

    /// The answer is in the outbox before the first line that the service queues: nothing is taken from the
    /// queue in between.
    fn subscribe(&mut self, id: &Id, position: &Subscribe) {
        // What was queued for an earlier position is not wanted any more.
        if self.subscribed && self.followed.is_empty() {
            self.queue.close();
            self.queue = Queue::new();
        }
        let subscribed = self.service.subscribe(position, &self.queue);
        self.subscribed = true;
        self.answer(id, json(&subscribed));
    }

    fn logs(&mut self, id: Id, logs: Logs) {
        self.followed.retain(|log| *log != logs.log);
        if logs.follow {
            self.followed.push(logs.log);
        }
        self.tails += 1;
        let (service, queue) = (self.service.clone(), self.queue.clone());
        self.answers.spawn(async move {
            let answer = service.logs(&logs, &queue).await.and_then(|tail| json(&tail));
            Made { id, request: Request::Logs(logs), answer }
        });
    }

    fn call(&mut self, id: Id, request: Request, role: Role) {
        let caller = Caller { uid: self.peer.uid, pid: self.peer.pid, role };
        let (service, peer) = (self.service.clone(), self.peer.clone());
        let asked = request.clone();
        let work = async move {
            let answer = service.call(&caller, request.clone()).await;
            if request.steers() {
                log(&peer, &request, answer.as_ref().map(drop));
            }
            answer
        };
        // In a task of its own, which a client that leaves does not end: what was begun is logged.
        let work = tokio::spawn(work);
        let keep = asked.steers();
        self.answers.spawn(async move {
            let mut guard = Abort { task: work.abort_handle(), armed: !keep };
            let answer = work.await.unwrap_or_else(|_| Err(words::broken(asked.method())));
            guard.armed = false;
            Made { id, request: asked, answer }
        });
    }

    fn answered(&mut self, made: Option<Made>) {
        // None: the task of the answer to `logs` broke, which is the service's fault; its client waits no longer.
        let Some(Made { id, request, answer }) = made else {
            return self.dismiss(None, &words::broken("logs").into());
        };
        self.asked = Instant::now();
        if let Request::Logs(logs) = &request {
            self.tails -= 1;
            if answer.is_err() {
                self.followed.retain(|log| *log != logs.log);
            }
        }
        self.answer(&id, answer);
    }

    /// Takes what waits in the queue, as much as goes into one write.
    fn queued(&mut self, first: Next) {
        let mut next = Some(first);
        while let Some(taken) = next {
            self.say(taken);
            let more = self.stage != Stage::Closing && !self.outbox.is_full();
            next = if more { self.queue.take() } else { None };
        }
    }

    fn say(&mut self, next: Next) {
        match next {
            Next::Line(line) => self.outbox.push(&line),
            Next::Dropped(count) => self.notice(&Notice::Dropped(Dropped { count })),
            Next::Resync if self.subscribed => {
                let view = self.service.resync(&self.queue);
                self.notice(&Notice::Resync(Box::new(view)));
            }
            Next::Resync => {}
            Next::Closed => self.stage = Stage::Closing,
        }
    }

    fn notice(&mut self, notice: &Notice) {
        self.outbox.push(&codec::notice(notice).text);
    }
}

/// Ends a task that nobody waits for any more.
struct Abort {
    task: tokio::task::AbortHandle,
    armed: bool,
}

impl Drop for Abort {
    fn drop(&mut self) {
        if self.armed {
            self.task.abort();
        }
    }
}

async fn until(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => tokio::time::sleep_until(deadline).await,
        None => std::future::pending().await,
    }
}

fn json(value: &impl serde::Serialize) -> Outcome<Value> {
    serde_json::to_value(value).map_err(|error| {
        Failure::new(crate::model::Class::Internal, "an answer cannot be written as JSON").because(&error)
    })
}

/// Who asked for what, and what came of it.
fn log(peer: &Peer, request: &Request, result: Result<(), &Failure>) {
    let (uid, method, params) = (peer.uid, request.method(), words::parameters(request));
    let pid = peer.pid.map(|pid| format!(", pid {pid}")).unwrap_or_default();
    match result {
        Ok(()) => tracing::info!(target: "updater::control", "{method}{params} by uid {uid}{pid}: done"),
        Err(failure) => {
            tracing::warn!(target: "updater::control", "{method}{params} by uid {uid}{pid}: {}", failure.line());
        }
    }
}
