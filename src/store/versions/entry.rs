//! One entry of the version store: a folder with a binary and what is known of it.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::host::files::{self, Owner};
use crate::host::{Attributes, atomic};
use crate::model::{Class, Failure, Kept, Outcome, Snapshot, Timestamp};

const META: &str = "meta.json";
/// How many digits of the SHA-256 are in the folder's name.
const NAME_DIGITS: usize = 12;
const LARGEST_META: u64 = 1024 * 1024;

/// What `meta.json` says. Unknown keys are passed over: a newer program may have written it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Meta {
    pub(super) version: String,
    pub(super) sha256: String,
    /// Length of the binary in bytes.
    pub(super) size: u64,
    /// Name of the binary in the folder.
    pub(super) file: String,
    pub(super) kept_at: Timestamp,
    pub(super) sum: Option<String>,
    /// Attributes with which it was the agent's binary, as far as they are known.
    #[serde(default)]
    pub(super) attributes: Option<Attributes>,
    #[serde(default)]
    pub(super) snapshot: Option<Snapshot>,
}

/// A valid entry.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) folder: PathBuf,
    pub(super) meta: Meta,
}

impl Entry {
    /// The entry in `folder`; `None` without a `meta.json`. The binary's bytes are not read.
    ///
    /// # Errors
    /// `Disk`, `Security` when it is damaged; `Permission` when it may not be read.
    pub(super) fn open(folder: &Path) -> Outcome<Option<Self>> {
        let path = folder.join(META);
        match std::fs::symlink_metadata(&path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) if error.kind() == std::io::ErrorKind::PermissionDenied => {
                let failure = Failure::io("read", &path, &error);
                return Err(Failure { class: Class::Permission, ..failure });
            }
            _ => {}
        }
        let meta: Meta = read_json(&path)?;
        let entry = Self { folder: folder.to_owned(), meta };
        let damaged = |why: &str| {
            Err(Failure::new(Class::Disk, format!("the kept version in `{}` is damaged", folder.display()))
                .cause(why))
        };
        let Meta { version, sha256, file, size, .. } = &entry.meta;
        if Path::new(file).file_name() != Some(file.as_ref()) {
            return damaged("the name of its binary is none");
        }
        if folder.file_name() != Some(folder_name(version, sha256).as_ref()) {
            return damaged("its name and its content differ");
        }
        let binary = files::open_nofollow(&entry.binary(), Owner::Any)?;
        if binary.metadata().is_ok_and(|found| found.len() == *size) {
            return Ok(Some(entry));
        }
        damaged("its binary has another length")
    }

    pub(super) fn binary(&self) -> PathBuf {
        self.folder.join(&self.meta.file)
    }

    /// Writes `meta.json`: from now on the entry is valid.
    pub(super) fn save(&self) -> Outcome<()> {
        let json = serde_json::to_vec_pretty(&self.meta).map_err(|error| {
            Failure::new(Class::Internal, "cannot describe a kept version as JSON").because(&error)
        })?;
        atomic::write(&self.folder.join(META), &json, &Attributes::with_mode(0o600))
    }

    /// Removes it: first what makes it valid, then the rest.
    pub(super) fn remove(&self) -> Outcome<()> {
        atomic::remove(&self.folder.join(META))?;
        atomic::remove_tree(&self.folder)
    }

    pub(super) fn kept(&self) -> Kept {
        Kept {
            version: self.meta.version.clone(),
            sha256: self.meta.sha256.clone(),
            path: self.binary(),
            kept_at: self.meta.kept_at,
            sum: self.meta.sum.clone(),
            snapshot: self.meta.snapshot.clone(),
        }
    }
}

/// `v1.4.2-0123456789ab`, with whatever no file name should hold replaced.
pub(super) fn folder_name(version: &str, sha256: &str) -> String {
    let fits = |symbol: char| symbol.is_ascii_alphanumeric() || "+-_.".contains(symbol);
    let mut name: String =
        version.chars().map(|symbol| if fits(symbol) { symbol } else { '_' }).take(100).collect();
    if name.starts_with('.') {
        name.insert(0, '_');
    }
    let digits: String = sha256.chars().take(NAME_DIGITS).collect();
    format!("{name}-{digits}")
}

/// The name that a kept binary gets: its own.
pub(super) fn file_name(binary: &Path) -> String {
    match binary.file_name().and_then(|name| name.to_str()) {
        Some(name) if name != META => name.to_owned(),
        _ => "binary".to_owned(),
    }
}

/// The attributes of `binary`, for the case that it is the agent's (staging a version replaces them).
/// One that does not belong to the owner of the store's `folder` is as a build's user left it: with its
/// owner, that user would gain a way to change the agent.
pub(super) fn attributes_worth_keeping(binary: &Path, folder: &Path) -> Option<Attributes> {
    let attributes = Attributes::of(binary).ok()?;
    let ours = Attributes::of(folder).ok()?.uid;
    (attributes.uid == ours).then_some(attributes)
}

fn read_json(path: &Path) -> Outcome<Meta> {
    use std::io::Read;
    let mut text = String::new();
    files::open_nofollow(path, Owner::Any)?
        .take(LARGEST_META)
        .read_to_string(&mut text)
        .map_err(|error| Failure::io("read", path, &error))?;
    serde_json::from_str(&text).map_err(|error| {
        Failure::new(Class::Disk, format!("cannot understand `{}`", path.display())).because(&error)
    })
}
