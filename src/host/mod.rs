//! Operating-system primitives: child processes with timeout and tree kill, atomic files, the
//! rotating log file, locks, privilege, signals, service notification, file-system and machine facts, the
//! sanitiser of foreign text, the terminal of a full-screen program, and `ssh` to another machine.
//!
//! The only room that starts a process or writes a file. Everything is synchronous but signals, the pager and
//! `ssh`, which the caller's runtime drives. It knows words
//! (`model::Failure`) but nothing of versions, agents or plans; it reads no settings and prints nothing.
//! Whatever is particular to one operating system hides behind a function that exists on all of them.

pub mod atomic;
pub mod digest;
pub mod draft;
pub mod event_loop;
pub mod executable;
pub mod fault;
pub mod files;
pub mod follow;
pub mod http;
pub mod lock;
pub mod machine;
pub mod metadata;
pub mod notify;
pub mod private;
pub mod privilege;
pub mod process;
pub mod reserved;
pub mod rotate;
pub mod signals;
pub mod ssh;
pub mod stamp;
pub mod terminal;
pub mod text;

mod directory;

pub use metadata::Attributes;
pub use process::{Cancel, Command, Exit, Guard, Stream};
