//! The port, in the process that supervises.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, PoisonError, mpsc};
use std::time::{Duration, Instant};

use super::definition::{self, Definition as Words, Folder};
use super::supervisor::Line;
use super::thread::Order;
use crate::model::plan::ServiceSpec;
use crate::model::{Class, Failure, Outcome, ServiceState};
use crate::ports::{Cancel, Definition, ServiceManager};

/// How long a start may take: forking and executing, on a machine that swaps.
const START_LIMIT: Duration = Duration::from_secs(30);
/// How much longer than its deadline a stop may take to be answered.
const MARGIN: Duration = Duration::from_secs(10);

/// The present states, and a bell that rings when one changes.
#[derive(Default)]
pub(super) struct Shared {
    states: Mutex<BTreeMap<String, ServiceState>>,
    changed: Condvar,
}

impl Shared {
    /// Tells a state.
    pub fn tell(&self, service: &str, state: Option<ServiceState>) {
        let mut states = self.states.lock().unwrap_or_else(PoisonError::into_inner);
        match state {
            Some(state) => drop(states.insert(service.to_owned(), state)),
            None => drop(states.remove(service)),
        }
        drop(states);
        self.changed.notify_all();
    }

    fn get(&self, service: &str) -> Option<ServiceState> {
        self.states.lock().unwrap_or_else(PoisonError::into_inner).get(service).cloned()
    }
}

/// The adapter of the process that supervises.
#[derive(Clone)]
pub struct Manager {
    line: Line,
    shared: Arc<Shared>,
    folder: Folder,
}

impl Manager {
    pub(super) fn new(line: Line, shared: Arc<Shared>, folder: Folder) -> Self {
        Self { line, shared, folder }
    }

    fn ask<T>(&self, limit: Duration, order: impl FnOnce(mpsc::Sender<Outcome<T>>) -> Order) -> Outcome<T> {
        let (reply, answer) = mpsc::channel();
        self.line.send(order(reply))?;
        answer
            .recv_timeout(limit)
            .unwrap_or_else(|_| Err(Failure::new(Class::Service, "the supervisor does not answer")))
    }
}

impl ServiceManager for Manager {
    fn name(&self) -> &'static str {
        crate::service::Kind::Process.name()
    }

    fn state(&mut self, service: &str) -> Outcome<ServiceState> {
        let path = self.folder.definition(service)?;
        match self.shared.get(service) {
            Some(state) => Ok(state),
            None => super::reader::idle(&self.folder, service, &path),
        }
    }

    fn start(&mut self, service: &str) -> Outcome<()> {
        self.folder.definition(service)?;
        self.ask(START_LIMIT, |reply| Order::Start { service: service.to_owned(), reply })
    }

    fn stop(&mut self, service: &str, deadline: Duration) -> Outcome<()> {
        self.folder.definition(service)?;
        self.ask(deadline + MARGIN, |reply| Order::Stop { service: service.to_owned(), deadline, reply })
    }

    fn wait_change(
        &mut self,
        service: &str,
        seen: &ServiceState,
        timeout: Duration,
        cancel: &Cancel,
    ) -> Outcome<ServiceState> {
        let deadline = Instant::now() + timeout;
        // The flag's waker holds it weakly: a flag that is never raised keeps nothing alive.
        let bell = Arc::downgrade(&self.shared);
        cancel.on_request(move || {
            if let Some(shared) = bell.upgrade() {
                // Taken so that nobody is between his look and his wait.
                drop(shared.states.lock());
                shared.changed.notify_all();
            }
        });
        let shared = self.shared.clone();
        loop {
            let now = self.state(service)?;
            if now != *seen {
                return Ok(now);
            }
            let states = shared.states.lock().unwrap_or_else(PoisonError::into_inner);
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() || cancel.requested() {
                return Ok(now);
            }
            if states.get(service).is_some_and(|state| state != seen) {
                continue;
            }
            drop(shared.changed.wait_timeout(states, left).unwrap_or_else(PoisonError::into_inner));
        }
    }

    fn definition(&mut self, spec: &ServiceSpec) -> Outcome<Definition> {
        self.ask(START_LIMIT, Order::Ping)?;
        let path = self.folder.definition(&spec.service)?;
        let present = definition::read(&path)?;
        let runs =
            present.as_deref().and_then(|text| Words::parse(text, &path).ok()).map(|words| words.binary);
        // Ours alone: nobody else writes there, and what cannot be read is written anew.
        let wanted = Some(Words::of(spec).text()?);
        Ok(Definition { path, present, wanted, masked: false, runs })
    }

    fn define(&mut self, service: &str, path: &Path, text: Option<&str>) -> Outcome<()> {
        self.folder.definition(service)?;
        match text {
            Some(text) => {
                let words = Words::parse(text, path)?;
                if definition::read(path)?.as_deref() != Some(text) {
                    definition::write(path, text)?;
                }
                self.ask(START_LIMIT, |reply| Order::Define {
                    service: service.to_owned(),
                    words: Some(Box::new(words)),
                    reply,
                })
            }
            None => {
                crate::host::atomic::remove(path)?;
                crate::host::atomic::remove(&self.folder.stopped(service)?)?;
                self.ask(START_LIMIT, |reply| Order::Define {
                    service: service.to_owned(),
                    words: None,
                    reply,
                })
            }
        }
    }

    /// There is nobody that an agent could register with: we define it as we would without its own way.
    fn self_register(&mut self, spec: &ServiceSpec) -> Outcome<()> {
        let path = self.folder.definition(&spec.service)?;
        self.define(&spec.service, &path, Some(&Words::of(spec).text()?))
    }

    /// Nobody tells us: a shutdown ends us like any other request to end.
    fn system_stopping(&mut self) -> bool {
        false
    }
}
