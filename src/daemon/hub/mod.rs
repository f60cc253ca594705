//! The one place through which the engine's events pass: numbered, folded, logged, told to the service
//! manager and to every client.

mod ring;
mod steer;
#[cfg(test)]
mod tests;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use self::ring::Ring;
use super::hook::Hook;
use super::orders::{Answer, Orders};
use super::say::log;
use crate::config::Settings;
use crate::control::protocol::{Begun, CancelEffect, Subscribe, Subscribed};
use crate::control::queue::Listeners;
use crate::control::{Queue, codec};
use crate::engine::Sink;
use crate::host::notify;
use crate::model::status::{AgentStatus, State};
use crate::model::{Event, EventKind, RunKind, Status, Timestamp, View};
use crate::render;

/// The most missed events that a client is sent one by one: more than that, and a view is less to read. They
/// must fit into its queue.
const MISSED: usize = 1_000;

/// The fold of everything that happened since the start, and everybody who follows it.
#[derive(Clone)]
pub(super) struct Hub {
    inner: Arc<Mutex<Inner>>,
    orders: Orders,
    hook: Hook,
}

struct Inner {
    /// Changes with each start.
    epoch: String,
    view: View,
    ring: Ring,
    clients: Listeners,
    /// What is decided about an interrupted run is.
    up: bool,
    /// The socket is there, or cannot be.
    reachable: bool,
    /// Both were told.
    ready: bool,
    /// The engine takes no requests any more.
    ended: bool,
    /// A request for a run is at the engine. Once the run has begun there is nobody to be told.
    preparing: Option<Option<Answer<Begun>>>,
    /// What was promised to whoever cancelled the run under way.
    promised: Option<CancelEffect>,
}

impl Hub {
    /// A hub that starts from `status`, tells `hook` of runs that end, and answers requests that wait in
    /// `orders` when something else begins.
    pub(super) fn new(status: Status, hook: Hook, orders: Orders) -> Self {
        let inner = Inner {
            epoch: epoch(),
            view: View::new(status, 0),
            ring: Ring::default(),
            clients: Listeners::default(),
            up: false,
            reachable: false,
            ready: false,
            ended: false,
            preparing: None,
            promised: None,
        };
        Self { inner: Arc::new(Mutex::new(inner)), orders, hook }
    }

    /// The engine's end of it.
    pub(super) fn sink(&self) -> Sink {
        let hub = self.clone();
        Box::new(move |kind| hub.take(kind))
    }

    /// Takes an event in: it gets the next number, and everybody hears of it in that order.
    pub(super) fn take(&self, kind: EventKind) {
        let mut next = Some(kind);
        while let Some(kind) = next {
            next = self.enter(self.lock(), kind);
        }
    }

    /// Takes one in, with what was looked at before still so; what there is to say about it.
    fn enter(&self, mut inner: MutexGuard<'_, Inner>, kind: EventKind) -> Option<EventKind> {
        let event = Event { seq: inner.view.seq + 1, at: Timestamp::now(), kind };
        let before = inner.view.status.updater.state;
        inner.view.apply(&event);
        let state = inner.view.status.updater.state;
        inner.spread(&event);
        if state == State::Recovering {
            // What recovery does is decided: those who wait for us need not wait for its end.
            inner.ready();
        }
        if state != before
            || matches!(event.kind, EventKind::NextCheck { .. } | EventKind::StepStarted { .. })
        {
            notify::status(&render::status_line(&inner.view.status));
        }
        if state != before && state == State::Recovering || Inner::begins(&event.kind) {
            inner.begin();
            if let Some(why) = inner.busy() {
                self.orders.refuse(&why);
            }
        }
        let remark = inner.remark(&event.kind);
        drop(inner);
        log(&event.kind);
        if let EventKind::RunEnded { run } = &event.kind {
            self.hook.tell(run);
        }
        remark
    }

    /// Other settings.
    pub(super) fn configure(&self, settings: &Settings) {
        self.hook.configure(settings);
    }

    /// The engine is up.
    pub(super) fn ready(&self) {
        self.lock().ready();
    }

    /// Whoever wants to talk to us can, if anybody ever can.
    pub(super) fn reachable(&self) {
        let mut inner = self.lock();
        inner.reachable = true;
        inner.tell_ready();
    }

    /// Which start of the service this is.
    pub(super) fn epoch(&self) -> String {
        self.lock().epoch.clone()
    }

    /// The status now.
    pub(super) fn status(&self) -> Status {
        self.lock().view.status.clone()
    }

    /// Tells what somebody besides the engine saw of the agent, which was `before` then: not while a run is
    /// under way, nor when the engine has told more since.
    pub(super) fn agent_seen(&self, before: &AgentStatus, agent: AgentStatus) {
        let inner = self.lock();
        let status = &inner.view.status;
        if status.run.is_none() && status.agent == *before && *before != agent {
            // Under the same lock: what the engine tells comes before or after, never in between. There is never
            // anything to say about it.
            self.enter(inner, EventKind::AgentSeen { agent });
        }
    }

    /// Whether anybody follows.
    pub(super) fn is_followed(&self) -> bool {
        self.lock().clients.any()
    }

    /// From `position` on `queue` hears of every event. What it missed comes first, or the view is the answer.
    pub(super) fn subscribe(&self, position: &Subscribe, queue: &Arc<Queue>) -> Subscribed {
        let mut inner = self.lock();
        inner.clients.join(queue);
        let epoch = inner.epoch.clone();
        if position.epoch.as_ref() == Some(&epoch)
            && let Some(missed) = inner.ring.after(position.from)
            && missed.len() <= MISSED
        {
            for line in missed {
                queue.push(line.clone());
            }
            return Subscribed { epoch, view: None };
        }
        Subscribed { epoch, view: Some(inner.view.clone()) }
    }

    /// The view for a client whose queue ran over. What waits in it is in the view.
    pub(super) fn resync(&self, queue: &Arc<Queue>) -> View {
        let inner = self.lock();
        queue.clear();
        inner.view.clone()
    }

    /// The engine has ended: whoever waits for it is told.
    pub(super) fn end(&self) {
        let mut inner = self.lock();
        inner.ended = true;
        self.orders.refuse(&steer::ending());
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn ready(&mut self) {
        self.up = true;
        self.tell_ready();
    }

    /// Tells the service manager that we are up; once.
    fn tell_ready(&mut self) {
        if self.up && self.reachable && !self.ready {
            self.ready = true;
            notify::ready();
        }
    }

    /// Gives every client the event, encoded once for all, also for those who come back later.
    fn spread(&mut self, event: &Event) {
        let line = codec::event(event);
        self.clients.push(&line);
        self.ring.push(event.seq, line);
    }

    /// Whether the engine has work from this event on. A change by somebody else is only told as a run.
    fn begins(kind: &EventKind) -> bool {
        matches!(kind, EventKind::RunStarted { run } if run.kind != RunKind::External)
    }

    /// A run has begun: whoever asked for it is told.
    fn begin(&mut self) {
        let run = self.view.status.run.as_ref().map(|run| run.id.clone());
        if let (Some(waits), Some(run)) = (&mut self.preparing, run)
            && let Some(answer) = waits.take()
        {
            // Whoever waited may be gone; the run goes on.
            drop(answer.send(Ok(Begun { run: Some(run), nothing: None })));
        }
    }
}

/// A name that no other start has.
fn epoch() -> String {
    let now = Timestamp::now().as_nanosecond();
    format!("{now:x}-{:x}", std::process::id())
}
