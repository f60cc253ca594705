//! The port, in a process that does not supervise: it may look, by what the supervisor publishes.

use std::path::Path;
use std::time::{Duration, Instant};

use super::definition::{self, Definition as Words, Folder};
use super::published::{Identity, Published};
use crate::model::agent::Life;
use crate::model::plan::ServiceSpec;
use crate::model::{Class, Failure, Outcome, ServiceState};
use crate::ports::{Cancel, Definition, ServiceManager};

/// How often a state is looked at that is waited for.
const SLICE: Duration = Duration::from_millis(250);

/// The adapter of every other process.
#[derive(Debug, Clone)]
pub struct Reader {
    folder: Folder,
}

impl Reader {
    /// An adapter that looks into `folder`.
    pub fn new(folder: impl Into<std::path::PathBuf>) -> Self {
        Self { folder: Folder(folder.into()) }
    }

    fn refused<T>(&self, what: &str, service: &str) -> Outcome<T> {
        Err(Failure::new(Class::Refused, format!("cannot {what} `{service}`"))
            .cause("manager process: the agent belongs to the running updater")
            .hint("start `sentinel-updater run`: the agent runs as long as it does"))
    }
}

/// A service that nobody runs: defined, or not.
pub(super) fn idle(folder: &Folder, service: &str, path: &Path) -> Outcome<ServiceState> {
    if definition::read(path)?.is_none() {
        return Ok(ServiceState::default());
    }
    let enabled = definition::read(&folder.stopped(service)?)?.is_none();
    Ok(ServiceState { life: Life::Stopped, enabled, result: "success".into(), ..ServiceState::default() })
}

impl ServiceManager for Reader {
    fn name(&self) -> &'static str {
        crate::service::Kind::Process.name()
    }

    fn state(&mut self, service: &str) -> Outcome<ServiceState> {
        let told = Published::read(&self.folder.state(service)?);
        match told.filter(|told| told.supervisor.is_some_and(Identity::lives)) {
            Some(told) => Ok(told.state),
            None => idle(&self.folder, service, &self.folder.definition(service)?),
        }
    }

    fn start(&mut self, service: &str) -> Outcome<()> {
        if self.state(service)?.is_running() { Ok(()) } else { self.refused("start", service) }
    }

    fn stop(&mut self, service: &str, _deadline: Duration) -> Outcome<()> {
        match self.state(service)?.life {
            Life::Stopped | Life::Absent => Ok(()),
            _ => self.refused("stop", service),
        }
    }

    fn wait_change(
        &mut self,
        service: &str,
        seen: &ServiceState,
        timeout: Duration,
        cancel: &Cancel,
    ) -> Outcome<ServiceState> {
        let deadline = Instant::now() + timeout;
        loop {
            let now = self.state(service)?;
            let left = deadline.saturating_duration_since(Instant::now());
            if now != *seen || left.is_zero() || cancel.wait(SLICE.min(left)) {
                return Ok(now);
            }
        }
    }

    fn definition(&mut self, spec: &ServiceSpec) -> Outcome<Definition> {
        let path = self.folder.definition(&spec.service)?;
        let present = definition::read(&path)?;
        let runs =
            present.as_deref().and_then(|text| Words::parse(text, &path).ok()).map(|words| words.binary);
        Ok(Definition { path, present, wanted: Some(Words::of(spec).text()?), masked: false, runs })
    }

    fn define(&mut self, service: &str, _path: &Path, _text: Option<&str>) -> Outcome<()> {
        self.refused("define", service)
    }

    fn self_register(&mut self, spec: &ServiceSpec) -> Outcome<()> {
        self.refused("define", &spec.service)
    }

    fn system_stopping(&mut self) -> bool {
        false
    }
}
