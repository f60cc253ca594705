//! What a build of the sample agent needs beside its own tree: its dependencies as a second entry of
//! GOPROXY, and a build cache in which everything but the agent is compiled already.
//!
//! A warm cache never holds anything of the modules under test: go keys its module index by folder and
//! version, and would take a version published again with other content for the first one.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use sentinel_updater::cli::demo::{Release, SQLITE_MODULE, SQLITE_VERSION, Tree};

use super::base::Base;
use super::go::{Go, environment};
use super::machine::{Bind, Machine, Setup};
use super::{Result, cache, child};

/// A cold build on a busy machine of two cores takes about three minutes.
pub const COLD_BUILD: Duration = Duration::from_secs(900);
/// A build that finds its dependencies compiled takes two seconds.
pub const WARM_BUILD: Duration = Duration::from_secs(120);

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

/// A build cache for builds on the host with `-trimpath`; go itself keeps parallel builds apart.
pub fn warm_build_cache() -> Result<PathBuf> {
    let go = Go::find()?;
    let name = format!("build-cache-host-{}", key(&go)?);
    cache::entry(&name, |draft| {
        let home = tempfile::tempdir().map_err(|error| error.to_string())?;
        let tree = warm_tree(home.path())?;
        let mut command = go.command(home.path(), draft, &goproxy(&tree)?);
        command.args(["install", "-trimpath", &format!("{WARM_MODULE}@v1.0.0")]);
        child::run(command, COLD_BUILD)?.check()?;
        Ok(())
    })
}

/// The same for builds in a machine, whose C compiler is another one: a folder to put over the base as a
/// layer (see [`Setup::layer`]), with the cache at `place` owned by root.
pub fn warm_machine_layer(base: &Base, place: &str) -> Result<PathBuf> {
    let go = Go::find()?;
    let key = key(&go)?;
    let warm = cache::entry(&format!("build-cache-machine-{key}"), |draft| {
        let home = tempfile::tempdir().map_err(|error| error.to_string())?;
        let tree = warm_tree(home.path())?;
        let machine = Machine::boot(
            base,
            Setup::new()
                .bind(go.bind())
                .bind(Bind::read_only(tree.root(), "/mnt/proxy"))
                .bind(Bind::read_only(dependencies()?, "/mnt/dependencies"))
                .bind(Bind::writable(draft, "/mnt/build-cache")),
        )?;
        let variables = environment(
            Path::new("/root"),
            Path::new("/mnt/build-cache"),
            "file:///mnt/proxy,file:///mnt/dependencies",
        );
        let mut words: Vec<String> = vec!["env".into(), "-C".into(), "/root".into()];
        words.extend(variables.into_iter().map(|(name, value)| format!("{name}={value}")));
        words.extend(["go", "install", "-trimpath"].map(String::from));
        words.push(format!("{WARM_MODULE}@v1.0.0"));
        machine.exec_within(COLD_BUILD, &words)?.check()?;
        Ok(())
    })?;
    let flat = place.replace('/', "-");
    cache::entry(&format!("layer{flat}-{key}"), |draft| {
        let place = draft.join(place.trim_start_matches('/'));
        let parent = place.parent().ok_or("the place of a cache is below the root")?;
        fs::create_dir_all(parent).map_err(|error| error.to_string())?;
        let mut command = Command::new("cp");
        // Hard links: as a lower layer the files are never written to.
        command.args(["-a", "-l"]).arg(&warm).arg(&place);
        child::run(command, Duration::from_secs(120))?.check()?;
        Ok(())
    })
}

fn warm_tree(home: &Path) -> Result<Tree> {
    let tree = Tree::new(home.join("proxy")).map_err(|error| error.to_string())?;
    let release = Release::new("v1.0.0").module(WARM_MODULE).package("");
    tree.publish(&release).map_err(|error| error.to_string())?;
    Ok(tree)
}

/// What makes compiled packages useless when it changes.
fn key(go: &Go) -> Result<String> {
    let path = go.root().join("VERSION");
    let text =
        fs::read_to_string(&path).map_err(|error| format!("cannot read {}: {error}", path.display()))?;
    let version = text.lines().next().unwrap_or("unknown");
    Ok(format!("{version}-sqlite-{SQLITE_VERSION}"))
}
