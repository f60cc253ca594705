//! Kept versions, the binary, the database.

use std::path::{Path, PathBuf};

use sentinel_updater::model::plan::AgentPlace;
use sentinel_updater::model::snapshot::Schema;
use sentinel_updater::model::{Class, Failure, Installed, Kept, Outcome, Snapshot};
use sentinel_updater::ports::{AgentFiles, Databases, VersionStore};

use super::{Port, module_of};
use crate::host::{BACKUP, BINARY, Host, STAGED};

impl VersionStore for Port {
    fn keep(&mut self, binary: &Path, version: &str, sum: Option<&str>) -> Outcome<Kept> {
        self.0.effect("keep", |host| {
            let content = host
                .files
                .get(binary)
                .cloned()
                .ok_or_else(|| Failure::new(Class::Disk, format!("no `{}`", binary.display())))?;
            let sha256 = Host::sha256(&content);
            if let Some(kept) = host.kept.iter().find(|kept| kept.sha256 == sha256) {
                return Ok(kept.clone());
            }
            let path = PathBuf::from(format!("/var/lib/sentinelgo/updater/versions/{version}/sentinel"));
            host.files.insert(path.clone(), content);
            let kept = Kept {
                version: version.to_owned(),
                sha256,
                path,
                kept_at: host.now,
                sum: sum.map(ToOwned::to_owned),
                snapshot: None,
            };
            host.kept.insert(0, kept.clone());
            Ok(kept)
        })
    }

    fn kept(&mut self) -> Outcome<Vec<Kept>> {
        Ok(self.0.lock().kept.clone())
    }

    fn check(&mut self, kept: &Kept) -> Outcome<()> {
        let host = self.0.lock();
        match host.files.get(&kept.path) {
            Some(content) if Host::sha256(content) == kept.sha256 => Ok(()),
            _ => Err(Failure::new(Class::Security, "kept version differs")),
        }
    }

    fn set_snapshot(&mut self, kept: &Kept, snapshot: Option<&Snapshot>) -> Outcome<()> {
        self.0.effect("set_snapshot", |host| {
            let former = host
                .kept
                .iter_mut()
                .find(|entry| entry.sha256 == kept.sha256)
                .and_then(|entry| std::mem::replace(&mut entry.snapshot, snapshot.cloned()));
            if let Some(former) = former
                && snapshot.is_none_or(|new| new.path != former.path)
            {
                host.snapshots.remove(&former.path);
            }
            Ok(())
        })
    }

    fn remove(&mut self, kept: &Kept) -> Outcome<()> {
        self.0.effect("remove kept", |host| {
            host.files.remove(&kept.path);
            host.kept.retain(|entry| entry.sha256 != kept.sha256);
            Ok(())
        })
    }

    fn prune(&mut self, count: usize, protected: &[String]) -> Outcome<()> {
        self.0.effect("prune", |host| {
            let mut left = host.kept.len();
            let mut index = host.kept.len();
            while left > count && index > 0 {
                index -= 1;
                if protected.contains(&host.kept[index].sha256) {
                    continue;
                }
                let gone = host.kept.remove(index);
                host.files.remove(&gone.path);
                if let Some(snapshot) = gone.snapshot {
                    host.snapshots.remove(&snapshot.path);
                }
                left -= 1;
            }
            Ok(())
        })
    }
}

impl AgentFiles for Port {
    fn installed(&mut self, path: &Path) -> Outcome<Option<Installed>> {
        let host = self.0.lock();
        Ok(host.files.get(path).map(|version| Installed {
            version: version.parse().ok(),
            module: Some(module_of(version)),
            sha256: Host::sha256(version),
        }))
    }

    fn stage(&mut self, kept: &Kept, _: &AgentPlace) -> Outcome<()> {
        self.0.effect("stage", |host| copy(host, &kept.path, STAGED))
    }

    fn back_up(&mut self, _: &AgentPlace) -> Outcome<()> {
        self.0.effect("back_up", |host| copy(host, Path::new(BINARY), BACKUP))
    }

    fn install(&mut self, _: &AgentPlace, sha256: &str) -> Outcome<()> {
        self.0.effect("install", |host| {
            if host.files.get(Path::new(BINARY)).is_some_and(|there| Host::sha256(there) == sha256) {
                return Ok(());
            }
            match host.files.get(Path::new(STAGED)).cloned() {
                Some(staged) if Host::sha256(&staged) == sha256 => {
                    host.files.remove(Path::new(STAGED));
                    host.files.insert(BINARY.into(), staged);
                    Ok(())
                }
                _ => Err(Failure::new(Class::Proof, "not staged")),
            }
        })
    }

    fn put_back(&mut self, _: &AgentPlace, kept: Option<&Kept>, sha256: &str) -> Outcome<()> {
        self.0.effect("put_back", |host| {
            if host.files.get(Path::new(BINARY)).is_some_and(|there| Host::sha256(there) == sha256) {
                return Ok(());
            }
            let from = kept.map_or_else(|| PathBuf::from(BACKUP), |kept| kept.path.clone());
            copy(host, &from, BINARY)
        })
    }

    fn remove(&mut self, _: &AgentPlace) -> Outcome<()> {
        self.0.effect("remove binary", |host| {
            host.files.remove(Path::new(BINARY));
            Ok(())
        })
    }

    fn clean(&mut self, _: &AgentPlace) -> Outcome<()> {
        self.0.effect("clean beside", |host| {
            host.files.remove(Path::new(STAGED));
            Ok(())
        })
    }
}

fn copy(host: &mut Host, from: &Path, to: &str) -> Outcome<()> {
    let content = host
        .files
        .get(from)
        .cloned()
        .ok_or_else(|| Failure::new(Class::Proof, format!("no `{}`", from.display())))?;
    host.files.insert(to.into(), content);
    Ok(())
}

impl Databases for Port {
    fn snapshot(&mut self, id: &str, _: &Path) -> Outcome<Option<Snapshot>> {
        self.0.effect("snapshot", |host| {
            assert!(host.running.is_none(), "a snapshot of a database in use");
            Ok(host.snapshot(id))
        })
    }

    fn schema(&mut self, _: &Path) -> Outcome<Option<Schema>> {
        let host = self.0.lock();
        Ok(host
            .database
            .as_ref()
            .map(|database| Schema { schema_version: database.schema, user_version: database.schema }))
    }

    fn check(&mut self, snapshot: &Snapshot) -> Outcome<()> {
        match self.0.lock().snapshots.contains_key(&snapshot.path) {
            true => Ok(()),
            false => Err(Failure::new(Class::Database, "the snapshot is gone")),
        }
    }

    fn discard(&mut self, snapshot: &Snapshot) -> Outcome<()> {
        self.0.effect("discard", |host| {
            host.snapshots.remove(&snapshot.path);
            Ok(())
        })
    }

    fn restore(&mut self, id: &str, snapshot: &Snapshot) -> Outcome<Option<PathBuf>> {
        self.0.effect("restore", |host| {
            assert!(host.running.is_none(), "a restore under a running agent");
            let saved = host
                .snapshots
                .get(&snapshot.path)
                .cloned()
                .ok_or_else(|| Failure::new(Class::Database, "the snapshot is gone"))?;
            if host.database.as_ref() != Some(&saved)
                && let Some(today) = host.database.replace(saved)
            {
                host.aside.push((id.to_owned(), today));
            }
            Ok(Some(PathBuf::from(format!("/var/lib/sentinelgo/sentinel.db.aside-{id}"))))
        })
    }
}
