//! What only the go command can answer: modules that no proxy serves.

use crate::model::{Outcome, Version};
use crate::ports::{Cancel, Info};

/// Asks a module's own repository, as the word `direct` in a proxy list demands.
pub trait DirectLookup: Send {
    /// Every tagged version, the retracted ones too, in any order; empty when there is no tag.
    ///
    /// # Errors
    /// `Module` when there is no such module, otherwise what failed.
    fn versions(&mut self, module: &str, cancel: &Cancel) -> Outcome<Vec<Version>>;

    /// The newest commit as a pseudo-version: asked only when no tagged version will do.
    ///
    /// # Errors
    /// As [`versions`](Self::versions).
    fn latest(&mut self, module: &str, cancel: &Cancel) -> Outcome<Version>;

    /// The metadata of a version.
    ///
    /// # Errors
    /// `Module` when there is no such version.
    fn info(&mut self, module: &str, version: &Version, cancel: &Cancel) -> Outcome<Info>;

    /// The text of a version's go.mod.
    ///
    /// # Errors
    /// `Module` when there is no such version.
    fn go_mod(&mut self, module: &str, version: &Version, cancel: &Cancel) -> Outcome<String>;
}
