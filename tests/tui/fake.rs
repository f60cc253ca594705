//! A service that is made up, on a real socket: it tells what it is told to, and remembers what it was asked.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::thread::JoinHandle;

use sentinel_updater::control::protocol::{
    Begun, LogLines, LogTail, Logs, PROTOCOL, Subscribe, Subscribed, Was, Welcome,
};
use sentinel_updater::control::{
    Access, Caller, Listener, Notice, Queue, Reply, Request, Role, Service, codec, serve,
};
use sentinel_updater::model::status::{AgentLife, AgentStatus, Latest, Paused, State, Status};
use sentinel_updater::model::{
    By, Event, EventKind, Failure, Run, RunKind, StepId, StepStatus, Timestamp, Verdict, VersionRow, View,
};
use serde_json::{Value, json};
use tokio::sync::oneshot;

/// The service; it ends when this is dropped.
pub(crate) struct Fake {
    desk: Arc<Desk>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

struct Desk {
    protocol: u32,
    inner: Mutex<Inner>,
}

struct Inner {
    epoch: String,
    view: View,
    queues: Vec<Weak<Queue>>,
    logs: Vec<(Weak<Queue>, sentinel_updater::control::protocol::Log)>,
    asked: Vec<Request>,
}

fn now() -> Timestamp {
    Timestamp::now()
}

impl Fake {
    /// Starts at `socket`, whose folder is there.
    pub(crate) fn start(socket: &Path) -> Self {
        Self::speaking(socket, PROTOCOL)
    }

    /// The same with another version of the protocol.
    pub(crate) fn speaking(socket: &Path, protocol: u32) -> Self {
        let inner = Inner {
            epoch: format!("epoch {}", now()),
            view: View::new(status(), 1),
            queues: Vec::new(),
            logs: Vec::new(),
            asked: Vec::new(),
        };
        let desk = Arc::new(Desk { protocol, inner: Mutex::new(inner) });
        let (listener, _) =
            Listener::bind(socket, &Access { group: String::new(), viewers: true }).expect("bound");
        let (stop, stopped) = oneshot::channel::<()>();
        let service: Arc<dyn Service> = desk.clone();
        let thread = std::thread::spawn(move || {
            let runtime =
                tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(serve(listener, service, async { drop(stopped.await) })).expect("served");
        });
        Self { desk, stop: Some(stop), thread: Some(thread) }
    }

    /// Tells everybody that something happened.
    pub(crate) fn emit(&self, kind: EventKind) {
        self.desk.lock().emit(kind);
    }

    /// Tells those who follow a log.
    pub(crate) fn log(&self, log: sentinel_updater::control::protocol::Log, lines: &[&str]) {
        let inner = self.desk.lock();
        let lines = LogLines { log, at: now(), lines: lines.iter().map(|line| (*line).to_owned()).collect() };
        let line = codec::notice(&Notice::Log(lines));
        for (queue, _) in inner.logs.iter().filter(|(_, followed)| *followed == log) {
            if let Some(queue) = queue.upgrade() {
                queue.push(line.clone());
            }
        }
    }

    /// What it was asked to change, in order.
    pub(crate) fn asked(&self) -> Vec<Request> {
        self.desk.lock().asked.iter().filter(|request| request.steers()).cloned().collect()
    }

    /// An update begins by itself.
    pub(crate) fn update_begins(&self) {
        drop(self.desk.lock().begin(RunKind::Update, "v1.5.0"));
    }

    /// Ends a run as an update would.
    pub(crate) fn update_ends(&self) {
        let mut inner = self.desk.lock();
        let Some(mut run) = inner.view.status.run.clone() else { panic!("no run is under way") };
        for step in StepId::ALL {
            inner.emit(EventKind::StepStarted { step });
            inner.emit(EventKind::StepEnded { step, status: StepStatus::Done, took_ms: Some(3), note: None });
            run.step_ended(step, StepStatus::Done, Some(3), None);
        }
        run.verdict = Some(Verdict::Updated);
        run.took_ms = Some(41_000);
        run.downtime_ms = Some(180);
        inner.emit(EventKind::RunEnded { run });
        let agent = AgentStatus { version: Some("v1.5.0".into()), ..status().agent };
        inner.emit(EventKind::AgentSeen { agent });
        let latest = Latest { update_available: false, ..status().latest };
        inner.emit(EventKind::Checked { latest });
        inner.emit(EventKind::StateChanged { state: State::Idle });
    }
}

impl Drop for Fake {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // It has nothing to tell but its end.
            let _ = thread.join();
        }
    }
}

impl Desk {
    fn lock(&self) -> std::sync::MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn emit(&mut self, kind: EventKind) {
        let event = Event { seq: self.view.seq + 1, at: now(), kind };
        self.view.apply(&event);
        let line = codec::event(&event);
        self.queues.retain(|queue| queue.strong_count() > 0);
        self.queues.iter().filter_map(Weak::upgrade).for_each(|queue| queue.push(line.clone()));
    }

    fn begin(&mut self, kind: RunKind, to: &str) -> Begun {
        let mut run = Run::new("20261124T031500Z-1a2b".into(), kind, By::Uid(0), now());
        run.from = self.view.status.agent.version.clone();
        run.to = Some(to.into());
        let id = run.id.clone();
        self.emit(EventKind::StateChanged { state: State::Building });
        self.emit(EventKind::RunStarted { run });
        self.emit(EventKind::StepStarted { step: StepId::Check });
        Begun { run: Some(id), nothing: None }
    }
}

/// A service at rest, with a new version on offer.
fn status() -> Status {
    let mut status = Status::default();
    status.updater.version = "0.1.0".into();
    status.updater.pid = Some(812);
    status.updater.started_at = Some(now());
    status.updater.state = State::Idle;
    status.updater.manager = "systemd".into();
    status.agent = AgentStatus {
        service: "sentinelgo".into(),
        state: AgentLife::Running,
        pid: Some(4121),
        version: Some("v1.4.2".into()),
        binary: "/usr/local/bin/sentinel".into(),
        since: Some(now()),
        ..AgentStatus::default()
    };
    status.latest = Latest {
        version: Some("v1.5.0".into()),
        checked_at: Some(now()),
        update_available: true,
        ..Latest::default()
    };
    status
}

fn versions() -> Vec<VersionRow> {
    let row = |version: &str, installed, kept| VersionRow {
        version: version.into(),
        installed,
        kept,
        staged: false,
        held: false,
        available: true,
        retracted: Some(false),
        commit_time: None,
        schema_differs: None,
        snapshot_at: None,
        first_seen_at: None,
    };
    vec![row("v1.5.0", false, false), row("v1.4.2", true, true), row("v1.4.1", false, true)]
}

fn json(value: impl serde::Serialize) -> Result<Value, Failure> {
    Ok(serde_json::to_value(value).expect("JSON"))
}

impl Service for Desk {
    fn welcome(&self, role: Role) -> Welcome {
        Welcome {
            protocol: self.protocol,
            program: "0.1.0".into(),
            epoch: self.lock().epoch.clone(),
            role,
            host: "host-01".into(),
            service: "sentinelgo-updater".into(),
            module: "example.test/agent".into(),
        }
    }

    fn subscribe(&self, position: &Subscribe, queue: &Arc<Queue>) -> Subscribed {
        let mut inner = self.lock();
        inner.queues.retain(|known| known.upgrade().is_some_and(|known| !Arc::ptr_eq(&known, queue)));
        inner.queues.push(Arc::downgrade(queue));
        let is_there = position.epoch.as_ref() == Some(&inner.epoch) && position.from == inner.view.seq;
        Subscribed { epoch: inner.epoch.clone(), view: (!is_there).then(|| inner.view.clone()) }
    }

    fn resync(&self, queue: &Arc<Queue>) -> View {
        let inner = self.lock();
        while queue.take().is_some() {}
        inner.view.clone()
    }

    fn logs<'a>(&'a self, request: &'a Logs, queue: &'a Arc<Queue>) -> Reply<'a, LogTail> {
        Box::pin(async move {
            if request.follow {
                self.lock().logs.push((Arc::downgrade(queue), request.log));
            }
            let line = format!("2026-11-24T10:00:00Z INFO updater: the tail of {:?}", request.log);
            Ok(LogTail { lines: vec![line], source: Some("/log".into()) })
        })
    }

    fn call<'a>(&'a self, caller: &'a Caller, request: Request) -> Reply<'a, Value> {
        let _ = caller;
        Box::pin(async move {
            let mut inner = self.lock();
            inner.asked.push(request.clone());
            match request {
                Request::Update(update) => {
                    let to = update.version.map_or("v1.5.0".to_owned(), |version| version.to_string());
                    json(inner.begin(RunKind::Update, &to))
                }
                Request::Rollback(rollback) => {
                    let to = rollback.version.unwrap_or_else(|| "v1.4.1".into());
                    json(inner.begin(RunKind::Rollback, &to))
                }
                Request::Pause(_) => {
                    let paused = Paused { since: now(), until: None, reason: None, by: "uid 0".into() };
                    inner.emit(EventKind::PausedChanged { paused: Some(paused.clone()) });
                    json(paused)
                }
                Request::Resume => {
                    let was = inner.view.status.updater.paused.is_some();
                    inner.emit(EventKind::PausedChanged { paused: None });
                    json(Was { was })
                }
                Request::Check => json(&inner.view.status.latest),
                Request::History(_) => json(Vec::<Run>::new()),
                Request::Versions => json(versions()),
                Request::Status => json(&inner.view.status),
                Request::Hold(_) | Request::Unhold(_) => json(Was { was: false }),
                Request::Plan(_) => Ok(json!({
                    "installed": "v1.4.2", "target": "v1.5.0", "current": false, "gates": [], "steps": [],
                    "declared_changes": null, "staged": false, "expected_downtime_ms": 200,
                })),
                _ => Ok(json!({})),
            }
        })
    }
}
