//! The folder outside the clone that holds what is slow to make. Everything in it can be made again.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use super::Result;

/// `$SENTINEL_TEST_CACHE`, else the user's cache folder; created when missing.
pub fn folder() -> Result<PathBuf> {
    let variable = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let folder = variable("SENTINEL_TEST_CACHE")
        .or_else(|| variable("XDG_CACHE_HOME").map(|caches| caches.join("sentinel-updater-tests")))
        .or_else(|| variable("HOME").map(|home| home.join(".cache/sentinel-updater-tests")))
        .ok_or("none of SENTINEL_TEST_CACHE, XDG_CACHE_HOME and HOME is set")?;
    fs::create_dir_all(&folder).map_err(|error| format!("cannot create {}: {error}", folder.display()))?;
    Ok(folder)
}

/// The entry `name` of the cache, made by `make` if it is not there.
///
/// `make` fills a folder that is moved into place when it is complete, so that an interrupted run leaves
/// no half entry. Several test programs may ask at once: one makes, the others wait.
pub fn entry(name: &str, make: impl FnOnce(&Path) -> Result<()>) -> Result<PathBuf> {
    let place = folder()?.join(name);
    let _turn = lock(name)?;
    if place.is_dir() {
        return Ok(place);
    }
    let draft = place.with_extension("draft");
    remove(&draft)?;
    fs::create_dir(&draft).map_err(|error| format!("cannot create {}: {error}", draft.display()))?;
    make(&draft)?;
    fs::rename(&draft, &place).map_err(|error| format!("cannot create {}: {error}", place.display()))?;
    Ok(place)
}

/// Waits for the turn to make `name`; held until dropped.
pub fn lock(name: &str) -> Result<File> {
    let path = folder()?.join(format!("{name}.lock"));
    let file = File::create(&path).map_err(|error| format!("cannot create {}: {error}", path.display()))?;
    file.lock().map_err(|error| format!("cannot lock {}: {error}", path.display()))?;
    Ok(file)
}

/// Removes a folder with all it holds; no error if it is not there.
pub fn remove(folder: &Path) -> Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(format!("cannot remove {}: {error}", folder.display()))
        }
        _ => Ok(()),
    }
}
