//! What a service is, in a file of its own.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::host::{Attributes, atomic};
use crate::model::plan::ServiceSpec;
use crate::model::{Class, Failure, Outcome};

/// An environment may hold passwords.
pub(super) const PRIVATE: u32 = 0o600;
/// The longest name, with room for what is put after it.
const LONGEST: usize = 200;

/// How a service is run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Definition {
    /// The binary to run.
    pub binary: PathBuf,
    /// Its arguments.
    #[serde(default)]
    pub args: Vec<String>,
    /// Its environment, beside what every service gets.
    #[serde(default)]
    pub env: BTreeMap<String, String>,
    /// The user it runs as; `None`: ours.
    #[serde(default)]
    pub user: Option<String>,
    /// Its working directory, where it exists.
    pub directory: PathBuf,
}

impl Definition {
    /// What `spec` asks for. The agent's own registration is not used: there is nobody to register with.
    pub fn of(spec: &ServiceSpec) -> Self {
        Self {
            binary: spec.binary.clone(),
            args: spec.args.clone(),
            env: spec.env.iter().cloned().collect(),
            user: spec.user.clone(),
            directory: spec.data.clone(),
        }
    }

    /// Its text.
    ///
    /// # Errors
    /// `Config` for a path that is not UTF-8.
    pub fn text(&self) -> Outcome<String> {
        let text = serde_json::to_string_pretty(self).map_err(|error| {
            Failure::new(Class::Config, "the agent's service cannot be written down").because(&error)
        })?;
        Ok(text + "\n")
    }

    /// The meaning of a text.
    ///
    /// # Errors
    /// `Service`.
    pub fn parse(text: &str, path: &Path) -> Outcome<Self> {
        serde_json::from_str(text).map_err(|error| {
            Failure::new(Class::Service, format!("`{}` defines no service", path.display()))
                .because(&error)
                .hint("remove the file; the next update writes it anew")
        })
    }
}

/// The files of services.
#[derive(Debug, Clone)]
pub(super) struct Folder(pub PathBuf);

impl Folder {
    /// The definition of `service`.
    ///
    /// # Errors
    /// `Config` for a name that cannot be a file's.
    pub fn definition(&self, service: &str) -> Outcome<PathBuf> {
        self.file(service, "json")
    }

    /// There while `service` is stopped on purpose.
    ///
    /// # Errors
    /// As [`definition`](Self::definition).
    pub fn stopped(&self, service: &str) -> Outcome<PathBuf> {
        self.file(service, "stopped")
    }

    /// What other processes are told of `service`.
    ///
    /// # Errors
    /// As [`definition`](Self::definition).
    pub fn state(&self, service: &str) -> Outcome<PathBuf> {
        self.file(service, "state")
    }

    /// Every defined service.
    ///
    /// # Errors
    /// `Disk`.
    pub fn services(&self) -> Outcome<Vec<String>> {
        let entries = match std::fs::read_dir(&self.0) {
            Ok(entries) => entries,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(Failure::io("look into", &self.0, &error)),
        };
        let names = entries.filter_map(|entry| {
            let name = entry.ok()?.file_name().into_string().ok()?;
            let name = name.strip_suffix(".json")?;
            check(name).ok().map(str::to_owned)
        });
        let mut names: Vec<String> = names.collect();
        names.sort_unstable();
        Ok(names)
    }

    fn file(&self, service: &str, kind: &str) -> Outcome<PathBuf> {
        Ok(self.0.join(format!("{}.{kind}", check(service)?)))
    }
}

/// What a file says; `None`: there is none.
///
/// # Errors
/// `Disk`, `Permission`.
pub(super) fn read(path: &Path) -> Outcome<Option<String>> {
    match std::fs::read(path) {
        Ok(bytes) => Ok(Some(String::from_utf8_lossy(&bytes).into_owned())),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Failure::io("read", path, &error)),
    }
}

/// Writes a file of ours durably.
///
/// # Errors
/// `Disk`.
pub(super) fn write(path: &Path, text: &str) -> Outcome<()> {
    if let Some(folder) = path.parent() {
        atomic::create_dir(folder, 0o700)?;
    }
    atomic::write(path, text.as_bytes(), &Attributes::with_mode(PRIVATE))
}

fn check(service: &str) -> Outcome<&str> {
    let allowed = |symbol: char| symbol.is_ascii_alphanumeric() || ":-_.@".contains(symbol);
    let fits = !service.is_empty() && service.len() <= LONGEST && !service.starts_with(['-', '.', '@']);
    if fits && service.chars().all(allowed) {
        return Ok(service);
    }
    let shown = crate::host::text::clean(service);
    Err(Failure::new(Class::Config, format!("`{shown}` cannot be the name of a service"))
        .hint("use letters, digits and `-`, `_`, `.`, `:`, `@`"))
}
