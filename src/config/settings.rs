//! The table of settings: for every key what it is for, its type, its default, its kind, and the
//! variables of the environment that set it. The file, the environment, `--set`, `config show` and the
//! example file are all driven by it.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use semver::VersionReq;
use toml::{Table, Value};

use super::choices::{LogLevel, Manager, Percent, RestoreDatabase, Toolchain, Viewers};
use super::kinds::Kind;
use super::kinds::commands::{ARGUMENTS, COMMAND, VARIABLES};
use super::kinds::names::{GROUP, MODULE, PACKAGE, SERVICE, TAGS, USER};
use super::kinds::network::{
    CHECKSUM_DATABASE, FORWARD_PROXY, HOSTS, MODULE_PROXIES, PATTERNS, PINNED_RELEASE, PROBE_URL,
};
use super::kinds::places::{DIRECTORIES, OPTIONAL_PATH, PATH, SOCKET, TOOL};
use super::kinds::scalars::{
    CONSTRAINT, COUNT, COUNT_FROM_ONE, DURATION, INTERVAL, PERCENT, SIZE, SIZE_LIMIT, SWITCH, TIMEOUT,
    WINDOWS, choice,
};
use super::load::Reader;
use super::paths::Platform;
use super::redact::Secret;
use super::table::{Base, Key, Section, settings};
use crate::model::Window;

/// Compiling does not get faster with more, and the machine has other work.
const MOST_JOBS: usize = 4;

/// The empty list, as a default.
const NONE: [&str; 0] = [];

settings! { base;
    /// The updater itself.
    updater: Updater {
        /// Name of the updater's service. Build unit, build user, cache and control endpoint are named
        /// after it, so that several instances live side by side.
        service_name: String = base.platform.updater_service(), SERVICE;
        /// Where `install` puts the updater's program.
        binary: PathBuf = base.platform.updater_binary(), PATH;
        /// How often the module system is asked for a new version; 5m to 15m suits production.
        check_interval: Duration = "30s", INTERVAL, ["CHECK_INTERVAL"];
        /// By how much each interval is varied at random, so that a fleet does not ask in step.
        jitter: Percent = "10%", PERCENT;
        /// The least important lines that are logged.
        log_level: LogLevel = "info", choice(), ["LOG_LEVEL"];
        /// Size at which `updater.log` is rotated; 0: never, another program does it.
        max_log_size: u64 = "10MB", SIZE, ["MAX_LOG_SIZE"];
        /// How many rotated log files are kept.
        max_log_files: u32 = 5, COUNT, ["MAX_LOG_FILES"];
    }
    /// The Go daemon that is kept current.
    agent: Agent {
        /// Path of the Go module that the agent is published as.
        module: String = "github.com/BrainStation-23/SentinelGo", MODULE, ["MAIN_AGENT_MODULE"];
        /// The package inside the module that `go install` builds; empty: the module's root.
        package: String = "cmd/sentinel", PACKAGE;
        /// Name of the agent's service, used as it is.
        service_name: String = base.platform.agent_service(), SERVICE, ["MAIN_AGENT_SERVICE_NAME"];
        /// The agent's program, replaced by an update.
        binary: PathBuf = base.platform.agent_binary(), PATH;
        /// Arguments that the service starts the agent with.
        args: Vec<String> = NONE.to_vec(), ARGUMENTS;
        /// Environment that the service gives the agent. The values are never shown.
        env: BTreeMap<String, Secret> = Table::new(), VARIABLES;
        /// User that the agent runs as; empty: root, LocalSystem on Windows.
        user: Option<String> = "", USER;
        /// Arguments with which an agent that registers its own service does so; empty: the updater writes
        /// the definition.
        install_args: Vec<String> = NONE.to_vec(), ARGUMENTS;
        /// The agent's SQLite database, kept across updates and restored by a rollback; empty: it has none.
        database: Option<PathBuf> = base.in_data("sentinel.db"), OPTIONAL_PATH;
        /// The agent's log file; empty: it writes none.
        log: Option<PathBuf> = base.in_data("agent.log"), OPTIONAL_PATH;
        /// Arguments with which the agent prints its version; what it prints is recorded, never compared.
        version_args: Vec<String> = vec!["--version"], ARGUMENTS;
    }
    /// How a version is compiled. The compiler gets this environment and nothing else.
    build: Build {
        /// The go command; auto: looked for in the usual places, and fetched if there is none.
        go: Option<PathBuf> = "auto", TOOL;
        /// Which Go compiles a module that asks for a newer one: only the installed one, or one that is
        /// downloaded.
        toolchain: Toolchain = "local", choice();
        /// The release of Go that is downloaded, and its hash as `go mod download -json` shows it; empty: the
        /// newest one, if the checksum database knows its hash.
        toolchain_sum: Option<String> = "", PINNED_RELEASE;
        /// The C compiler; auto: looked for in the usual places.
        cc: Option<PathBuf> = "auto", TOOL;
        /// More directories for the compiler's PATH.
        path_extra: Vec<PathBuf> = NONE.to_vec(), DIRECTORIES;
        /// Compile with CGO; SQLite needs it.
        cgo: bool = true, SWITCH;
        /// Go build tags.
        tags: Vec<String> = NONE.to_vec(), TAGS;
        /// How many compilers run at the same time; unless given, one for each core and at most 4.
        jobs: u32 = i64::try_from(base.cores.clamp(1, MOST_JOBS)).unwrap_or(1), COUNT_FROM_ONE;
        /// Memory that a build may use; empty: no limit.
        memory_max: Option<u64> = "", SIZE_LIMIT;
        /// How long a build may take.
        timeout: Duration = "30m", TIMEOUT;
        /// User that compiles; empty: the user that the updater runs as.
        user: Option<String> = "", USER;
        /// Keep the compiler's cache between builds: faster, and some hundred megabytes.
        keep_cache: bool = true, SWITCH;
        /// Module proxies; empty: what `go env` says. The word `direct` does not count, see goprivate.
        goproxy: Option<Secret> = "", MODULE_PROXIES, ["GOPROXY"];
        /// Checksum database that every download is compared with; empty: Go's own.
        gosumdb: Option<String> = "", CHECKSUM_DATABASE, ["GOSUMDB"];
        /// Modules of one's own, such as `corp.example/*`: neither a proxy nor the checksum database is asked about
        /// them, and git may fetch them from their own repository.
        goprivate: Option<String> = "", PATTERNS, ["GOPRIVATE"];
        /// Modules that are fetched without a proxy; empty: those of goprivate. With `none`, private modules
        /// come from the proxy.
        gonoproxy: Option<String> = "", PATTERNS, ["GONOPROXY"];
        /// Modules that are not compared with the checksum database; empty: those of goprivate.
        gonosumdb: Option<String> = "", PATTERNS, ["GONOSUMDB"];
        /// Forward proxy for http.
        http_proxy: Option<Secret> = "", FORWARD_PROXY, ["HTTP_PROXY", "http_proxy"];
        /// Forward proxy for https.
        https_proxy: Option<Secret> = "", FORWARD_PROXY, ["HTTPS_PROXY", "https_proxy"];
        /// Hosts that are reached without a forward proxy.
        no_proxy: Option<String> = "", HOSTS, ["NO_PROXY", "no_proxy"];
        /// Certificates (PEM) that are trusted besides the system's.
        ca_file: Option<PathBuf> = "", OPTIONAL_PATH, ["SSL_CERT_FILE"];
        /// Passwords for module proxies and repositories that are reached by https, in the format of netrc.
        netrc: Option<PathBuf> = "", OPTIONAL_PATH, ["NETRC"];
    }
    /// Which versions are taken, and when.
    policy: Policy {
        /// Versions that are taken.
        constraint: Option<VersionReq> = "", CONSTRAINT;
        /// Take prereleases, too.
        prerelease: bool = false, SWITCH;
        /// Take the next major version, too; its module path ends in /vN.
        allow_major: bool = false, SWITCH;
        /// How long a version must have been known before it is taken.
        min_age: Duration = "0s", DURATION;
        /// Switch up to this long after a version appeared, or after the window opened: each host at a moment
        /// of its own, so that a fleet does not switch at once. Keep it shorter than the windows.
        splay: Duration = "0s", DURATION;
        /// When the agent may be stopped for an update; empty: at any time. Building, commands, rollbacks and
        /// a first installation are not bound to it. Times that the clock skips in spring are never open, the
        /// hour that it repeats in autumn is open twice.
        windows: Vec<Window> = NONE.to_vec(), WINDOWS;
        /// How many versions are kept for a rollback.
        keep_versions: u32 = 3, COUNT_FROM_ONE;
        /// When an automatic rollback restores the database: if the schema changed, always or never.
        restore_database: RestoreDatabase = "schema", choice();
        /// An update that is expected to stop the agent for longer is built and waits for `update --force`;
        /// 0s: no limit.
        max_downtime: Duration = "0s", DURATION;
    }
    /// How it is decided that a new version works.
    verify: Verify {
        /// How long the new version must keep running before the update counts as done.
        window: Duration = "60s", DURATION;
        /// A URL that must answer with success.
        probe_http: Option<String> = "", PROBE_URL;
        /// A command that must succeed.
        probe_command: Vec<String> = NONE.to_vec(), COMMAND;
        /// How long after the update a failing agent is still rolled back.
        probation: Duration = "10m", DURATION;
    }
    /// The service manager.
    service: Service {
        /// What runs the services; process: the updater itself, where there is no service manager.
        manager: Manager = "auto", choice();
    }
    /// Who may use the dashboard and the commands.
    control: Control {
        /// Group whose members may steer the updater, besides root; empty: root only.
        group: Option<String> = "sentinelgo", GROUP;
        /// Who may look without steering.
        viewers: Viewers = "none", choice();
    }
    /// Commands that are run when something happened.
    hooks: Hooks {
        /// Run after every run, with the run as JSON on its standard input; it never affects the run.
        on_result: Vec<String> = NONE.to_vec(), COMMAND;
    }
    /// Where files are.
    paths: Paths {
        /// Directory of the agent's database and of the logs.
        data: PathBuf = base.data.as_str(), PATH;
        /// The updater's own state: journal, history, kept versions.
        state: PathBuf = base.in_data("updater"), PATH;
        /// The control endpoint.
        socket: PathBuf = base.platform.socket(&base.service_name), SOCKET;
        /// The compiler's cache and working directories. It may be emptied at any time.
        cache: PathBuf = base.platform.cache(&base.service_name, &base.data), PATH;
    }
}

/// Finds a key by section and name.
pub(super) fn find(section: &str, name: &str) -> Option<&'static Key> {
    KEYS.iter().find(|key| key.section == section && key.name == name)
}
