//! `sentinel-updater`: a service that keeps a Go agent daemon current.
//!
//! The crate is one house of rooms in layers; imports point strictly downwards and
//! `tests/architecture.rs` enforces the table below. Each room's `mod.rs` opens with a sign:
//! what lives there, what may come in, what never does.
//!
//! | layer | rooms |
//! |---|---|
//! | 0 | [`model`] |
//! | 1 | [`ports`], [`render`], [`config`], [`host`] |
//! | 2 | [`source`], [`toolchain`], [`service`], [`store`], [`probe`] |
//! | 3 | [`engine`], [`world`] |
//! | 4 | [`control`] |
//! | 6 | [`daemon`], [`tui`] |
//! | 7 | [`cli`] |

pub mod model;

pub mod config;
pub mod host;
pub mod ports;
pub mod render;

pub mod probe;
pub mod service;
pub mod source;
pub mod store;
pub mod toolchain;

pub mod engine;
pub mod world;

pub mod control;

pub mod daemon;
pub mod tui;

pub mod cli;
