//! Health, as the engine sees it.

use crate::model::Outcome;
use crate::model::plan::Health;

/// Asks the running agent whether it is well.
pub trait Prober: Send {
    /// Runs the configured probes once; success when there are none.
    ///
    /// # Errors
    /// `Unhealthy` with what the probe saw.
    fn probe(&mut self, health: &Health) -> Outcome<()>;

    /// Checks that process `pid` was started from the file that is now at `binary` and has the
    /// content `sha256`.
    ///
    /// # Errors
    /// `Unhealthy` naming what it runs instead; `Permission` when it cannot be told.
    fn runs_file(&mut self, pid: u32, binary: &std::path::Path, sha256: &str) -> Outcome<()>;
}
