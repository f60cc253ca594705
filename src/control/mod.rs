//! The local socket over which a running updater is watched and steered: protocol, codec, endpoint,
//! server, client.
//!
//! JSON-RPC 2.0, one object a line. The server knows callers, frames and queues and hands every request
//! to a [`Service`], which `daemon` implements; the client is one for dashboard, commands and tests, over
//! any pair of streams. Never comes in: a setting, the engine, a decision about the agent.

pub mod client;
pub mod codec;
mod endpoint;
pub mod protocol;
pub mod queue;
mod relay;
mod server;
mod service;

pub use client::{Client, Connection, Notices, understand};
pub use endpoint::{Access, Gate, Listener, Warning};
pub use protocol::{Notice, Request, Role};
pub use queue::Queue;
pub use relay::relay;
pub use server::serve;
pub use service::{Caller, Reply, Service, value};
