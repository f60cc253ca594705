//! The local socket over which a running updater is watched and steered: protocol, codec, endpoint,
//! server, client.
//!
//! JSON-RPC 2.0, one object a line. The server knows callers, frames and queues and hands every request
//! to a [`Service`], which `daemon` implements; the client is one for dashboard, commands and tests, over
//! any pair of streams. Never comes in: a setting, the engine, a decision about the agent.

pub mod protocol;
pub mod queue;
mod service;

pub use protocol::{Notice, Request, Role};
pub use queue::Queue;
pub use service::{Caller, Reply, Service};
