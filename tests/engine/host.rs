//! A whole host in memory: what is on its disk survives a kill of the updater, as on a real one.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use sentinel_updater::model::status::{Alert, Latest, Paused};
use sentinel_updater::model::{
    Class, Failure, Held, Kept, Outcome, Probation, Record, Run, Snapshot, Staged, Timestamp,
};
use sentinel_updater::ports::{Committed, Offered, Seen};

/// How a version behaves once it runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Nature {
    /// Runs for ever.
    Good,
    /// Ends after so many milliseconds, again and again.
    CrashesAfter(u64),
    /// Does not compile.
    Broken,
}

/// A version in the module system.
#[derive(Debug, Clone)]
pub struct Release {
    pub nature: Nature,
    pub schema: i64,
    pub retracted: Option<String>,
}

/// The agent's database: its layout and its rows, each with the version that wrote it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Database {
    pub schema: i64,
    pub rows: Vec<String>,
}

/// What is to go wrong, and where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The call fails, `times` times.
    Fail { call: usize, times: u32 },
    /// The updater is killed before the call has its effect.
    KillBefore(usize),
    /// The updater is killed after it had.
    KillAfter(usize),
}

/// The payload of the panic that stands for SIGKILL.
pub struct Killed;

/// Everything outside the engine.
pub struct Host {
    pub now: Timestamp,
    pub elapsed: Duration,
    pub boot: u32,
    /// Files: path to version (the content is the version).
    pub files: BTreeMap<PathBuf, String>,
    pub unit: Option<String>,
    pub masked: bool,
    pub running: Option<Running>,
    pub failed: bool,
    pub restarts: u32,
    pub invocations: u32,
    pub system_stopping: bool,
    pub database: Option<Database>,
    pub snapshots: BTreeMap<PathBuf, Database>,
    pub aside: Vec<(String, Database)>,
    pub journal: Vec<Record>,
    pub kept: Vec<Kept>,
    pub releases: BTreeMap<String, Release>,
    pub source_down: bool,
    pub checks: u32,
    /// Modules that the source was asked about, in order.
    pub asked: Vec<String>,
    pub builds: u32,
    // What the updater remembers.
    pub history: BTreeMap<String, Run>,
    pub held: Vec<Held>,
    pub seen: Vec<Seen>,
    pub pins: BTreeMap<String, String>,
    pub committed: Option<Committed>,
    pub paused: Option<Paused>,
    pub probation: Option<Probation>,
    pub latest: Latest,
    pub alerts: Vec<Alert>,
    pub stuck: Option<String>,
    pub staged: Option<Staged>,
    /// Effects so far, by name: the points at which a fault can strike.
    pub calls: Vec<String>,
    pub fault: Option<Fault>,
    /// The wall clock jumps at this effect, by so many hours.
    pub jump: Option<(usize, i64)>,
    pub fingerprint: String,
    pub probe_fails_for: Vec<String>,
    pub probe_configured: bool,
    pub hook: Option<Hook>,
}

/// What somebody else does while the agent is watched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hook {
    /// `systemctl restart`.
    OperatorRestarts,
    /// `kill -9` of the agent.
    Kills,
    /// The machine goes down: everything is stopped.
    SystemStops,
}

/// A process of the agent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Running {
    pub version: String,
    pub pid: u32,
    pub since: Duration,
}

/// The host, shared by all ports of a world.
#[derive(Clone)]
pub struct Shared(pub Arc<Mutex<Host>>);

pub const BINARY: &str = "/usr/local/bin/sentinel";
pub const BACKUP: &str = "/usr/local/bin/sentinel.backup";
pub const STAGED: &str = "/usr/local/bin/.sentinel.next";
pub const DATABASE: &str = "/var/lib/sentinelgo/sentinel.db";

impl Shared {
    /// A host with a running agent at `version` (`None`: without one).
    pub fn new(version: Option<&str>, releases: &[(&str, Nature, i64)]) -> Self {
        let mut host = Host {
            now: "2026-01-02T03:04:05Z".parse().expect("a time"),
            elapsed: Duration::from_secs(1000),
            boot: 1,
            files: BTreeMap::new(),
            unit: None,
            masked: false,
            running: None,
            failed: false,
            restarts: 0,
            invocations: 0,
            system_stopping: false,
            database: None,
            snapshots: BTreeMap::new(),
            aside: Vec::new(),
            journal: Vec::new(),
            kept: Vec::new(),
            releases: BTreeMap::new(),
            source_down: false,
            checks: 0,
            asked: Vec::new(),
            builds: 0,
            history: BTreeMap::new(),
            held: Vec::new(),
            seen: Vec::new(),
            pins: BTreeMap::new(),
            committed: None,
            paused: None,
            probation: None,
            latest: Latest::default(),
            alerts: Vec::new(),
            stuck: None,
            staged: None,
            calls: Vec::new(),
            fault: None,
            jump: None,
            fingerprint: "go1.26.8 gcc12".into(),
            probe_fails_for: Vec::new(),
            probe_configured: false,
            hook: None,
        };
        for (version, nature, schema) in releases {
            host.releases
                .insert((*version).to_owned(), Release { nature: *nature, schema: *schema, retracted: None });
        }
        if let Some(version) = version {
            host.files.insert(BINARY.into(), version.to_owned());
            host.unit = Some("unit".into());
            host.database = Some(Database { schema: 1, rows: vec![format!("written by {version}")] });
            host.start();
        }
        Self(Arc::new(Mutex::new(host)))
    }

    pub fn lock(&self) -> MutexGuard<'_, Host> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Every effect passes here: the place where faults strike.
    pub fn effect<T>(&self, name: &str, effect: impl FnOnce(&mut Host) -> Outcome<T>) -> Outcome<T> {
        let mut host = self.lock();
        let call = host.calls.len();
        host.calls.push(name.to_owned());
        if let Some((at, hours)) = host.jump
            && at == call
        {
            host.jump_clock(hours);
        }
        match host.fault {
            Some(Fault::Fail { call: at, times }) if call >= at && times > 0 && host.calls[at] == name => {
                host.fault = Some(Fault::Fail { call: at, times: times - 1 });
                Err(Failure::new(Class::Disk, format!("injected failure of {name}")))
            }
            Some(Fault::KillBefore(at)) if call == at => {
                host.fault = None;
                drop(host);
                std::panic::panic_any(Killed);
            }
            Some(Fault::KillAfter(at)) if call == at => {
                host.fault = None;
                let result = effect(&mut host);
                drop(host);
                drop(result);
                std::panic::panic_any(Killed);
            }
            _ => effect(&mut host),
        }
    }
}

impl Host {
    /// The version of a file's content is the content: its hash is made from it.
    pub fn sha256(version: &str) -> String {
        format!("sha256-of-{version}-0123456789abcdef")
    }

    pub fn release(&self, version: &str) -> Option<&Release> {
        self.releases.get(version)
    }

    /// What the service manager does on start.
    pub fn start(&mut self) {
        let Some(version) = self.files.get(&PathBuf::from(BINARY)).cloned() else {
            self.failed = true;
            return;
        };
        self.failed = false;
        self.restarts = 0;
        self.launch(version);
    }

    fn launch(&mut self, version: String) {
        self.invocations += 1;
        let schema = self.release(&version).map_or(1, |release| release.schema);
        let database = self.database.get_or_insert(Database { schema, rows: Vec::new() });
        if database.schema > schema {
            // As the sample agent does: a newer layout than it knows ends it at once.
            self.running = None;
            self.failed = true;
        } else {
            database.schema = schema;
            database.rows.push(format!("written by {version}"));
            self.running = Some(Running { version, pid: 100 + self.invocations, since: self.elapsed });
        }
    }

    /// Lets time pass: agents that crash do, and are restarted by the service manager.
    pub fn advance(&mut self, time: Duration) {
        self.elapsed += time;
        self.now = self.now.checked_add(time).expect("in range");
        self.crash();
    }

    /// Somebody sets the wall clock; what counts time since boot does not see it.
    pub fn jump_clock(&mut self, hours: i64) {
        self.now = self.now.checked_add(jiff::SignedDuration::from_hours(hours)).expect("in range");
    }

    /// When the running agent will end by itself.
    pub fn ends_at(&self) -> Option<Duration> {
        let running = self.running.as_ref()?;
        match self.release(&running.version)?.nature {
            Nature::CrashesAfter(ms) => Some(running.since + Duration::from_millis(ms)),
            _ => None,
        }
    }

    fn crash(&mut self) {
        if self.ends_at().is_some_and(|at| self.elapsed >= at) {
            self.restarts += 1;
            let restarts = self.restarts;
            let version = self.running.take().expect("it runs").version;
            self.launch(version);
            self.restarts = restarts;
        }
    }

    /// The plug is pulled and put back: boot starts what is enabled.
    pub fn reboot(&mut self) {
        self.boot += 1;
        self.running = None;
        self.failed = false;
        self.system_stopping = false;
        self.elapsed = Duration::from_secs(5);
        if self.unit.is_some() && !self.masked {
            self.start();
        }
    }

    /// The versions on offer, ascending.
    pub fn offered(&self) -> Vec<Offered> {
        let mut offered: Vec<Offered> = self
            .releases
            .iter()
            .map(|(version, release)| Offered {
                version: version.parse().expect("a version"),
                retracted: release.retracted.clone(),
            })
            .collect();
        offered.sort_by(|a, b| a.version.cmp(&b.version));
        offered
    }

    pub fn snapshot(&mut self, id: &str) -> Option<Snapshot> {
        let database = self.database.clone()?;
        let path = PathBuf::from(format!("/var/lib/sentinelgo/updater/snapshots/{id}.db"));
        let schema = database.schema;
        self.snapshots.insert(path.clone(), database);
        Some(Snapshot {
            path,
            database: DATABASE.into(),
            at: self.now,
            schema: Some(sentinel_updater::model::snapshot::Schema {
                schema_version: schema,
                user_version: schema,
            }),
            size: 4096,
            method: "copy".into(),
        })
    }
}
