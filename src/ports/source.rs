//! The module system, as the engine sees it.

use crate::model::go_mod::GoMod;
use crate::model::{Outcome, Timestamp, Version};

use super::Cancel;

/// Asks the module system about one module.
pub trait ModuleSource: Send {
    /// The module's offered versions with their retractions. Cheap when nothing changed.
    ///
    /// # Errors
    /// `Network` for what may pass (with `retry_after` where the server named a time), `Module` for
    /// a final answer (no such module), `Security` for content that lies. When the go.mod that
    /// holds the retractions cannot be read the check fails: a retracted version must not slip by.
    fn check(&mut self, module: &str, cancel: &Cancel) -> Outcome<Answer>;

    /// When a version was made, by its author's word; echoes the version asked for.
    ///
    /// # Errors
    /// As [`check`](Self::check); `Module` when there is no such version.
    fn info(&mut self, module: &str, version: &Version, cancel: &Cancel) -> Outcome<Info>;

    /// The go.mod of a version.
    ///
    /// # Errors
    /// As [`info`](Self::info).
    fn go_mod(&mut self, module: &str, version: &Version, cancel: &Cancel) -> Outcome<GoMod>;
}

/// What the module system offers.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Answer {
    /// Every version on offer, ascending.
    pub offered: Vec<Offered>,
    /// False when the answer is the same as the last one.
    pub changed: bool,
}

/// One version on offer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offered {
    /// The version.
    pub version: Version,
    /// Its authors took it back; their reason, possibly empty.
    pub retracted: Option<String>,
}

/// The metadata of one version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Info {
    /// The version.
    pub version: Version,
    /// When it was made.
    pub time: Option<Timestamp>,
}
