//! The ports, over the host in memory.

use std::path::{Path, PathBuf};
use std::time::Duration;

use sentinel_updater::model::agent::Life;
use sentinel_updater::model::build_info::ModuleRef;
use sentinel_updater::model::go_mod::{GoMod, path_of};
use sentinel_updater::model::plan::{AgentPlace, Health, ServiceSpec};
use sentinel_updater::model::snapshot::Schema;
use sentinel_updater::model::status::{Alert, Latest, Paused};
use sentinel_updater::model::{
    BuildInfo, Class, Failure, Held, Installed, Kept, Outcome, Probation, Progress, Record, Run,
    ServiceState, Snapshot, Staged, Timestamp, Version,
};
use sentinel_updater::ports::{
    AgentFiles, Answer, BuildEvent, BuildJob, Builder, Built, Cancel, Clock, Committed, Databases,
    Definition, Info, Journal, Machine, ModuleSource, OpenRun, Prober, Records, Seen, ServiceManager,
    VersionStore, World,
};

use crate::host::{BACKUP, BINARY, Fault, Hook, Host, Nature, STAGED, Shared};

pub const MODULE: &str = "example.test/agent";

/// A world over `host`.
pub fn world(host: &Shared) -> World {
    World {
        source: Box::new(Port(host.clone())),
        builder: Box::new(Port(host.clone())),
        services: Box::new(Port(host.clone())),
        journal: Box::new(Port(host.clone())),
        versions: Box::new(Port(host.clone())),
        agent_files: Box::new(Port(host.clone())),
        databases: Box::new(Port(host.clone())),
        records: Box::new(Port(host.clone())),
        prober: Box::new(Port(host.clone())),
        machine: Box::new(Port(host.clone())),
        clock: Box::new(Port(host.clone())),
    }
}

/// The module path of a version in a file.
fn module_of(version: &str) -> String {
    version.parse().map_or_else(|_| MODULE.into(), |version| path_of(MODULE, &version))
}

struct Port(Shared);

impl ModuleSource for Port {
    fn check(&mut self, module: &str, _: &Cancel) -> Outcome<Answer> {
        let mut host = self.0.lock();
        host.checks += 1;
        host.asked.push(module.to_owned());
        if host.source_down {
            return Err(Failure::new(Class::Network, "connection refused"));
        }
        let mut offered = host.offered();
        offered.retain(|offered| path_of(MODULE, &offered.version) == module);
        match offered.is_empty() && module != MODULE {
            true => Err(Failure::new(Class::Module, "no such module")),
            false => Ok(Answer { offered, changed: true }),
        }
    }

    fn info(&mut self, module: &str, version: &Version, _: &Cancel) -> Outcome<Info> {
        let host = self.0.lock();
        match host.release(version.as_str()).filter(|_| path_of(MODULE, version) == module) {
            Some(_) => Ok(Info { version: version.clone(), time: "2026-01-01T00:00:00Z".parse().ok() }),
            None => Err(Failure::new(Class::Module, format!("no version {version}"))),
        }
    }

    fn go_mod(&mut self, module: &str, _: &Version, _: &Cancel) -> Outcome<GoMod> {
        Ok(GoMod { module: module.to_owned(), is_real: true, ..GoMod::default() })
    }
}

impl Builder for Port {
    fn ready(&mut self, _: Option<&str>) -> Outcome<String> {
        self.0.effect("ready", |_| Ok("go1.26.8, gcc 12".into()))
    }

    fn fingerprint(&mut self) -> String {
        self.0.lock().fingerprint.clone()
    }

    fn build(&mut self, job: &BuildJob, sink: &mut dyn FnMut(BuildEvent), cancel: &Cancel) -> Outcome<Built> {
        sink(BuildEvent::Log(format!("/state/builds/{}.log", job.run).into()));
        sink(BuildEvent::Output("compiling".into()));
        sink(BuildEvent::Progress(Progress { phase: "compile".into(), done: 1, total: 1, detail: None }));
        let version = job.version.to_string();
        self.0.effect("build", |host| {
            host.builds += 1;
            host.advance(Duration::from_secs(30));
            if cancel.requested() {
                return Err(Failure::new(Class::Cancelled, "the build was cancelled"));
            }
            match host.release(&version).map(|release| release.nature) {
                None => Err(Failure::new(Class::Module, "no such version")),
                Some(Nature::Broken) => Err(Failure::new(Class::Build, "undefined: nothing")),
                Some(_) => {
                    host.files.insert("/var/cache/out/sentinel".into(), version.clone());
                    Ok(Built {
                        binary: "/var/cache/out/sentinel".into(),
                        sum: format!("h1:{version}"),
                        packages: 1,
                    })
                }
            }
        })
    }

    fn inspect(&mut self, binary: &Path) -> Outcome<Option<BuildInfo>> {
        let host = self.0.lock();
        let kept = || host.kept.iter().find(|kept| kept.path == binary).map(|kept| kept.version.clone());
        Ok(host.files.get(binary).cloned().or_else(kept).map(|version| BuildInfo {
            go_version: if version == "v1.0.0" { "go1.25.1".into() } else { "go1.26.8".into() },
            package: format!("{}/cmd/sentinel", module_of(&version)),
            main: ModuleRef {
                path: module_of(&version),
                version: version.clone(),
                sum: format!("h1:{version}"),
                replaced_by: None,
            },
            ..BuildInfo::default()
        }))
    }

    fn check_target(&mut self, _: &Path) -> Outcome<()> {
        Ok(())
    }

    fn version_output(&mut self, _: &Path, _: &[String]) -> Option<String> {
        None
    }

    fn clean(&mut self) -> Outcome<()> {
        self.0.effect("clean build", |host| {
            host.files.remove(&PathBuf::from("/var/cache/out/sentinel"));
            Ok(())
        })
    }
}

impl ServiceManager for Port {
    fn name(&self) -> &'static str {
        "memory"
    }

    fn ping(&mut self) -> Outcome<()> {
        self.0.effect("ping", |_| Ok(()))
    }

    fn state(&mut self, _: &str) -> Outcome<ServiceState> {
        Ok(state(&self.0.lock()))
    }

    fn start(&mut self, _: &str) -> Outcome<()> {
        self.0.effect("start", |host| {
            if host.system_stopping {
                return Err(Failure::new(Class::Cancelled, "the system is stopping"));
            }
            if host.masked || host.unit.is_none() {
                return Err(Failure::new(Class::Refused, "masked or absent"));
            }
            if host.running.is_none() {
                host.start();
            }
            host.advance(Duration::from_millis(20));
            Ok(())
        })
    }

    fn stop(&mut self, _: &str, _: Duration) -> Outcome<()> {
        self.0.effect("stop", |host| {
            host.running = None;
            host.failed = false;
            host.advance(Duration::from_millis(20));
            Ok(())
        })
    }

    fn wait_change(
        &mut self,
        _: &str,
        seen: &ServiceState,
        timeout: Duration,
        cancel: &Cancel,
    ) -> Outcome<ServiceState> {
        let mut host = self.0.lock();
        if cancel.requested() || state(&host) != *seen {
            return Ok(state(&host));
        }
        if let Some(hook) = host.hook.take() {
            host.advance(Duration::from_millis(500));
            match hook {
                Hook::OperatorRestarts => {
                    host.running = None;
                    host.start();
                }
                Hook::Kills => {
                    host.running = None;
                    host.start();
                    host.restarts = 1;
                }
                Hook::SystemStops => {
                    host.running = None;
                    host.system_stopping = true;
                }
            }
            return Ok(state(&host));
        }
        let until = host.elapsed + timeout;
        let stop = host.ends_at().map_or(until, |ends| ends.min(until));
        let step = stop.saturating_sub(host.elapsed);
        host.advance(step);
        Ok(state(&host))
    }

    fn definition(&mut self, spec: &ServiceSpec) -> Outcome<Definition> {
        let host = self.0.lock();
        Ok(Definition {
            path: "/etc/systemd/system/sentinelgo.service".into(),
            present: host.unit.clone(),
            wanted: host.unit.is_none().then(|| "unit".to_owned()),
            masked: host.masked,
            runs: host.unit.as_ref().map(|_| spec.binary.clone()),
        })
    }

    fn define(&mut self, _: &str, _: &Path, text: Option<&str>) -> Outcome<()> {
        self.0.effect("define", |host| {
            host.unit = text.map(ToOwned::to_owned);
            Ok(())
        })
    }

    fn self_register(&mut self, _: &ServiceSpec) -> Outcome<()> {
        self.0.effect("self_register", |host| {
            host.unit = Some("unit".into());
            Ok(())
        })
    }

    fn system_stopping(&mut self) -> bool {
        self.0.lock().system_stopping
    }
}

fn state(host: &Host) -> ServiceState {
    let life = match (&host.unit, &host.running, host.failed) {
        (None, _, _) => Life::Absent,
        (_, Some(_), _) => Life::Running,
        (_, None, true) => Life::Failed,
        (_, None, false) => Life::Stopped,
    };
    ServiceState {
        life,
        masked: host.masked,
        enabled: host.unit.is_some(),
        pid: host.running.as_ref().map(|running| running.pid),
        since: None,
        restarts: host.restarts,
        result: if host.failed || host.restarts > 0 { "exit-code".into() } else { "success".into() },
        invocation: host.invocations.to_string(),
        ended: (host.restarts > 0).then(|| "exited with 1".to_owned()),
        active_enter_us: 0,
        active_exit_us: 0,
    }
}

impl Journal for Port {
    fn append(&mut self, record: &Record) -> Outcome<()> {
        let name = match record {
            Record::Begin { .. } => "journal begin".to_owned(),
            Record::Switch { .. } => "journal switch".to_owned(),
            Record::Enter { step, direction, .. } => format!("journal enter {step} {direction:?}"),
            Record::SnapshotTaken { .. } => "journal snapshot".to_owned(),
            Record::Turn { .. } => "journal turn".to_owned(),
            Record::Recovered { .. } => "journal recovered".to_owned(),
            Record::End { .. } => "journal end".to_owned(),
        };
        self.0.effect(&name, |host| {
            if matches!(record, Record::Begin { .. }) {
                host.journal.clear();
            }
            host.journal.push(record.clone());
            Ok(())
        })
    }

    fn open_run(&mut self) -> Outcome<OpenRun> {
        let host = self.0.lock();
        let ended = matches!(host.journal.last(), Some(Record::End { .. }) | None);
        let records = if ended { Vec::new() } else { host.journal.clone() };
        Ok(OpenRun { records, set_aside: None })
    }

    fn last_end(&mut self) -> Outcome<Option<Record>> {
        Ok(self.0.lock().journal.iter().rev().find(|record| matches!(record, Record::End { .. })).cloned())
    }
}

impl VersionStore for Port {
    fn keep(&mut self, binary: &Path, version: &str, sum: Option<&str>) -> Outcome<Kept> {
        self.0.effect("keep", |host| {
            let content = host
                .files
                .get(binary)
                .cloned()
                .ok_or_else(|| Failure::new(Class::Disk, format!("no `{}`", binary.display())))?;
            let sha256 = Host::sha256(&content);
            if let Some(kept) = host.kept.iter().find(|kept| kept.sha256 == sha256) {
                return Ok(kept.clone());
            }
            let path = PathBuf::from(format!("/var/lib/sentinelgo/updater/versions/{version}/sentinel"));
            host.files.insert(path.clone(), content);
            let kept = Kept {
                version: version.to_owned(),
                sha256,
                path,
                kept_at: host.now,
                sum: sum.map(ToOwned::to_owned),
                snapshot: None,
            };
            host.kept.insert(0, kept.clone());
            Ok(kept)
        })
    }

    fn kept(&mut self) -> Outcome<Vec<Kept>> {
        Ok(self.0.lock().kept.clone())
    }

    fn check(&mut self, kept: &Kept) -> Outcome<()> {
        let host = self.0.lock();
        match host.files.get(&kept.path) {
            Some(content) if Host::sha256(content) == kept.sha256 => Ok(()),
            _ => Err(Failure::new(Class::Security, "kept version differs")),
        }
    }

    fn set_snapshot(&mut self, kept: &Kept, snapshot: Option<&Snapshot>) -> Outcome<()> {
        self.0.effect("set_snapshot", |host| {
            let former = host
                .kept
                .iter_mut()
                .find(|entry| entry.sha256 == kept.sha256)
                .and_then(|entry| std::mem::replace(&mut entry.snapshot, snapshot.cloned()));
            if let Some(former) = former
                && snapshot.is_none_or(|new| new.path != former.path)
            {
                host.snapshots.remove(&former.path);
            }
            Ok(())
        })
    }

    fn remove(&mut self, kept: &Kept) -> Outcome<()> {
        self.0.effect("remove kept", |host| {
            host.files.remove(&kept.path);
            host.kept.retain(|entry| entry.sha256 != kept.sha256);
            Ok(())
        })
    }

    fn prune(&mut self, count: usize, protected: &[String]) -> Outcome<()> {
        self.0.effect("prune", |host| {
            let mut left = host.kept.len();
            let mut index = host.kept.len();
            while left > count && index > 0 {
                index -= 1;
                if protected.contains(&host.kept[index].sha256) {
                    continue;
                }
                let gone = host.kept.remove(index);
                host.files.remove(&gone.path);
                if let Some(snapshot) = gone.snapshot {
                    host.snapshots.remove(&snapshot.path);
                }
                left -= 1;
            }
            Ok(())
        })
    }
}

impl AgentFiles for Port {
    fn installed(&mut self, path: &Path) -> Outcome<Option<Installed>> {
        let host = self.0.lock();
        Ok(host.files.get(path).map(|version| Installed {
            version: version.parse().ok(),
            module: Some(module_of(version)),
            sha256: Host::sha256(version),
        }))
    }

    fn stage(&mut self, kept: &Kept, _: &AgentPlace) -> Outcome<()> {
        self.0.effect("stage", |host| copy(host, &kept.path, STAGED))
    }

    fn back_up(&mut self, _: &AgentPlace) -> Outcome<()> {
        self.0.effect("back_up", |host| copy(host, Path::new(BINARY), BACKUP))
    }

    fn install(&mut self, _: &AgentPlace, sha256: &str) -> Outcome<()> {
        self.0.effect("install", |host| {
            if host.files.get(Path::new(BINARY)).is_some_and(|there| Host::sha256(there) == sha256) {
                return Ok(());
            }
            match host.files.get(Path::new(STAGED)).cloned() {
                Some(staged) if Host::sha256(&staged) == sha256 => {
                    host.files.remove(Path::new(STAGED));
                    host.files.insert(BINARY.into(), staged);
                    Ok(())
                }
                _ => Err(Failure::new(Class::Proof, "not staged")),
            }
        })
    }

    fn put_back(&mut self, _: &AgentPlace, kept: Option<&Kept>, sha256: &str) -> Outcome<()> {
        self.0.effect("put_back", |host| {
            if host.files.get(Path::new(BINARY)).is_some_and(|there| Host::sha256(there) == sha256) {
                return Ok(());
            }
            let from = kept.map_or_else(|| PathBuf::from(BACKUP), |kept| kept.path.clone());
            copy(host, &from, BINARY)
        })
    }

    fn remove(&mut self, _: &AgentPlace) -> Outcome<()> {
        self.0.effect("remove binary", |host| {
            host.files.remove(Path::new(BINARY));
            Ok(())
        })
    }

    fn clean(&mut self, _: &AgentPlace) -> Outcome<()> {
        self.0.effect("clean beside", |host| {
            host.files.remove(Path::new(STAGED));
            Ok(())
        })
    }
}

fn copy(host: &mut Host, from: &Path, to: &str) -> Outcome<()> {
    let content = host
        .files
        .get(from)
        .cloned()
        .ok_or_else(|| Failure::new(Class::Proof, format!("no `{}`", from.display())))?;
    host.files.insert(to.into(), content);
    Ok(())
}

impl Databases for Port {
    fn snapshot(&mut self, id: &str, _: &Path) -> Outcome<Option<Snapshot>> {
        self.0.effect("snapshot", |host| {
            assert!(host.running.is_none(), "a snapshot of a database in use");
            Ok(host.snapshot(id))
        })
    }

    fn schema(&mut self, _: &Path) -> Outcome<Option<Schema>> {
        let host = self.0.lock();
        Ok(host
            .database
            .as_ref()
            .map(|database| Schema { schema_version: database.schema, user_version: database.schema }))
    }

    fn check(&mut self, snapshot: &Snapshot) -> Outcome<()> {
        match self.0.lock().snapshots.contains_key(&snapshot.path) {
            true => Ok(()),
            false => Err(Failure::new(Class::Database, "the snapshot is gone")),
        }
    }

    fn discard(&mut self, snapshot: &Snapshot) -> Outcome<()> {
        self.0.effect("discard", |host| {
            host.snapshots.remove(&snapshot.path);
            Ok(())
        })
    }

    fn restore(&mut self, id: &str, snapshot: &Snapshot) -> Outcome<Option<PathBuf>> {
        self.0.effect("restore", |host| {
            assert!(host.running.is_none(), "a restore under a running agent");
            let saved = host
                .snapshots
                .get(&snapshot.path)
                .cloned()
                .ok_or_else(|| Failure::new(Class::Database, "the snapshot is gone"))?;
            if host.database.as_ref() != Some(&saved)
                && let Some(today) = host.database.replace(saved)
            {
                host.aside.push((id.to_owned(), today));
            }
            Ok(Some(PathBuf::from(format!("/var/lib/sentinelgo/sentinel.db.aside-{id}"))))
        })
    }
}

impl Records for Port {
    fn put_run(&mut self, run: &Run) -> Outcome<()> {
        self.0.effect("put_run", |host| {
            host.history.insert(run.id.clone(), run.clone());
            Ok(())
        })
    }

    fn runs(&mut self, limit: usize) -> Outcome<Vec<Run>> {
        Ok(self.0.lock().history.values().rev().take(limit).cloned().collect())
    }

    fn run(&mut self, id: &str) -> Outcome<Option<Run>> {
        Ok(self.0.lock().history.get(id).cloned())
    }

    fn held(&mut self) -> Outcome<Vec<Held>> {
        Ok(self.0.lock().held.clone())
    }

    fn hold(&mut self, held: &Held) -> Outcome<()> {
        self.0.effect("hold", |host| {
            host.held.retain(|known| known.version != held.version);
            host.held.push(held.clone());
            Ok(())
        })
    }

    fn unhold(&mut self, version: &Version) -> Outcome<bool> {
        self.0.effect("unhold", |host| {
            let before = host.held.len();
            host.held.retain(|known| known.version != *version);
            Ok(host.held.len() < before)
        })
    }

    fn note_offered(&mut self, module: &str, versions: &[Version], now: Timestamp) -> Outcome<()> {
        let mut host = self.0.lock();
        let first = !host.seen.iter().any(|seen| path_of(MODULE, &seen.version) == module);
        for version in versions {
            if !host.seen.iter().any(|seen| seen.version == *version) {
                host.seen.push(Seen {
                    version: version.clone(),
                    first_seen_at: now,
                    in_first_answer: first,
                    commit_time: None,
                });
            }
        }
        Ok(())
    }

    fn seen(&mut self, module: &str) -> Outcome<Vec<Seen>> {
        let mut seen = self.0.lock().seen.clone();
        seen.retain(|seen| path_of(MODULE, &seen.version) == module);
        Ok(seen)
    }

    fn set_commit_time(&mut self, _: &str, version: &Version, at: Timestamp) -> Outcome<()> {
        if let Some(seen) = self.0.lock().seen.iter_mut().find(|seen| seen.version == *version) {
            seen.commit_time = Some(at);
        }
        Ok(())
    }

    fn pin_sum(&mut self, _: &str, version: &Version, sum: &str) -> Outcome<String> {
        self.0.effect("pin", |host| {
            Ok(host.pins.entry(version.to_string()).or_insert_with(|| sum.to_owned()).clone())
        })
    }

    fn committed(&mut self) -> Outcome<Option<Committed>> {
        Ok(self.0.lock().committed.clone())
    }

    fn set_committed(&mut self, committed: &Committed) -> Outcome<()> {
        self.0.effect("set_committed", |host| {
            host.committed = Some(committed.clone());
            Ok(())
        })
    }

    fn paused(&mut self) -> Outcome<Option<Paused>> {
        Ok(self.0.lock().paused.clone())
    }

    fn set_paused(&mut self, paused: Option<&Paused>) -> Outcome<()> {
        self.0.lock().paused = paused.cloned();
        Ok(())
    }

    fn probation(&mut self) -> Outcome<Option<Probation>> {
        Ok(self.0.lock().probation.clone())
    }

    fn set_probation(&mut self, probation: Option<&Probation>) -> Outcome<()> {
        self.0.effect("set_probation", |host| {
            host.probation = probation.cloned();
            Ok(())
        })
    }

    fn staged(&mut self) -> Outcome<Option<Staged>> {
        Ok(self.0.lock().staged.clone())
    }

    fn set_staged(&mut self, staged: Option<&Staged>) -> Outcome<()> {
        self.0.effect("set_staged", |host| {
            host.staged = staged.cloned();
            Ok(())
        })
    }

    fn latest(&mut self) -> Outcome<Latest> {
        Ok(self.0.lock().latest.clone())
    }

    fn set_latest(&mut self, latest: &Latest) -> Outcome<()> {
        self.0.lock().latest = latest.clone();
        Ok(())
    }

    fn alerts(&mut self) -> Outcome<Vec<Alert>> {
        Ok(self.0.lock().alerts.clone())
    }

    fn set_alerts(&mut self, alerts: &[Alert]) -> Outcome<()> {
        self.0.lock().alerts = alerts.to_vec();
        Ok(())
    }

    fn stuck(&mut self) -> Outcome<Option<String>> {
        Ok(self.0.lock().stuck.clone())
    }

    fn set_stuck(&mut self, version: Option<&str>) -> Outcome<()> {
        self.0.effect("set_stuck", |host| {
            host.stuck = version.map(ToOwned::to_owned);
            Ok(())
        })
    }
}

impl Prober for Port {
    fn probe(&mut self, _: &Health) -> Outcome<()> {
        let host = self.0.lock();
        let running = host.running.as_ref().map(|running| running.version.clone());
        match running {
            Some(version) if host.probe_configured && host.probe_fails_for.contains(&version) => {
                Err(Failure::new(Class::Unhealthy, format!("{version} answers 503")))
            }
            _ => Ok(()),
        }
    }

    fn runs_file(&mut self, pid: u32, binary: &Path, sha256: &str) -> Outcome<()> {
        let host = self.0.lock();
        let running = host.running.as_ref().filter(|running| running.pid == pid);
        match running {
            Some(running)
                if Host::sha256(&running.version) == sha256
                    && host.files.get(binary).is_some_and(|there| Host::sha256(there) == sha256) =>
            {
                Ok(())
            }
            other => Err(Failure::new(Class::Unhealthy, format!("process {pid} runs {other:?}"))),
        }
    }
}

impl Machine for Port {
    fn free_space(&mut self, _: &Path) -> Outcome<u64> {
        Ok(1 << 40)
    }

    fn file_size(&mut self, _: &Path) -> Outcome<u64> {
        Ok(13_000_000)
    }

    fn can_write(&mut self, _: &Path) -> Outcome<()> {
        self.0.effect("can_write", |_| Ok(()))
    }

    fn boot_id(&mut self) -> String {
        self.0.lock().boot.to_string()
    }

    fn machine_id(&mut self) -> String {
        "machine".into()
    }

    fn new_run_id(&mut self, now: Timestamp) -> String {
        let mut host = self.0.lock();
        host.elapsed += Duration::from_millis(1);
        let serial = host.history.len();
        format!("{}-{serial:04}", now.strftime("%Y%m%dT%H%M%SZ"))
    }
}

impl Clock for Port {
    fn now(&self) -> Timestamp {
        self.0.lock().now
    }

    fn elapsed(&self) -> Duration {
        self.0.lock().elapsed
    }

    fn pause(&self, duration: Duration, cancel: &Cancel) -> bool {
        self.0.lock().advance(duration);
        cancel.requested()
    }
}

/// So that faults can be armed relative to what already happened.
pub fn arm(host: &Shared, fault: impl FnOnce(usize) -> Fault) {
    let mut host = host.lock();
    let now = host.calls.len();
    host.fault = Some(fault(now));
}
