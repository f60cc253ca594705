//! The demo's world: a sample agent in Go, embedded in this program, and a module proxy on disk that
//! publishes versions of it, good ones and broken ones.
//!
//! Nothing here is a mock: the tree is what `GOPROXY=file://…` reads, and the agent is compiled by a
//! real `go install`. Comes in: what to publish. Never comes in: the network, the service manager, the
//! installed agent.

mod agent;
mod archive;
mod release;
mod tree;

pub use agent::{SQLITE_MODULE, SQLITE_VERSION, Variant};
pub use release::{Release, Retraction};
pub use tree::Tree;
