//! the clap tree, one file a command.
