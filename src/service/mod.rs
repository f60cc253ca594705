//! Service managers behind one port: systemd, and the embedded supervisor where none runs.
//!
//! Which manager runs this host ([`detect`]), what it says of a service, how it is told to start, stop
//! and define one, and the runner that gives a foreign program a transient unit of its own.
//!
//! Imports `model`, `ports` and `host`. Knows *how* to talk to a manager, never *when*: that is the
//! engine's. Which operating system has which manager is decided here and nowhere above.

pub mod detect;
#[cfg(unix)]
pub mod process;
#[cfg(not(unix))]
#[path = "process/elsewhere.rs"]
pub mod process;
#[cfg(target_os = "linux")]
pub mod systemd;

use std::path::Path;

use crate::model::{Class, Failure, Outcome};
use crate::ports::{Runner, ServiceManager};

pub use detect::Kind;

/// The adapter for `kind`. That of the embedded supervisor only looks, at the services defined in `folder`:
/// whoever supervises them has a [`process::Supervisor`].
///
/// # Errors
/// `Service` when there is none for that manager on this system, or its programs are missing.
#[cfg_attr(not(unix), expect(unused_variables))]
pub fn open(kind: Kind, folder: &Path) -> Outcome<Box<dyn ServiceManager>> {
    match kind {
        #[cfg(target_os = "linux")]
        Kind::Systemd => Ok(Box::new(systemd::Systemd::new(systemd::Programs::find()?))),
        #[cfg(unix)]
        Kind::Process => Ok(Box::new(process::Reader::new(folder))),
        other => {
            let what = format!("the service manager `{}` cannot be used here", other.name());
            Err(Failure::new(Class::Service, what).hint("run it on a host that systemd runs"))
        }
    }
}

/// A runner that starts foreign programs as the unit `unit`, outside our own sandbox; `None`: this manager
/// has no such thing.
///
/// # Errors
/// `Service` when the manager's programs are missing, `Config` when `unit` cannot be a unit's name.
#[cfg_attr(not(target_os = "linux"), expect(unused_variables))]
pub fn outside_runner(kind: Kind, unit: &str) -> Outcome<Option<Box<dyn Runner>>> {
    match kind {
        #[cfg(target_os = "linux")]
        Kind::Systemd => {
            let programs = systemd::Programs::find()?;
            Ok(Some(Box::new(systemd::TransientRunner::new(programs, unit)?)))
        }
        _ => Ok(None),
    }
}
