//! What a binary says about itself without being run: its format, its target, and the record that the
//! Go linker wrote into it.

mod build_info;
mod executable;
mod modinfo;
mod quoted;
mod target;

pub(super) use build_info::{Found, read};
pub(super) use target::check;
