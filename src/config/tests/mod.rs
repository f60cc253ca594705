//! The room as a whole, on a machine that each test makes up.

mod example;
mod layers;
mod places;
mod refusals;

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::*;
use crate::model::{Class, Failure, Origin};

/// A machine of its own for each test: a file's text, variables, flags.
struct Machine {
    platform: Platform,
    directory: tempfile::TempDir,
    variables: BTreeMap<&'static str, String>,
    flags: Vec<(String, String)>,
    named: bool,
}

impl Machine {
    fn new() -> Self {
        Self {
            platform: Platform::Linux,
            directory: tempfile::tempdir().expect("a temporary directory"),
            variables: BTreeMap::new(),
            flags: Vec::new(),
            named: false,
        }
    }

    fn path(&self) -> PathBuf {
        self.directory.path().join("updater.toml")
    }

    fn file(self, text: impl AsRef<[u8]>) -> Self {
        std::fs::write(self.path(), text).expect("the file is written");
        self
    }

    fn variable(mut self, name: &'static str, value: &str) -> Self {
        self.variables.insert(name, value.into());
        self
    }

    fn flag(mut self, text: &str) -> Self {
        self.flags.push(assignment(text).expect("an assignment"));
        self
    }

    fn load(&self) -> Result<Loaded, Rejected> {
        let path = self.path();
        load(&Sources {
            platform: self.platform,
            cores: 8,
            file: if self.named { ConfigFile::Named(path) } else { ConfigFile::Usual(path) },
            env: &|name| self.variables.get(name).cloned(),
            flags: self.flags.clone(),
        })
    }

    fn accepted(&self) -> Loaded {
        self.load().unwrap_or_else(|rejected| panic!("{}", Failure::from(rejected)))
    }

    fn rejected(&self) -> Rejected {
        match self.load() {
            Ok(_) => panic!("it was accepted"),
            Err(rejected) => rejected,
        }
    }

    /// The problems as they are printed, without the directory of the test.
    fn problems(&self) -> Vec<String> {
        let directory = format!("{}/", self.directory.path().display());
        self.rejected().problems.iter().map(|problem| problem.to_string().replace(&directory, "")).collect()
    }
}

impl Loaded {
    fn setting(&self, key: &str) -> (&str, &Origin) {
        let setting = self.values.iter().find(|setting| setting.key == key).expect("the key is there");
        (&setting.value, &setting.origin)
    }
}
