//! The embedded supervisor: the updater itself starts, restarts and stops the agent, as its child.
//!
//! ```text
//!  engine ── Manager ──orders──► supervisor thread ── lifeline ──► guard ── agent ── its children
//!               ▲                    │      ▲                        (one group; orphans come to the guard)
//!               └── states, signal ──┘      └── standard output and error, line by line ──► agent.log
//!                        │
//!                        └─► FOLDER/NAME.state ──► Reader, in other processes
//! ```
//!
//! Everything that lives is owned by one thread, which sleeps until a file becomes readable or a restart is
//! due. `FOLDER/NAME.json` defines a service and `FOLDER/NAME.stopped` says that it was stopped on
//! purpose; both are durable and private, since an environment may hold passwords. `FOLDER/NAME.state` is
//! for other processes of this boot only.
//!
//! **The rules of a restart** are those of systemd's `Restart=always` without a limit: whatever way the
//! agent ends, unless it was stopped, it is started again, first after about a second, then after twice as
//! long each time, up to a minute; after a minute of life the count begins anew. `restarts` counts until
//! the service is started by hand.
//!
//! **What is left behind.** Nothing: the guard ends the whole tree when its program ends, when it is told
//! to, and when this process dies. Should the guard be killed together with us, the next start of the
//! supervisor ends what `NAME.state` names.

mod definition;
mod life;
mod manager;
mod options;
mod published;
mod reader;
mod supervisor;
mod thread;
mod user;

pub use manager::Manager;
pub use options::Options;
pub use reader::Reader;
pub use supervisor::Supervisor;
