//! Go and gcc: find them, run them, read what they built.
