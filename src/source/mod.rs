//! The module proxy protocol: proxy list, versions, retractions, conditional requests.
//!
//! Answers the engine's questions about a module as the go command would, with limits on time and size
//! on every request and a class on every error. `archive` fetches a whole module and believes its content
//! only by a hash, which `sumdb` proves; only the newest head of that log is written anywhere. In come `model`,
//! `ports` and `host` (HTTP, the sanitiser). It never decides which version to install, never runs a
//! program and reads no environment: what only the go command can answer goes through [`DirectLookup`], and
//! only for modules that are named as one's own ([`Private`]): their names reach no proxy.

mod archive;
mod direct;
mod escape;
mod fetch;
mod goproxy;
mod info;
mod latest;
mod list;
mod login;
mod memory;
mod private;
mod proxy;
mod question;
mod sumdb;

pub use archive::{Archives, OnBytes, OnFile, Stage, is_h1};
pub use direct::DirectLookup;
pub use goproxy::Proxies;
pub use private::Private;
pub use proxy::ProxySource;
pub use sumdb::{Database, Vouched};

#[cfg(test)]
mod tests;
