//! The checksum database: a public log of the content of every module version, which nobody can change
//! without being noticed, not even the proxy that serves it.
//!
//! ```text
//!  lookup ─► record + signed head ── note: signed by the key that is trusted?
//!                    │
//!                    ├── tiles: is the record in the log that the head sums up?
//!                    ├── tiles: does that log begin as the one seen last time?
//!                    └── heads: remembers the newest head
//! ```
//!
//! In come bytes from anybody; out goes a hash that the whole world sees alike, or a failure.

mod database;
mod heads;
mod note;
mod record;
mod tiles;
mod tree;

pub use database::{Database, Vouched};

#[cfg(test)]
pub(super) mod testing;
