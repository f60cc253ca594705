//! Who may do what, and when: asked before anything is begun.

use super::absent::explain;
use super::console::Stop;
use crate::config::Settings;
use crate::host::lock::Holder;
use crate::host::privilege;
use crate::model::{By, Class, Failure, Outcome};
use crate::service::Kind;
use crate::world;

/// A command that changes something runs here and now where the service, for the reason of `absent`, cannot be
/// asked: as root, and while nobody else is at it. Returns in whose name.
///
/// # Errors
/// `Permission`, `Busy`; `absent` itself where there is a service, but none that listens to us.
pub(super) fn open(settings: &Settings, command: &str, absent: &Failure) -> Result<By, Stop> {
    if absent.class != Class::Unreachable {
        return Err(absent.clone().into());
    }
    if !privilege::is_root() {
        return Err(Failure::new(Class::Permission, format!("`{command}` needs root's rights"))
            .hint(format!("`sudo sentinel-updater {command}`"))
            .into());
    }
    match world::holder(settings)? {
        Holder::Nobody => Ok(By::Uid(0)),
        Holder::Process(pid) => Err(busy(Some(pid), &explain(settings, absent.clone())).into()),
        Holder::Unknown => Err(busy(None, &explain(settings, absent.clone())).into()),
    }
}

/// The same for a command that switches the agent: where the agent is the updater's own child, only the
/// running updater can.
///
/// # Errors
/// As [`open`]; `Unreachable`.
pub(super) fn engine(settings: &Settings, command: &str, absent: Failure) -> Result<By, Stop> {
    let by = open(settings, command, &absent)?;
    if world::kind(settings) != Kind::Process {
        return Ok(by);
    }
    Err(explain(settings, absent)
        .context("the updater runs the agent itself, and only while it runs can the agent be switched")
        .into())
}

fn busy(pid: Option<u32>, absent: &Failure) -> Failure {
    let process = pid.map_or_else(String::new, |pid| format!(" (pid {pid})"));
    let failure = Failure::new(Class::Busy, format!("another sentinel-updater{process} is at work"))
        .cause(absent.what.clone());
    Failure { hint: absent.hint.clone(), ..failure }
}

/// The updater's folder is private: a reader who is not root, and whom the service did not listen to for the
/// reason of `absent`, is told so at once.
///
/// # Errors
/// `Permission`.
pub(super) fn readable(settings: &Settings, command: &str, absent: &Failure) -> Outcome<()> {
    looks(absent)?;
    let state = &settings.paths.state;
    match std::fs::read_dir(state) {
        Err(error)
            if error.kind() == std::io::ErrorKind::PermissionDenied && absent.class == Class::Permission =>
        {
            // There is another way than root's.
            Err(absent.clone())
        }
        Err(error) if error.kind() == std::io::ErrorKind::PermissionDenied => {
            Err(Failure::new(Class::Permission, format!("cannot look into `{}`", state.display()))
                .because(&error)
                .hint(format!("`sudo sentinel-updater {command}`")))
        }
        _ => Ok(()),
    }
}

/// Files are read where there is no service, or none that listens to this user: they tell less, but the truth. A
/// service that cannot be understood is told of instead.
fn looks(absent: &Failure) -> Outcome<()> {
    match absent.class {
        Class::Unreachable | Class::Permission => Ok(()),
        _ => Err(absent.clone()),
    }
}

/// The same where the updater runs the agent itself: only its own folder tells then whether the agent runs.
///
/// # Errors
/// `Permission`.
pub(super) fn readable_supervisor(settings: &Settings, command: &str, absent: &Failure) -> Outcome<()> {
    looks(absent)?;
    if world::kind(settings).is_own() { readable(settings, command, absent) } else { Ok(()) }
}
