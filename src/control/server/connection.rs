//! One client: its requests in, answers and notices out.
//!
//! A single task that waits for whatever comes first. Answers are made in tasks of their own, so that a slow one
//! delays nobody; notices wait in the client's queue until there is room to write them.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::super::codec::{self, Fault, Frame, Frames, Id, Parsed};
use super::super::endpoint::{Peer, Rules};
use super::super::protocol::{Dropped, Hello, Log, Logs, PROTOCOL, REQUEST_LIMIT, Subscribe};
use super::super::queue::Next;
use super::super::{Notice, Queue, Request, Role, Service, value};
use super::calls::{self, Made};
use super::outbox::Outbox;
use super::rate::{Rate, Turn};
use super::words;
use crate::model::Outcome;

/// How long a client may say nothing.
#[derive(Debug, Clone, Copy)]
struct Silence {
    /// Until it says `hello`.
    first: Duration,
    /// Until it asks something, unless it subscribed or follows a log.
    idle: Duration,
}

const SILENCE: Silence = Silence { first: Duration::from_secs(2), idle: Duration::from_secs(60) };
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
    silence: Silence,
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
            silence: SILENCE,
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
    pub(super) async fn run(mut self, stream: impl AsyncRead + AsyncWrite + Unpin) {
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
            Stage::New => Some(self.asked + self.silence.first),
            _ if self.subscribed || !self.followed.is_empty() || !self.answers.is_empty() => None,
            _ => Some(self.asked + self.silence.idle),
        }
    }

    fn late(&mut self) {
        let fault = match self.stage {
            Stage::New => words::no_hello(self.silence.first),
            _ => words::idle(self.silence.idle),
        };
        self.dismiss(None, &fault);
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
                calls::log(&self.peer, &request, Err(&failure));
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
        self.answer(id, value(&self.service.welcome(role)));
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
        self.answer(id, value(&subscribed));
    }

    fn logs(&mut self, id: Id, logs: Logs) {
        self.followed.retain(|log| *log != logs.log);
        if logs.follow {
            self.followed.push(logs.log);
        }
        self.tails += 1;
        let (service, queue) = (self.service.clone(), self.queue.clone());
        self.answers.spawn(async move {
            let answer = service.logs(&logs, &queue).await.and_then(|tail| value(&tail));
            Made { id, request: Request::Logs(logs), answer }
        });
    }

    fn call(&mut self, id: Id, request: Request, role: Role) {
        let (service, peer) = (self.service.clone(), self.peer.clone());
        self.answers.spawn(calls::make(service, peer, role, id, request));
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
            // Only events are never dropped, so that only who subscribed to them comes here.
            Next::Resync => {
                let view = self.service.resync(&self.queue);
                self.notice(&Notice::Resync(Box::new(view)));
            }
            Next::Closed => self.stage = Stage::Closing,
        }
    }

    fn notice(&mut self, notice: &Notice) {
        self.outbox.push(&codec::notice(notice).text);
    }
}

async fn until(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => tokio::time::sleep_until(deadline).await,
        None => std::future::pending().await,
    }
}

#[cfg(test)]
mod tests {
    use std::pin::Pin;

    use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, DuplexStream};

    use super::super::super::protocol::{LogTail, Subscribed, Welcome};
    use super::super::super::{Caller, Reply, endpoint::Access, endpoint::Listener};
    use super::*;
    use crate::model::View;

    /// Answers everything with null, except `check`, which it never answers.
    struct Mute;

    impl Service for Mute {
        fn welcome(&self, role: Role) -> Welcome {
            let empty = String::new;
            Welcome {
                protocol: PROTOCOL,
                program: empty(),
                epoch: empty(),
                role,
                host: empty(),
                service: empty(),
                module: empty(),
            }
        }

        fn subscribe(&self, _: &Subscribe, _: &Arc<Queue>) -> Subscribed {
            Subscribed { epoch: String::new(), view: None }
        }

        fn resync(&self, _: &Arc<Queue>) -> View {
            View::default()
        }

        fn logs<'a>(&'a self, _: &'a Logs, _: &'a Arc<Queue>) -> Reply<'a, LogTail> {
            Box::pin(async { Ok(LogTail::default()) })
        }

        fn call<'a>(&'a self, _: &'a Caller, request: Request) -> Reply<'a, Value> {
            match request {
                Request::Check => Box::pin(std::future::pending()),
                _ => Box::pin(async { Ok(Value::Null) }),
            }
        }
    }

    /// What a client hears that says these lines and then nothing; `None`: it is not sent away in time.
    fn heard(lines: &[&str], within: Duration) -> Option<String> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let folder = tempfile::tempdir().expect("a folder");
        let (listener, _) =
            Listener::bind(&folder.path().join("socket"), &Access::default()).expect("a listener");
        let (_ending, ends) = watch::channel(false);
        let peer = Peer { uid: 0, groups: Vec::new(), pid: None };
        let mut connection = Connection::new(peer, Arc::new(Mute), listener.gate().watch(), ends);
        connection.silence = Silence { first: Duration::from_millis(20), idle: Duration::from_millis(40) };
        runtime.block_on(async {
            let (ours, theirs) = tokio::io::duplex(4096);
            let client: Pin<Box<dyn Future<Output = String>>> = Box::pin(talk(ours, lines));
            let both = async { tokio::join!(connection.run(theirs), client).1 };
            tokio::time::timeout(within, both).await.ok()
        })
    }

    /// The last line that the client hears.
    async fn talk(stream: DuplexStream, lines: &[&str]) -> String {
        let mut stream = BufReader::new(stream);
        for line in lines {
            stream
                .write_all(format!("{{\"jsonrpc\":\"2.0\",\"id\":1,{line}}}\n").as_bytes())
                .await
                .expect("written");
        }
        let (mut last, mut line) = (String::new(), String::new());
        while stream.read_line(&mut line).await.expect("read") > 0 {
            last = std::mem::take(&mut line);
        }
        last
    }

    const HELLO: &str = r#""method":"hello""#;

    #[test]
    fn who_is_silent_is_sent_away_unless_there_is_something_to_wait_for() {
        let (long, short) = (Duration::from_secs(20), Duration::from_millis(200));
        assert!(heard(&[], long).expect("closed").contains("no `hello` within"));
        assert!(heard(&[HELLO], long).expect("closed").contains("nothing was asked for"));
        assert!(heard(&[HELLO, r#""method":"status""#], long).expect("closed").contains("nothing was asked"));
        for waits in
            [r#""method":"subscribe""#, r#""method":"check""#, r#""method":"logs","params":{"follow":true}"#]
        {
            assert_eq!(heard(&[HELLO, waits], short), None, "{waits}");
        }
        let unfollows = r#""method":"logs","params":{"follow":false}"#;
        let follows = r#""method":"logs","params":{"follow":true}"#;
        assert!(heard(&[HELLO, follows, unfollows], long).expect("closed").contains("nothing was asked"));
    }
}
