//! From the layers to checked settings with their origins; or to everything that is wrong.

use std::path::{Path, PathBuf};

use toml::Value;

use super::kinds::Kind;
use super::kinds::names::SERVICE;
use super::kinds::places::PATH;
use super::layers::{Entry, Layers};
use super::paths::Platform;
use super::problem::{Problem, Rejected};
use super::redact::concealed;
use super::settings::Settings;
use super::table::{Base, Key};
use super::{checksums, env, file};
use crate::model::{Origin, Setting};

/// Where a configuration comes from. Everything about the machine is in it, so that a test can give
/// another one.
pub struct Sources<'a> {
    /// The kind of machine.
    pub platform: Platform,
    /// Its processor cores.
    pub cores: usize,
    /// The configuration file.
    pub file: ConfigFile,
    /// Looks a variable of the environment up.
    pub env: &'a dyn Fn(&str) -> Option<String>,
    /// Keys and values of the command line, later ones win.
    pub flags: Vec<(String, String)>,
}

/// Which file is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ConfigFile {
    /// The usual one; it need not exist.
    Usual(PathBuf),
    /// One that somebody named; it must exist.
    Named(PathBuf),
}

impl ConfigFile {
    /// The file's path.
    pub fn path(&self) -> &Path {
        match self {
            Self::Usual(path) | Self::Named(path) => path,
        }
    }
}

impl Sources<'static> {
    /// This machine, its environment, and what the command line says: the argument of `--config` and the
    /// keys and values of `--set`.
    pub fn here(config: Option<PathBuf>, flags: Vec<(String, String)>) -> Self {
        let platform = Platform::current();
        let file = match config {
            // The service that is told of the file has another working directory.
            Some(path) => ConfigFile::Named(std::path::absolute(&path).unwrap_or(path)),
            None => ConfigFile::Usual(platform.config_file().into()),
        };
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Self { platform, cores, file, env: &env::read, flags }
    }
}

/// A configuration that can be used.
#[derive(Debug, Clone, PartialEq)]
pub struct Loaded {
    /// The settings.
    pub settings: Settings,
    /// Each of them as it is shown, in the order of the file.
    pub values: Vec<Setting>,
    /// What is odd but does no harm: unknown keys.
    pub warnings: Vec<String>,
    /// The file that was looked for.
    pub file: ConfigFile,
}

/// Reads all layers.
///
/// # Errors
/// [`Rejected`] holds every bad value, not only the first.
pub fn load(sources: &Sources<'_>) -> Result<Loaded, Rejected> {
    let mut layers = Layers::default();
    let mut contents = read_file(&sources.file);
    layers.add_file(std::mem::take(&mut contents.entries));
    layers.add_environment(sources.env);
    layers.add_flags(&sources.flags, &mut contents.problems);

    let base = base_of(sources, &layers);
    let mut reader = Reader { layers: &layers, base, values: Vec::new(), problems: contents.problems };
    let settings = Settings::read(&mut reader);
    let Reader { values, mut problems, .. } = reader;
    if let Some(settings) = &settings {
        problems.extend(checksums::check(&layers, &settings.agent.module));
        problems.extend(settings.contradictions(&values));
    }
    match settings {
        Some(settings) if problems.is_empty() => {
            Ok(Loaded { settings, values, warnings: contents.warnings, file: sources.file.clone() })
        }
        _ => Err(Rejected { problems, warnings: contents.warnings }),
    }
}

/// Takes `section.key=value` of the command line apart.
///
/// # Errors
/// Says what is missing.
pub fn assignment(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.trim().is_empty() => Ok((key.trim().into(), value.trim().into())),
        _ => Err("it is not KEY=VALUE, such as `updater.check_interval=5m`".into()),
    }
}

fn read_file(file: &ConfigFile) -> file::Contents {
    let only = |problem| file::Contents { problems: vec![problem], ..Default::default() };
    match file::read(file.path()) {
        Ok(Some(text)) => file::parse(file.path(), &text),
        Ok(None) if matches!(file, ConfigFile::Usual(_)) => file::Contents::default(),
        Ok(None) => only(Problem {
            key: None,
            value: None,
            place: format!("file {}", file.path().display()),
            reason: "there is no such file; `sentinel-updater config init` writes one".into(),
            accepted: None,
        }),
        Err(problem) => only(problem),
    }
}

/// The two settings from which defaults of others are made come first. The reader reports a bad one; here
/// its default stands in, so that the places derived from it are not reported besides.
fn base_of(sources: &Sources<'_>, layers: &Layers) -> Base {
    let platform = sources.platform;
    let mut base = Base::of(platform, sources.cores);
    let value = |path| layers.winner(path).map(|entry| &entry.value);
    if let Some(Ok(name)) = value("updater.service_name").map(|value| (SERVICE.parse)(value, platform)) {
        base.service_name = name;
    }
    if let Some(Ok(data)) = value("paths.data").map(|value| (PATH.parse)(value, platform)) {
        base.data = data.to_string_lossy().into_owned();
    }
    base
}

/// Hands out checked values, and notes what is shown of them or what is wrong with them.
pub(super) struct Reader<'a> {
    layers: &'a Layers,
    base: Base,
    values: Vec<Setting>,
    problems: Vec<Problem>,
}

impl Reader<'_> {
    pub(super) fn platform(&self) -> Platform {
        self.base.platform
    }

    /// The value of a key, or `None` with a problem noted.
    pub(super) fn read<T>(&mut self, key: &Key, kind: &Kind<T>) -> Option<T> {
        let path = key.path();
        let default = || Entry { value: (key.default)(&self.base), origin: Origin::Default };
        let Entry { value, origin } = self.layers.winner(&path).cloned().unwrap_or_else(default);
        match (kind.parse)(&value, self.base.platform) {
            Ok(parsed) => {
                let value = shown(&(kind.show)(&parsed));
                self.values.push(Setting { key: path, value, origin });
                Some(parsed)
            }
            Err(reason) => {
                self.problems.push(Problem {
                    key: Some(path),
                    value: Some(shown(&value)),
                    place: origin.to_string(),
                    reason,
                    accepted: Some(kind.accepts.into()),
                });
                None
            }
        }
    }
}

/// In the file's syntax, without passwords.
fn shown(value: &Value) -> String {
    concealed(value).to_string()
}
