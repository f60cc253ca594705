//! Whether a build needs a plan: not when the last one with the same tools and settings had the same
//! requirements, since all that it needs lies in the caches then. A plan loads every package once more,
//! which is a good part of a build whose packages are compiled already.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use crate::host::files::{Owner, open_nofollow};
use crate::host::{Attributes, atomic, digest};
use crate::model::go_mod::GoMod;

use super::super::environment;
use super::super::questions::read_go_mod;
use super::Build;

/// Below the cache: whoever empties that is asked again.
const NAME: &str = "planned";
/// The most that is read of the note, in bytes: it is one digest.
const LARGEST: u64 = 1024;
const MODE: u32 = 0o644;

/// What the plan of a build depends on.
pub(in super::super) struct Familiar {
    path: PathBuf,
    /// `None`: it cannot be told.
    key: Option<String>,
}

impl Familiar {
    /// What `build` depends on, whose module's go.mod lies at `go_mod`.
    pub(in super::super) fn of(build: &Build<'_>, go_mod: &Path) -> Self {
        Self { path: build.options.cache.join(NAME), key: key(build, go_mod) }
    }

    /// The last build that went well depended on the same.
    pub(in super::super) fn is_known(&self) -> bool {
        self.key.is_some() && self.key == read(&self.path)
    }

    /// This build went well. A note that is lost costs a plan.
    pub(in super::super) fn remember(&self) {
        if let Some(key) = &self.key
            && !self.is_known()
        {
            let _ = atomic::publish(&self.path, key.as_bytes(), &Attributes::with_mode(MODE));
        }
    }
}

fn key(build: &Build<'_>, go_mod: &Path) -> Option<String> {
    let job = build.job;
    let text = read_go_mod(go_mod, &environment::module_cache(build.options), &job.module).ok()?;
    let mut rules = GoMod::parse(&text).ok()?;
    rules.requires.sort();
    let text = format!(
        "{} {:?} {} {:?} {} {} {:?} {:?}",
        build.tools.go.release,
        build.tools.cc,
        build.options.cgo,
        build.flags(1),
        job.module,
        job.package,
        rules.go,
        rules.requires
    );
    Some(digest::sha256(text.as_bytes()))
}

fn read(path: &Path) -> Option<String> {
    let mut text = String::new();
    open_nofollow(path, Owner::Any).ok()?.take(LARGEST).read_to_string(&mut text).ok()?;
    Some(text)
}
