//! A folder with services in it, and who runs them.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use sentinel_updater::host::Guard;
use sentinel_updater::model::ServiceState;
use sentinel_updater::model::plan::ServiceSpec;
use sentinel_updater::ports::{Cancel, ServiceManager};
use sentinel_updater::service::process::{Options, Reader, Supervisor};

pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_sentinel-updater");
/// Longer than anything here takes.
pub(crate) const LONG: Duration = Duration::from_secs(30);

pub(crate) struct Place {
    pub(crate) folder: tempfile::TempDir,
}

impl Place {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().expect("a directory");
        fs::create_dir(folder.path().join("services")).expect("a directory");
        Self { folder }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap_or_default()
    }

    /// Writes an executable script; `$0.d` in it is the place's folder.
    pub(crate) fn script(&self, name: &str, body: &str) -> PathBuf {
        let path = self.path(name);
        let folder = self.folder.path().display();
        let draft = self.path(".draft");
        fs::write(&draft, format!("#!/bin/sh\ncd '{folder}'\n{body}\n")).expect("written");
        fs::set_permissions(&draft, fs::Permissions::from_mode(0o755)).expect("executable");
        fs::rename(draft, &path).expect("in place");
        path
    }

    pub(crate) fn spec(&self, service: &str) -> ServiceSpec {
        ServiceSpec {
            service: service.into(),
            binary: self.path(service),
            args: vec![],
            env: vec![],
            user: None,
            install_args: vec![],
            data: self.folder.path().to_owned(),
        }
    }

    pub(crate) fn supervise(&self) -> (Supervisor, Receiver<String>) {
        self.supervise_with(0, 5)
    }

    pub(crate) fn supervise_with(
        &self,
        max_log_size: u64,
        max_log_files: u32,
    ) -> (Supervisor, Receiver<String>) {
        let (told, notes) = channel();
        let options = Options {
            folder: self.path("services"),
            log: self.path("agent.log"),
            max_log_size,
            max_log_files,
            guard: Guard::new(PROGRAM),
            note: Box::new(move |_, line| drop(told.send(line.to_owned()))),
        };
        (Supervisor::begin(options).expect("a supervisor"), notes)
    }

    pub(crate) fn reader(&self) -> Reader {
        Reader::new(self.path("services"))
    }
}

/// Defines a service.
pub(crate) fn define(manager: &mut dyn ServiceManager, spec: &ServiceSpec) {
    let found = manager.definition(spec).expect("compared");
    assert!(found.must_change() || found.present.is_some());
    manager.define(&spec.service, &found.path, found.wanted.as_deref()).expect("defined");
    assert!(!manager.definition(spec).expect("compared").must_change());
}

/// Waits for the state that is wanted.
pub(crate) fn wait_for(
    manager: &mut dyn ServiceManager,
    service: &str,
    wanted: impl Fn(&ServiceState) -> bool,
) -> ServiceState {
    let began = Instant::now();
    let mut state = manager.state(service).expect("a state");
    while !wanted(&state) {
        assert!(began.elapsed() < LONG, "{state:?}");
        state = manager.wait_change(service, &state, LONG, &Cancel::new()).expect("a state");
    }
    state
}

/// Whether a process is there and has not ended.
pub(crate) fn lives(pid: &str) -> bool {
    let stat = fs::read_to_string(format!("/proc/{}/stat", pid.trim())).unwrap_or_default();
    stat.rsplit_once(')').is_some_and(|(_, rest)| !rest.trim_start().starts_with(['Z', 'X']))
}
