//! the clap tree, one file a command.
pub mod demo;
