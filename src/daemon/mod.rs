//! Composition of the service: settings to world and policy, engine to hub to log and service manager.
//!
//! The main thread sits in the runtime for life: signals, the watchdog, HTTP. The engine has a thread
//! of its own and does one thing at a time. Commands that work without the service run the same engine
//! in their own process, under the same lock. Nothing here decides what is done to the agent.

mod ask;
mod hook;
mod hub;
mod life;
mod local;
mod log;
mod preview;
mod rescue;
mod service;
mod signals;

pub use ask::newest;
pub use local::{with_engine, with_records};
pub use preview::preview;
pub use rescue::rescue;
pub use service::{Ending, Request, run, runtime};
pub use signals::{Signal, Signals};
