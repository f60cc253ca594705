//! The words of the domain as pure values: version, step, event, status, history, failure; and the
//! fold of events into a view.
//!
//! Everything here is plain data with pure functions. No I/O, no clock, no environment.

pub mod failure;
pub mod settings;

pub use failure::{Class, Failure, Outcome};
pub use settings::{Origin, Setting};
