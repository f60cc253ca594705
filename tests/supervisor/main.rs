//! The embedded supervisor with real processes: alone, and in the real `run`.
#![cfg(target_os = "linux")]
#![allow(clippy::print_stdout)]

#[path = "../kit/mod.rs"]
mod kit;

mod life;
mod output;
mod place;
mod run;
mod update;
