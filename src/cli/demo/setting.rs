//! The demo's configuration file, and the settings that it makes.

use std::fmt::Write as _;
use std::fs;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};

use crate::config::{self, ConfigFile, Settings, Sources};
use crate::model::{Class, Failure, Outcome};

use super::tree::Tree;

/// What differs from demo to demo.
pub(super) struct Setting {
    /// Where everything lies.
    pub root: PathBuf,
    /// Where the agent answers.
    pub health: SocketAddr,
    /// The go command; `None`: not known yet.
    pub go: Option<PathBuf>,
    /// Whether there is a C compiler.
    pub cgo: bool,
    /// More places that modules come from, after the demo's own.
    pub modules: Vec<String>,
    /// Settings of the command line.
    pub flags: Vec<(String, String)>,
}

impl Setting {
    /// The beginning: nothing is known of the tools.
    ///
    /// # Errors
    /// `Disk` when there is no free port on the loopback device.
    pub(super) fn new(root: &Path, flags: &[(String, String)]) -> Outcome<Self> {
        let health = TcpListener::bind(("127.0.0.1", 0))
            .and_then(|socket| socket.local_addr())
            .map_err(|error| Failure::new(Class::Disk, "no free port on 127.0.0.1").because(&error))?;
        Ok(Self {
            root: root.to_owned(),
            health,
            go: None,
            cgo: true,
            modules: Vec::new(),
            flags: flags.to_vec(),
        })
    }

    /// The configuration file.
    pub(super) fn file(&self) -> PathBuf {
        self.root.join("updater.toml")
    }

    /// Where the demo's versions are published.
    pub(super) fn tree(&self) -> Outcome<Tree> {
        Tree::new(self.root.join("proxy"))
    }

    /// Writes the file, for the service that is started with it.
    ///
    /// # Errors
    /// `Disk`.
    pub(super) fn write(&self) -> Outcome<()> {
        let mut proxies = vec![self.tree()?.url()];
        proxies.extend(self.modules.iter().cloned());
        let file = self.file();
        let text = format!(
            "{}build.goproxy = {}\nbuild.gosumdb = \"off\"\n",
            self.text(),
            quoted(proxies.join(","))
        );
        fs::write(&file, text).map_err(|error| Failure::io("write", &file, &error))
    }

    /// The settings by the file and nothing else.
    ///
    /// # Errors
    /// `Config`.
    pub(super) fn settings(&self) -> Outcome<Settings> {
        self.load(&|_| None)
    }

    /// The same with what the environment says of module proxies: for looking for Go.
    ///
    /// # Errors
    /// `Config` for a bad variable, `Disk`.
    pub(super) fn around(&self) -> Outcome<Settings> {
        let file = self.file();
        fs::write(&file, self.text()).map_err(|error| Failure::io("write", &file, &error))?;
        self.load(&config::env::read)
    }

    fn load(&self, env: &dyn Fn(&str) -> Option<String>) -> Outcome<Settings> {
        let here = Sources::here(None, Vec::new());
        let sources = Sources {
            platform: here.platform,
            cores: here.cores,
            file: ConfigFile::Named(self.file()),
            env,
            flags: self.flags.clone(),
        };
        Ok(config::load(&sources).map_err(Failure::from)?.settings)
    }

    fn text(&self) -> String {
        let path = |name: &str| quoted(self.root.join(name).display().to_string());
        let exe = std::env::consts::EXE_SUFFIX;
        let mut text = String::new();
        for (key, value) in [
            ("updater.service_name", quoted("sentinel-demo-updater".into())),
            ("updater.check_interval", quoted("1s".into())),
            ("updater.log_level", quoted("debug".into())),
            ("agent.service_name", quoted("sentinel-demo".into())),
            ("agent.binary", path(&format!("bin/sentinel{exe}"))),
            ("agent.args", format!("[\"-period\", \"200ms\", \"-health\", \"{}\"]", self.health)),
            ("agent.env", format!("{{ SENTINEL_DB = {} }}", path("data/sentinel.db"))),
            ("agent.database", path("data/sentinel.db")),
            ("build.cgo", self.cgo.to_string()),
            ("build.toolchain", quoted("auto".into())),
            ("verify.window", quoted("4s".into())),
            ("verify.probe_http", quoted(format!("http://{}/healthz", self.health))),
            ("verify.probation", quoted("0s".into())),
            ("service.manager", quoted("process".into())),
            ("paths.data", path("data")),
            ("paths.state", path("data/updater")),
            ("paths.cache", path("cache")),
            // A folder of its own: its mode is the socket's. And no group: whoever plays the demo steers it.
            ("paths.socket", path("run/control.sock")),
            ("control.group", quoted(String::new())),
        ] {
            // Writing to a String cannot fail.
            let _ = writeln!(text, "{key} = {value}");
        }
        if let Some(go) = &self.go {
            let _ = writeln!(text, "build.go = {}", quoted(go.display().to_string()));
        }
        text
    }
}

/// A TOML string: JSON's escapes are TOML's.
fn quoted(text: String) -> String {
    serde_json::Value::String(text).to_string()
}
