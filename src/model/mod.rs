//! The words of the domain as pure values: version, step, event, status, history, failure; and the
//! fold of events into a view.
//!
//! Everything here is plain data with pure functions. No I/O, no clock, no environment.

pub mod agent;
pub mod backoff;
pub mod build_info;
pub mod changes;
pub mod event;
pub mod failure;
pub mod go_mod;
pub mod held;
pub mod journal;
pub mod patterns;
pub mod plan;
pub mod preview;
pub mod probation;
pub mod request;
pub mod run;
pub mod settings;
pub mod snapshot;
pub mod staged;
pub mod status;
pub mod step;
pub mod transcript;
pub mod version;
pub mod version_row;
pub mod view;
pub mod window;

pub use agent::{Installed, Kept, ServiceState};
pub use backoff::Backoff;
pub use build_info::BuildInfo;
pub use changes::Changes;
pub use event::{Event, EventKind, Progress};
pub use failure::{Class, Failure, Outcome};
pub use held::Held;
pub use journal::Record;
pub use plan::Plan;
pub use preview::Preview;
pub use probation::{OnProbation, Probation};
pub use request::{DatabaseRequest, RollbackRequest, UpdateRequest};
pub use run::{By, Run, RunKind, Verdict};
pub use settings::{Origin, Setting};
pub use snapshot::Snapshot;
pub use staged::Staged;
pub use status::Status;
pub use step::{StepId, StepRow, StepStatus};
pub use transcript::Transcript;
pub use version::Version;
pub use version_row::VersionRow;
pub use view::View;
pub use window::Window;

/// A point in time; in JSON an RFC 3339 text in UTC.
pub type Timestamp = jiff::Timestamp;
