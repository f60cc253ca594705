//! The agent's binary, `BINARY.backup` and `.BINARY.next` beside it.
//!
//! All three lie in one directory, so that each change is one rename there; the version store may be on
//! another file system. What replaces the binary gets its owner, mode, access list, capabilities and
//! label. Digests are remembered by stamp, because `install` happens while the agent is down.

mod digests;
#[cfg(all(test, unix))]
mod tests;

use std::path::Path;

use self::digests::Digests;
use super::versions;
use crate::host::atomic::{self, Hash};
use crate::host::stamp::Stamp;
use crate::host::{Attributes, digest};
use crate::model::plan::AgentPlace;
use crate::model::{BuildInfo, Class, Failure, Installed, Kept, Outcome};
use crate::ports::AgentFiles;

/// Reads the build information embedded in a binary; `None`: it has none.
pub type ReadBuildInfo = Box<dyn Fn(&Path) -> Outcome<Option<BuildInfo>> + Send>;

/// The agent's files on this host.
pub struct BinaryFiles {
    read_build_info: ReadBuildInfo,
    digests: Digests,
    /// What `installed` said last, and of which file.
    last: Option<(Stamp, Installed)>,
}

impl BinaryFiles {
    /// Files whose build information is read by `read_build_info`.
    pub fn new(read_build_info: ReadBuildInfo) -> Self {
        Self { read_build_info, digests: Digests::default(), last: None }
    }

    /// Whether the file at `path` has the content `sha256`. An unreadable one has not.
    fn holds(&mut self, path: &Path, sha256: &str) -> bool {
        matches!(self.digests.of(path), Ok(Some(found)) if found == sha256)
    }

    /// What a file put in the binary's place must look like: like the binary, or like its backup if it
    /// is gone. `None`: neither tells.
    fn attributes(place: &AgentPlace) -> Outcome<Option<Attributes>> {
        if let Some((file, _)) = digests::open(&place.binary)? {
            return Attributes::of_file(&file)
                .map(Some)
                .map_err(|error| Failure::io("read the attributes of", &place.binary, &error));
        }
        // A backup that cannot be looked at is no help, but not in the way either.
        let backup = digests::open(&place.backup).ok().flatten();
        Ok(backup.and_then(|(file, _)| Attributes::of_file(&file).ok()))
    }
}

impl AgentFiles for BinaryFiles {
    fn installed(&mut self, path: &Path) -> Outcome<Option<Installed>> {
        let Some((_, stamp)) = digests::open(path)? else { return Ok(None) };
        if let Some((known, installed)) = &self.last
            && *known == stamp
        {
            return Ok(Some(installed.clone()));
        }
        let Some(sha256) = self.digests.of(path)? else { return Ok(None) };
        let info = (self.read_build_info)(path)?;
        let installed = Installed {
            version: info.as_ref().and_then(BuildInfo::version),
            module: info.map(|info| info.main.path),
            sha256,
        };
        // Replaced between the two looks: the next call tells what is there now.
        let same = digests::open(path)?.is_some_and(|(_, now)| now == stamp);
        self.last =
            (same && stamp.is_settled(std::time::SystemTime::now())).then(|| (stamp, installed.clone()));
        Ok(Some(installed))
    }

    fn stage(&mut self, kept: &Kept, place: &AgentPlace) -> Outcome<()> {
        let context = |failure: Failure| failure.context(format!("cannot stage version {}", kept.version));
        let attributes = Self::attributes(place).map_err(context)?.unwrap_or_default();
        let copied = atomic::copy(&kept.path, &place.staged, &attributes, Hash::Sha256).map_err(context)?;
        if copied.sha256.as_deref() != Some(kept.sha256.as_str()) {
            atomic::remove(&place.staged)?;
            return Err(Failure::new(
                Class::Security,
                format!("the kept binary `{}` was changed", kept.path.display()),
            )
            .hint("remove its folder and build the version again"));
        }
        self.digests.learn(&place.staged, &kept.sha256);
        versions::set_attributes(kept, &attributes).map_err(context)?;
        Ok(())
    }

    fn back_up(&mut self, place: &AgentPlace) -> Outcome<()> {
        let context = |failure: Failure| failure.context("cannot back up the agent's binary");
        let Some((mut file, stamp)) = digests::open(&place.binary).map_err(context)? else {
            return Err(context(Failure::new(
                Class::Disk,
                format!("`{}` is not there", place.binary.display()),
            )));
        };
        let attributes = Attributes::of_file(&file)
            .map_err(|error| context(Failure::io("read the attributes of", &place.binary, &error)))?;
        let copied = atomic::copy_file(&mut file, &place.binary, &place.backup, &attributes, Hash::Sha256)
            .map_err(context)?;
        if let Some(sha256) = &copied.sha256 {
            self.digests.learn(&place.backup, sha256);
            self.digests.learn_settled(stamp, &file, sha256);
        }
        Ok(())
    }

    fn install(&mut self, place: &AgentPlace, sha256: &str) -> Outcome<()> {
        if self.digests.of(&place.binary)?.as_deref() == Some(sha256) {
            return Ok(());
        }
        if !self.holds(&place.staged, sha256) {
            return Err(Failure::new(Class::Proof, format!("cannot install `{}`", place.binary.display()))
                .cause(format!("`{}` does not hold the proven binary {sha256}", place.staged.display())));
        }
        atomic::rename(&place.staged, &place.binary)?;
        self.digests.learn(&place.binary, sha256);
        Ok(())
    }

    fn put_back(&mut self, place: &AgentPlace, kept: Option<&Kept>, sha256: &str) -> Outcome<()> {
        if self.digests.of(&place.binary)?.as_deref() == Some(sha256) {
            return Ok(());
        }
        let kept = kept.filter(|kept| kept.sha256 == sha256);
        let (source, attributes) = if self.holds(&place.backup, sha256) {
            (place.backup.as_path(), Attributes::of(&place.backup)?)
        } else if let Some(kept) = kept.filter(|kept| self.holds(&kept.path, sha256)) {
            let attributes = Self::attributes(place)?.or_else(|| versions::attributes_of(kept));
            (kept.path.as_path(), attributes.unwrap_or_default())
        } else {
            let store = kept.map_or("not in the version store".to_owned(), |kept| {
                format!("not in `{}`", kept.path.display())
            });
            return Err(Failure::new(Class::Proof, format!("cannot put `{}` back", place.binary.display()))
                .cause(format!("the binary {sha256} is not in `{}` and {store}", place.backup.display()))
                .hint("`sentinel-updater versions` lists what can be rolled back to"));
        };
        atomic::copy(source, &place.binary, &attributes, Hash::Skip)?;
        self.digests.learn(&place.binary, sha256);
        Ok(())
    }

    fn remove(&mut self, place: &AgentPlace) -> Outcome<()> {
        atomic::remove(&place.binary)
    }

    fn clean(&mut self, place: &AgentPlace) -> Outcome<()> {
        if std::fs::symlink_metadata(&place.staged).is_ok() {
            atomic::remove(&place.staged)?;
        }
        for path in [&place.binary, &place.backup, &place.staged] {
            atomic::sweep(path)?;
        }
        Ok(())
    }
}
