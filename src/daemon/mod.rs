//! Composition of the service: settings to world and policy, engine to hub to log, service manager and control socket.
//!
//! The main thread sits in the runtime for life: signals, the watchdog, HTTP. The engine has a thread
//! of its own and does one thing at a time. Commands that work without the service run the same engine
//! in their own process, under the same lock. Nothing here decides what is done to the agent.

mod ask;
mod attended;
mod desk;
mod door;
mod hook;
mod hub;
mod life;
mod local;
mod log;
mod logs;
mod orders;
mod preview;
mod rescue;
mod say;
mod seen;
mod service;
mod versions;

pub use ask::newest;
pub use attended::attended;
pub use local::{with_engine, with_records};
pub use logs::{FOR_EVER, LogPlace, QUICKLY, journal, log_place, log_tail};
pub use preview::preview;
pub use rescue::rescue;
pub use seen::{agent_status, remembered};
pub use service::{Ending, Request, run};
pub use versions::versions;
