//! What integration tests share: the real go, a module proxy, a machine with a real systemd, and the
//! cache that keeps them fast.
//!
//! Used as `mod kit;`. Each test program needs only a part of it.
#![allow(dead_code, unreachable_pub, clippy::print_stderr)]

pub mod base;
pub mod cache;
pub mod cases;
pub mod child;
pub mod fault_table;
pub mod go;
pub mod instance;
pub mod machine;
pub mod network;
pub mod proxy;
pub mod tls;
pub mod trials;
pub mod waiting;

/// An error in words: a test shows it, nothing decides by it.
pub type Result<T> = std::result::Result<T, String>;
