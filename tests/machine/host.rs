//! A machine on which the updater keeps the sample agent current.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use sentinel_updater::cli::demo::{Release, Tree, Variant};
use serde_json::Value;

use crate::kit::base::Base;
use crate::kit::child::Output;
use crate::kit::go::Go;
use crate::kit::machine::{Bind, Machine, Setup};
use crate::kit::{Result, cache, network, proxy};

/// The program under test.
pub(crate) const UPDATER: &str = env!("CARGO_BIN_EXE_sentinel-updater");
pub(crate) const UPDATER_PLACE: &str = "/usr/local/bin/sentinel-updater";
pub(crate) const CACHE: &str = "/var/cache/sentinelgo-updater";
/// The agent's binary.
pub(crate) const BINARY: &str = "/usr/local/bin/sentinel";
/// Time for what takes seconds: it stops what hangs and judges nothing.
const PATIENCE: Duration = Duration::from_secs(240);

/// The machine, and the module proxy that it is offered versions by.
pub(crate) struct Host {
    pub(crate) machine: Machine,
    pub(crate) tree: Tree,
    _folder: tempfile::TempDir,
}

impl Host {
    /// A machine with the updater's program and configuration, and v1.0.0 on offer. Nothing runs yet.
    pub(crate) fn new(base: &Base) -> Result<Self> {
        Self::with(base, "")
    }

    /// The same with more settings.
    pub(crate) fn with(base: &Base, settings: &str) -> Result<Self> {
        let host = Self::boot(base, Setup::new().layer(warm_cache(base)?))?;
        host.configure(settings);
        Ok(host)
    }

    fn boot(base: &Base, setup: Setup) -> Result<Self> {
        let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
        let tree = Tree::new(folder.path().join("proxy")).map_err(|error| error.to_string())?;
        tree.publish(&Release::new("v1.0.0")).map_err(|error| error.to_string())?;
        let setup = setup
            .bind(Go::find()?.bind())
            .bind(Bind::read_only(tree.root(), "/mnt/proxy"))
            .bind(Bind::read_only(proxy::dependencies()?, "/mnt/dependencies"))
            .bind(Bind::read_only(UPDATER, UPDATER_PLACE));
        let machine = Machine::boot(base, setup)?;
        machine.write("/etc/systemd/system/sentinelgo-updater.service", unit());
        machine.exec(&["systemctl", "daemon-reload"]).ok();
        Ok(Self { machine, tree, _folder: folder })
    }

    /// Writes the configuration: the usual places, the fixture's proxy, a short window, and `more`.
    pub(crate) fn configure(&self, more: &str) {
        let port = self.machine.port();
        let mut text = format!(
            r#"
            updater.log_level = "debug"
            agent.args = ["-health", "127.0.0.1:{port}", "-period", "50ms"]
            agent.env = {{ SENTINEL_DB = "/var/lib/sentinelgo/sentinel.db" }}
            build.goproxy = "{}"
            build.gosumdb = "off"
            "#,
            proxy::MACHINE_GOPROXY
        );
        for (name, usual) in [("updater.check_interval", "1s"), ("verify.window", "3s")] {
            if !more.contains(name) {
                text.push_str(&format!("{name} = \"{usual}\"\n"));
            }
        }
        text.push_str(more);
        self.machine.sh("mkdir -p /etc/sentinelgo /var/lib/sentinelgo");
        self.machine.write("/etc/sentinelgo/updater.toml", text);
    }

    /// Puts a version on offer.
    pub(crate) fn publish(&self, version: &str, variant: Variant) -> Result<()> {
        self.tree.publish(&Release::new(version).variant(variant)).map_err(|error| error.to_string())
    }

    /// A command of the updater, to its end.
    pub(crate) fn updater(&self, words: &[&str]) -> Output {
        let mut all = vec![UPDATER_PLACE];
        all.extend(words);
        self.machine.exec_within(PATIENCE, &all).unwrap_or_else(|error| panic!("{words:?}: {error}"))
    }

    /// `run --once`, which must end with `code`.
    pub(crate) fn once(&self, code: i32) -> Output {
        let output = self.updater(&["run", "--once"]);
        assert_eq!(output.code, Some(code), "{output}");
        output
    }

    /// `history --json`: the newest run first.
    pub(crate) fn history(&self) -> Vec<Value> {
        let output = self.updater(&["history", "--json"]).ok();
        serde_json::from_str(&output.stdout).unwrap_or_else(|error| panic!("{error}: {output}"))
    }

    /// `status --json`, whatever its exit code.
    pub(crate) fn status(&self) -> Value {
        let output = self.updater(&["status", "--json"]);
        serde_json::from_str(&output.stdout).unwrap_or_else(|error| panic!("{error}: {output}"))
    }

    /// The newest run, which must have this verdict.
    pub(crate) fn last_run(&self, verdict: &str) -> Value {
        let run = self.history().into_iter().next().expect("a run");
        assert_eq!(run["verdict"], verdict, "{run:#}");
        run
    }

    /// The version that answers at the agent's health address, once it does.
    pub(crate) fn agent_version(&self) -> String {
        self.health()["version"].as_str().unwrap_or_default().to_owned()
    }

    /// The agent's health by its own word, once it answers.
    pub(crate) fn health(&self) -> Value {
        self.wait("the agent answers", || {
            let (status, body) = network::get(self.machine.port(), "/healthz").ok()?;
            (status == 200).then(|| serde_json::from_str(&body).ok()).flatten()
        })
    }

    /// The agent's main process.
    pub(crate) fn pid(&self) -> String {
        self.show("sentinelgo", "MainPID")
    }

    /// A property of a unit.
    pub(crate) fn show(&self, unit: &str, property: &str) -> String {
        let property = format!("--property={property}");
        self.machine.exec(&["systemctl", "show", "--value", &property, unit]).ok().stdout.trim().to_owned()
    }

    /// Starts the updater's service.
    pub(crate) fn start_service(&self) {
        self.machine
            .exec_within(PATIENCE, &["systemctl", "start", "sentinelgo-updater"])
            .expect("an end")
            .ok();
    }

    /// Waits until `look` finds something.
    pub(crate) fn wait<T>(&self, what: &str, mut look: impl FnMut() -> Option<T>) -> T {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(found) = look() {
                return found;
            }
            if Instant::now() > deadline {
                let journal = self.machine.sh("journalctl --no-pager --lines=80").stdout;
                panic!("waited in vain until {what}; the journal says\n{journal}");
            }
            std::thread::park_timeout(Duration::from_millis(20));
        }
    }

    /// Waits for a line of the updater's log that contains `text`.
    pub(crate) fn wait_for_log(&self, text: &str) {
        let log = self.machine.path("/var/lib/sentinelgo/updater.log");
        self.wait(&format!("the log says `{text}`"), || {
            std::fs::read_to_string(&log).unwrap_or_default().contains(text).then_some(())
        });
    }

    /// Rows of the agent's database, oldest first, as text.
    pub(crate) fn rows(&self) -> Vec<String> {
        let output =
            self.machine.sh("sqlite3 /var/lib/sentinelgo/sentinel.db 'SELECT id FROM beats ORDER BY id'");
        output.ok().stdout.lines().map(ToOwned::to_owned).collect()
    }

    /// Installs v1.0.0 with `run --once`.
    pub(crate) fn install(&self) {
        self.once(0);
        let run = self.last_run("updated");
        assert_eq!((&run["kind"], &run["to"]), (&"install".into(), &"v1.0.0".into()));
        assert_eq!(self.agent_version(), "v1.0.0");
    }
}

/// The unit as it is shipped.
fn unit() -> Vec<u8> {
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/sentinelgo-updater.service"))
        .expect("the shipped unit")
}

/// A build cache in which everything but the agent is compiled, made by the updater itself: its compiler
/// gets an environment of its own, and another one would find nothing in it.
fn warm_cache(base: &Base) -> Result<PathBuf> {
    let go = Go::find()?;
    cache::entry(&format!("updater-{}", proxy::key(&go)?), |draft| {
        let place = draft.join(CACHE.trim_start_matches('/'));
        std::fs::create_dir_all(&place).map_err(|error| error.to_string())?;
        let host = Host::boot(base, Setup::new().bind(Bind::writable(&place, CACHE)))?;
        host.configure("");
        host.install();
        Ok(())
    })
}
