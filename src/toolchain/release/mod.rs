//! Releases of Go that are fetched, for hosts that have none or only an old one.
//!
//! ```text
//!  choose ─── which release: the newest stable one, or the one that is pinned
//!  vouch ──── the hash its archive must have: checksum database, pin, or not at all
//!  fetch ──── the archive, compared with that hash, unpacked beside the others
//!  shelf ──── the releases that are here, whole and marked with their hash
//! ```
//!
//! The go command gets releases of itself as versions of the module `golang.org/toolchain`, and so does
//! this. Never in: how modules are found and hashes proven; that comes through [`Releases`].

mod choose;
mod fetch;
mod shelf;
mod vouch;

use std::fs::File;
use std::io::Read;

use crate::model::{Outcome, Version};
use crate::ports::Cancel;

pub(super) use choose::Release;
pub(super) use fetch::fetch;
pub(super) use shelf::{Shelf, Shelved};
pub(super) use vouch::{Promise, promise};

/// The module whose versions are releases of Go; part of the protocol.
const MODULE: &str = "golang.org/toolchain";

/// The module system, as far as releases of Go need it.
pub trait Releases: Send {
    /// Where they come from, for people.
    fn origin(&self) -> String;

    /// The versions of a module.
    ///
    /// # Errors
    /// `Module` when nobody has it, `Network`, `Config`.
    fn versions(&mut self, module: &str, cancel: &Cancel) -> Outcome<Vec<Version>>;

    /// The content hash of a version, `h1:…`, and the name of who proved it. `None`: nobody is to be asked.
    ///
    /// # Errors
    /// `Security` when the answer is no proof, `Network`.
    fn sum(&mut self, module: &str, version: &Version, cancel: &Cancel) -> Outcome<Option<(String, String)>>;

    /// Downloads an archive into the empty file of `order`, and hands its files over once all of it is
    /// checked.
    ///
    /// # Errors
    /// `Security` when it is not what the hash promises, `Network`, `Module`, `Disk`, `Cancelled`.
    fn fetch(
        &mut self,
        order: Order<'_>,
        on_bytes: &mut dyn FnMut(&str, u64, u64),
        on_file: &mut dyn FnMut(&str, &mut dyn Read) -> Outcome<()>,
        cancel: &Cancel,
    ) -> Outcome<()>;
}

/// An archive that is wanted.
pub struct Order<'a> {
    /// The module.
    pub module: &'a str,
    /// Its version.
    pub version: &'a Version,
    /// The hash that its content must have.
    pub sum: &'a str,
    /// Where the archive may lie meanwhile.
    pub scratch: &'a mut File,
}
