//! What the engine asks of the world, as traits, and the struct [`World`] that holds them.
//!
//! Ports are synchronous and take every name and path as a parameter: the engine passes what the
//! run's plan says, so that recovery acts on the plan and not on settings that may have changed.
//! Imports `model` only. Implemented by the adapters of layer 2, and by in-memory ones in tests.

mod builder;
mod cancel;
mod clock;
mod files;
mod journal;
mod machine;
mod prober;
mod records;
mod runner;
mod service;
mod source;

pub use builder::{BuildEvent, BuildJob, Builder, Built};
pub use cancel::Cancel;
pub use clock::Clock;
pub use files::{AgentFiles, Databases, VersionStore};
pub use journal::{Journal, OpenRun};
pub use machine::Machine;
pub use prober::Prober;
pub use records::{Committed, Records, Seen};
pub use runner::{Exit, Limits, Program, Runner, Stream};
pub use service::{Definition, ServiceManager};
pub use source::{Answer, Info, ModuleSource, Offered};

/// Everything outside the engine.
pub struct World {
    /// The module system.
    pub source: Box<dyn ModuleSource>,
    /// The Go toolchain.
    pub builder: Box<dyn Builder>,
    /// The service manager.
    pub services: Box<dyn ServiceManager>,
    /// The intent log.
    pub journal: Box<dyn Journal>,
    /// Kept versions.
    pub versions: Box<dyn VersionStore>,
    /// The agent's binary and what lies beside it.
    pub agent_files: Box<dyn AgentFiles>,
    /// The agent's database.
    pub databases: Box<dyn Databases>,
    /// History, held versions and the rest of the updater's memory.
    pub records: Box<dyn Records>,
    /// Is the agent healthy?
    pub prober: Box<dyn Prober>,
    /// Facts about the host.
    pub machine: Box<dyn Machine>,
    /// Time.
    pub clock: Box<dyn Clock>,
}
