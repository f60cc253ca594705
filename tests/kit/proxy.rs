//! What a build of the sample agent needs beside its own tree: its dependencies as a second entry of
//! GOPROXY, and a build cache in which everything but the agent is compiled already.
//!
//! SQLite's C flags name the folder of its sources, so a cache is warm only for builds whose module cache
//! lies at the same path: hence one [`Workshop`] for all builds on the host, which take turns.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use sentinel_updater::cli::demo::{Release, SQLITE_MODULE, SQLITE_VERSION, Tree};

use super::base::Base;
use super::go::{Go, environment};
use super::machine::{Bind, Machine, Setup};
use super::{Result, cache, child};

/// The limit on any build: it stops what hangs and judges nothing. Warm it takes two seconds and cold a minute, but
/// a host whose disk is busy has been seen to take a hundred times as long.
pub const BUILD: Duration = Duration::from_secs(900);

/// GOPROXY in a machine of [`machine_setup`].
pub const MACHINE_GOPROXY: &str = "file:///mnt/proxy,file:///mnt/dependencies";
const PROXY: &str = "/mnt/proxy";
const DEPENDENCIES: &str = "/mnt/dependencies";

/// The module that is built to warm a cache.
const WARM_MODULE: &str = "warm.test/agent";

/// The folder that serves the agent's dependencies as `file://…`; fetched once through this host's proxy.
pub fn dependencies() -> Result<PathBuf> {
    let go = Go::find()?;
    let entry = cache::entry(&format!("dependencies-{SQLITE_VERSION}"), |draft| {
        let home = tempfile::tempdir().map_err(|error| error.to_string())?;
        // With the user's own settings: proxy, checksum database, credentials.
        let mut command = Command::new(go.binary());
        command.args(["mod", "download", &format!("{SQLITE_MODULE}@{SQLITE_VERSION}")]);
        command.current_dir(home.path()).env("GOMODCACHE", draft).env("GOFLAGS", "-modcacherw");
        child::run(command, Duration::from_secs(300))?.check()?;
        Ok(())
    })?;
    Ok(entry.join("cache/download"))
}

/// GOPROXY with `tree` before the dependencies.
pub fn goproxy(tree: &Tree) -> Result<String> {
    Ok(format!("{},file://{}", tree.url(), dependencies()?.display()))
}

/// Where builds on the host happen, with `-trimpath`; one at a time has it.
pub struct Workshop {
    go: Go,
    home: PathBuf,
    build_cache: PathBuf,
    _turn: File,
}

impl Workshop {
    /// Waits for the turn; then nothing is here but a warm build cache.
    pub fn enter() -> Result<Self> {
        let go = Go::find()?;
        let turn = cache::lock("workshop")?;
        let home = cache::folder()?.join("workshop");
        let renew = || {
            cache::remove(&home)?;
            fs::create_dir(&home).map_err(|error| format!("cannot create {}: {error}", home.display()))
        };
        renew()?;
        let build_cache = cache::entry(&format!("build-cache-host-{}", key(&go)?), |draft| {
            let proxy = goproxy(&warm_tree(&home)?)?;
            let mut command = go.command(&home, draft, &proxy);
            command.args(["install", "-trimpath", &format!("{WARM_MODULE}@v1.0.0")]);
            child::run(command, BUILD)?.check().map(drop)
        })?;
        renew()?;
        Ok(Self { go, home, build_cache, _turn: turn })
    }

    /// Its folder, empty at first: HOME; results are in `bin`, the module cache in `mod`.
    pub fn home(&self) -> &Path {
        &self.home
    }

    /// A go command with this GOPROXY.
    pub fn go(&self, proxy: &str) -> Command {
        self.go.command(&self.home, &self.build_cache, proxy)
    }
}

/// The same for builds in a machine, whose C compiler is another one: a folder to put over the base as a
/// layer (see [`Setup::layer`]), with the build cache at `build_cache`, owned by root, for builds whose module
/// cache is at `modules`; both are absolute paths in the machine.
pub fn warm_machine_layer(base: &Base, build_cache: &str, modules: &str) -> Result<PathBuf> {
    let go = Go::find()?;
    let name = format!("layer{}{}-{}", build_cache.replace('/', "-"), modules.replace('/', "-"), key(&go)?);
    cache::entry(&name, |draft| {
        let place = draft.join(build_cache.trim_start_matches('/'));
        fs::create_dir_all(&place).map_err(|error| error.to_string())?;
        let home = tempfile::tempdir().map_err(|error| error.to_string())?;
        let tree = warm_tree(home.path())?;
        let machine = Machine::boot(
            base,
            Setup::new()
                .bind(go.bind())
                .bind(Bind::read_only(tree.root(), PROXY))
                .bind(Bind::read_only(dependencies()?, DEPENDENCIES))
                .bind(Bind::writable(&place, build_cache)),
        )?;
        let build =
            machine_go(modules, build_cache, &["install", "-trimpath", &format!("{WARM_MODULE}@v1.0.0")]);
        machine.exec_within(BUILD, &build)?.check().map(drop)
    })
}

/// A machine with go, with `tree` and the dependencies as its module proxies (see [`MACHINE_GOPROXY`]) and with
/// a warm build cache at `build_cache`; see [`warm_machine_layer`].
pub fn machine_setup(base: &Base, tree: &Tree, build_cache: &str, modules: &str) -> Result<Setup> {
    Ok(Setup::new()
        .bind(Go::find()?.bind())
        .bind(Bind::read_only(tree.root(), PROXY))
        .bind(Bind::read_only(dependencies()?, DEPENDENCIES))
        .layer(warm_machine_layer(base, build_cache, modules)?))
}

/// The words of a go command for [`Machine::exec`].
pub fn machine_go(modules: &str, build_cache: &str, arguments: &[&str]) -> Vec<String> {
    let (home, modules, build_cache) = (Path::new("/root"), Path::new(modules), Path::new(build_cache));
    let variables = environment(home, modules, build_cache, MACHINE_GOPROXY).into_iter();
    let mut words: Vec<String> = ["env", "-C", "/root"].map(String::from).into();
    words.extend(variables.map(|(name, value)| format!("{name}={value}")));
    words.push("go".into());
    words.extend(arguments.iter().map(|word| (*word).to_owned()));
    words
}

fn warm_tree(home: &Path) -> Result<Tree> {
    let tree = Tree::new(home.join("proxy")).map_err(|error| error.to_string())?;
    let release = Release::new("v1.0.0").module(WARM_MODULE).package("");
    tree.publish(&release).map_err(|error| error.to_string())?;
    Ok(tree)
}

/// What makes compiled packages useless when it changes.
pub fn key(go: &Go) -> Result<String> {
    let path = go.root().join("VERSION");
    let text =
        fs::read_to_string(&path).map_err(|error| format!("cannot read {}: {error}", path.display()))?;
    let version = text.lines().next().unwrap_or("unknown");
    Ok(format!("{version}-sqlite-{SQLITE_VERSION}"))
}
