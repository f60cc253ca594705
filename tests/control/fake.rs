//! A service that remembers what it was asked, with a small history of events.

use std::sync::{Arc, Mutex, Weak};

use sentinel_updater::control::protocol::{
    LogLines, LogTail, Logs, PROTOCOL, Subscribe, Subscribed, Welcome,
};
use sentinel_updater::control::{Caller, Notice, Queue, Reply, Request, Role, Service, codec};
use sentinel_updater::model::{Class, Event, EventKind, Failure, Timestamp, View};
use serde_json::{Value, json};

pub(crate) const EPOCH: &str = "first";

/// What the service is made of.
#[derive(Default)]
pub(crate) struct Fake {
    inner: Mutex<Inner>,
    /// Lets a `check` go on.
    pub(crate) go: tokio::sync::Notify,
}

#[derive(Default)]
struct Inner {
    view: View,
    events: Vec<Event>,
    queues: Vec<Weak<Queue>>,
    calls: Vec<(Caller, Request)>,
}

impl Fake {
    pub(crate) fn new() -> Arc<Self> {
        Arc::default()
    }

    /// Emits an event; `Output` may be dropped, `AlertCleared` may not.
    pub(crate) fn emit(&self, kind: EventKind) -> u64 {
        let mut inner = self.inner.lock().expect("whole");
        let event = Event { seq: inner.view.seq + 1, at: Timestamp::UNIX_EPOCH, kind };
        inner.view.apply(&event);
        let line = codec::event(&event);
        inner.queues.retain(|queue| queue.upgrade().is_some());
        inner.queues.iter().filter_map(Weak::upgrade).for_each(|queue| queue.push(line.clone()));
        inner.events.push(event);
        inner.view.seq
    }

    pub(crate) fn output(&self, line: &str) -> u64 {
        self.emit(EventKind::Output { line: line.into() })
    }

    pub(crate) fn matters(&self, id: &str) -> u64 {
        self.emit(EventKind::AlertCleared { id: id.into() })
    }

    pub(crate) fn calls(&self) -> Vec<(Caller, Request)> {
        self.inner.lock().expect("whole").calls.clone()
    }

    /// How many queues are registered.
    pub(crate) fn subscribers(&self) -> usize {
        self.inner.lock().expect("whole").queues.iter().filter(|queue| queue.strong_count() > 0).count()
    }
}

impl Service for Fake {
    fn welcome(&self, role: Role) -> Welcome {
        Welcome {
            protocol: PROTOCOL,
            program: "1.2.3".into(),
            epoch: EPOCH.into(),
            role,
            host: "host".into(),
            service: "updater".into(),
            module: "example.test/agent".into(),
        }
    }

    fn subscribe(&self, position: &Subscribe, queue: &Arc<Queue>) -> Subscribed {
        let mut inner = self.inner.lock().expect("whole");
        inner.queues.retain(|known| known.upgrade().is_some_and(|known| !Arc::ptr_eq(&known, queue)));
        inner.queues.push(Arc::downgrade(queue));
        let known = position.epoch.as_deref() == Some(EPOCH);
        if known {
            let missed = inner.events.iter().filter(|event| event.seq > position.from);
            missed.for_each(|event| queue.push(codec::event(event)));
        }
        Subscribed { epoch: EPOCH.into(), view: (!known).then(|| inner.view.clone()) }
    }

    fn resync(&self, queue: &Arc<Queue>) -> View {
        let inner = self.inner.lock().expect("whole");
        queue.clear();
        inner.view.clone()
    }

    fn logs<'a>(&'a self, request: &'a Logs, queue: &'a Arc<Queue>) -> Reply<'a, LogTail> {
        Box::pin(async move {
            if request.follow {
                let lines =
                    LogLines { log: request.log, at: Timestamp::UNIX_EPOCH, lines: vec!["after".into()] };
                queue.push(codec::notice(&Notice::Log(lines)));
            }
            Ok(LogTail { lines: vec!["before".into()], source: Some("/log".into()) })
        })
    }

    fn call<'a>(&'a self, caller: &'a Caller, request: Request) -> Reply<'a, Value> {
        self.inner.lock().expect("whole").calls.push((caller.clone(), request.clone()));
        Box::pin(async move {
            match request {
                Request::Check => {
                    self.go.notified().await;
                    Ok(json!({"checked": true}))
                }
                Request::Status => Ok(json!({"role": caller.role, "uid": caller.uid})),
                Request::Cancel => {
                    Err(Failure::new(Class::Busy, "cannot cancel").cause("too late").hint("wait"))
                }
                Request::Versions => panic!("a fault of the service"),
                _ => Ok(json!({})),
            }
        })
    }
}
