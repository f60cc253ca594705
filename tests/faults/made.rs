//! What is made once and used by every case: the binaries of all versions, built by the real go; the versions
//! on offer; the disks to start from.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, OnceLock};
use std::time::Duration;

use sentinel_updater::cli::demo::{Release, Tree, Variant};

use super::plan::{Blow, Disk, Strike};
use super::stand::run;
use super::{lane, play};
use crate::kit::proxy::{BUILD, Workshop};
use crate::kit::{Result, cache, child, proxy};

/// Installed at first.
pub(crate) const OLD: &str = "v1.0.0";
/// A good version.
pub(crate) const NEW: &str = "v1.1.0";
/// Exits one second after each start.
pub(crate) const CRASHES: &str = "v1.1.1";
/// Migrates the database, then exits one second after each start.
pub(crate) const MIGRATES: &str = "v1.1.2";
/// A good version on offer when all is over.
pub(crate) const LATER: &str = "v1.2.0";

/// Trees by name, and what they offer.
const TREES: [(&str, &[&str]); 6] = [
    ("old", &[OLD]),
    ("new", &[OLD, NEW]),
    ("crashes", &[OLD, CRASHES]),
    ("migrates", &[OLD, MIGRATES]),
    ("later", &[OLD, NEW, LATER]),
    ("nothing", &[]),
];

const VERSIONS: [(&str, Variant); 5] = [
    (OLD, Variant::Good),
    (NEW, Variant::Good),
    // The schema is what it was.
    (CRASHES, Variant::SchemaChangeThenFail(1)),
    (MIGRATES, Variant::SchemaChangeThenFail(2)),
    (LATER, Variant::Good),
];

/// The go of the cases: what it is to install was built before, everything else the real one does.
const GO: &str = r#"#!/bin/sh
export GOROOT=/mnt/go
for last; do :; done
built=BUILT/${last##*@}
if [ "$1" = install ] && [ -f "$built" ]; then
  exec cp "$built" "$GOBIN/sentinel"
fi
exec /mnt/go.real/bin/go "$@"
"#;

static MADE: OnceLock<Result<(PathBuf, File)>> = OnceLock::new();

/// The folder that holds all of it; the file is the turn of this program to have it.
pub(crate) fn folder() -> Result<PathBuf> {
    let made = MADE.get_or_init(|| {
        let turn = cache::lock("faults")?;
        let folder = cache::folder()?.join("faults");
        // What a run that was ended has left.
        cache::remove(&folder)?;
        fs::create_dir(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        make(&folder)?;
        Ok((folder, turn))
    });
    made.as_ref().map(|(folder, _)| folder.clone()).map_err(Clone::clone)
}

/// Removes it when all is over, if it was made.
pub(crate) fn remove() -> Result<()> {
    match MADE.get() {
        Some(_) => cache::remove(&cache::folder()?.join("faults")),
        None => Ok(()),
    }
}

fn make(folder: &Path) -> Result<()> {
    let fail = |error: std::io::Error| format!("{}: {error}", folder.display());
    for name in ["images", "trees", "built"] {
        fs::create_dir(folder.join(name)).map_err(fail)?;
    }
    std::os::unix::fs::symlink(proxy::dependencies()?, folder.join("dependencies")).map_err(fail)?;
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/faults/cut.c");
    run("gcc", &["-o", &folder.join("cut").display().to_string(), source])?;
    let go = folder.join("go");
    fs::write(&go, GO.replace("BUILT", &folder.join("built").display().to_string())).map_err(fail)?;
    fs::set_permissions(&go, fs::Permissions::from_mode(0o755)).map_err(fail)?;
    for (name, versions) in TREES {
        offer(&folder.join("trees").join(name), versions)?;
    }
    let every: Vec<&str> = VERSIONS.iter().map(|(version, _)| *version).collect();
    let all = offer(&folder.join("trees/all"), &every)?;
    let workshop = Workshop::enter()?;
    for version in every {
        build(&workshop, &all, version, &folder.join("built").join(version))?;
    }
    Ok(())
}

fn offer(place: &Path, versions: &[&str]) -> Result<Tree> {
    let tree = Tree::new(place).map_err(|error| error.to_string())?;
    for (version, variant) in VERSIONS.iter().filter(|(version, _)| versions.contains(version)) {
        tree.publish(&Release::new(version).variant(*variant)).map_err(|error| error.to_string())?;
    }
    Ok(tree)
}

fn build(workshop: &Workshop, tree: &Tree, version: &str, to: &Path) -> Result<()> {
    let module = format!("github.com/BrainStation-23/SentinelGo/cmd/sentinel@{version}");
    let mut command: Command = workshop.go(&proxy::goproxy(tree)?);
    command.args(["install", "-trimpath", &module]);
    child::run(command, BUILD)?.check()?;
    let built = workshop.home().join("bin/sentinel");
    fs::copy(&built, to).map_err(|error| format!("{}: {error}", built.display()))?;
    fs::remove_file(&built).map_err(|error| error.to_string())
}

/// The disks to start from: `old` runs the old version.
pub(crate) fn images() -> Result<()> {
    static IMAGES: OnceLock<Result<()>> = OnceLock::new();
    IMAGES.get_or_init(|| [Disk::Ext4, Disk::Xfs].into_iter().try_for_each(installed)).clone()
}

fn installed(disk: Disk) -> Result<()> {
    let strike = Strike { words: play::service(), fault: "count".to_owned(), blow: Blow::None };
    let mut case = super::kills::INSTALL.case(disk, vec![strike]);
    case.save = Some("old".to_owned());
    let reports = lane::play_all(std::slice::from_ref(&case))?;
    play::all_hold(&[case], &reports)
}

/// The digest of a version's binary; each is read once in a lane.
pub(crate) fn digest(made: &Path, version: &str) -> Result<String> {
    static KNOWN: Mutex<BTreeMap<String, String>> = Mutex::new(BTreeMap::new());
    let mut known = KNOWN.lock().map_err(|_| "a digest failed")?;
    if let Some(digest) = known.get(version) {
        return Ok(digest.clone());
    }
    let path = made.join("built").join(version);
    let digest = sentinel_updater::host::digest::sha256_file(&path).map_err(|failure| failure.to_string())?;
    known.insert(version.to_owned(), digest.clone());
    Ok(digest)
}

/// Time for anything that takes seconds.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);
