//! What the room needs to know, as plain values.

use std::path::PathBuf;
use std::time::Duration;

/// Everything that can be chosen about a build. Empty texts mean "not set": the go command's default.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// The go command.
    pub go: Choice,
    /// The C compiler.
    pub cc: Choice,
    /// May go fetch and run a newer release of itself when a module needs one?
    pub fetch_toolchain: bool,
    /// Where go and the C compiler are looked for first: the directories of the service's own PATH.
    pub search: Vec<PathBuf>,
    /// More directories for the build's PATH.
    pub path_extra: Vec<PathBuf>,
    /// Build with C.
    pub cgo: bool,
    /// Build tags.
    pub tags: Vec<String>,
    /// How many compilers run at once, and GOMAXPROCS; at least one.
    pub jobs: u32,
    /// The most memory in bytes, where the runner can enforce it.
    pub memory_max: Option<u64>,
    /// The most that one build may take, download included.
    pub timeout: Duration,
    /// The user that builds, by name or number, where the runner can choose.
    pub user: Option<String>,
    /// Keep compiled packages and modules for the next build.
    pub keep_cache: bool,
    /// Where modules come from.
    pub modules: Modules,
    /// How the network is reached.
    pub network: Network,
    /// Compiled packages and downloaded modules. Belongs to the builder alone.
    pub cache: PathBuf,
    /// What one build needs and leaves. Belongs to the builder alone.
    pub work: PathBuf,
    /// Where the whole output of each build is kept.
    pub logs: PathBuf,
    /// Fetched releases of Go. Root's alone: what lies there is run.
    pub releases: PathBuf,
    /// The release that is fetched, and its hash; `None`: the newest, if the checksum database vouches for it.
    pub pin: Option<Pin>,
}

/// A release of Go and the hash of its archive, by an administrator's word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pin {
    /// `go1.26.8`.
    pub release: String,
    /// `h1:…`.
    pub sum: String,
}

/// A program that is configured or searched for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Choice {
    /// The first good one in the usual places.
    Auto,
    /// This one and no other.
    Path(PathBuf),
}

/// The go command's module variables of the same names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Modules {
    /// GOPROXY. The word `direct` in it does not count: only what `goprivate` names comes directly.
    pub goproxy: String,
    /// GOSUMDB.
    pub gosumdb: String,
    /// GOPRIVATE.
    pub goprivate: String,
    /// GONOPROXY.
    pub gonoproxy: String,
    /// GONOSUMDB.
    pub gonosumdb: String,
}

/// The way to the network.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Network {
    /// HTTP_PROXY.
    pub http_proxy: String,
    /// HTTPS_PROXY.
    pub https_proxy: String,
    /// NO_PROXY.
    pub no_proxy: String,
    /// Certificates to trust (SSL_CERT_FILE).
    pub ca_file: Option<PathBuf>,
    /// Passwords (NETRC). The build's user must be able to read it.
    pub netrc: Option<PathBuf>,
}

impl Options {
    /// Builds of one's own in the given directories, with the go command's defaults for the rest.
    pub fn new(cache: impl Into<PathBuf>, work: impl Into<PathBuf>, logs: impl Into<PathBuf>) -> Self {
        let cache = cache.into();
        Self {
            go: Choice::Auto,
            cc: Choice::Auto,
            fetch_toolchain: false,
            search: Vec::new(),
            path_extra: Vec::new(),
            cgo: true,
            tags: Vec::new(),
            jobs: std::thread::available_parallelism()
                .map_or(1, |cores| u32::try_from(cores.get()).unwrap_or(1))
                .min(4),
            memory_max: None,
            timeout: Duration::from_secs(30 * 60),
            user: None,
            keep_cache: true,
            modules: Modules::default(),
            network: Network::default(),
            releases: cache.with_file_name("releases"),
            pin: None,
            cache,
            work: work.into(),
            logs: logs.into(),
        }
    }
}
