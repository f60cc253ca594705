//! Who may do what, and when: asked before anything is begun.

use super::console::Stop;
use crate::config::Settings;
use crate::host::lock::{self, Holder};
use crate::host::privilege;
use crate::model::{By, Class, Failure, Outcome};
use crate::service::Kind;
use crate::store::Layout;
use crate::world;

/// A command that changes something runs here and now: as root, and while nobody else is at it. Returns
/// in whose name.
///
/// # Errors
/// `Permission`, `Busy`.
pub(super) fn open(settings: &Settings, command: &str) -> Result<By, Stop> {
    if !privilege::is_root() {
        return Err(Failure::new(Class::Permission, format!("`{command}` needs root's rights"))
            .hint(format!("`sudo sentinel-updater {command}`"))
            .into());
    }
    match lock::holder(&Layout::new(&settings.paths.state).lock())? {
        Holder::Nobody => Ok(By::Uid(0)),
        Holder::Process(pid) => Err(busy(settings, Some(pid)).into()),
        Holder::Unknown => Err(busy(settings, None).into()),
    }
}

/// Where the agent is the updater's own child, only the running updater can switch it.
///
/// # Errors
/// `Refused`.
pub(super) fn needs_no_service(settings: &Settings) -> Outcome<()> {
    if world::kind(settings) != Kind::Process {
        return Ok(());
    }
    Err(Failure::new(
        Class::Refused,
        "no service manager runs here: the updater runs the agent itself, and only while it runs can the agent be switched",
    )
    .hint("start `sentinel-updater run`, which updates by itself"))
}

fn busy(settings: &Settings, pid: Option<u32>) -> Failure {
    let process = pid.map_or_else(String::new, |pid| format!(" (pid {pid})"));
    let service = &settings.updater.service_name;
    match pid.is_some() && service_pid(settings) == pid {
        true => Failure::new(Class::Busy, format!("the service{process} is running")).hint(format!(
            "stop it first (service `{service}`), then start it again; or let it update by itself"
        )),
        false => Failure::new(Class::Busy, format!("another sentinel-updater{process} is at work"))
            .hint("wait until it is done; if it is the service, stop it first"),
    }
}

/// The process that the service manager runs as the updater's service.
fn service_pid(settings: &Settings) -> Option<u32> {
    let mut services = world::services(settings).ok()?;
    services.state(&settings.updater.service_name).ok()?.pid
}

/// The updater's folder is private: a reader who is not root is told so at once.
///
/// # Errors
/// `Permission`.
pub(super) fn readable(settings: &Settings, command: &str) -> Outcome<()> {
    let state = &settings.paths.state;
    match std::fs::read_dir(state) {
        Err(error) if error.kind() == std::io::ErrorKind::PermissionDenied => {
            Err(Failure::new(Class::Permission, format!("cannot look into `{}`", state.display()))
                .because(&error)
                .hint(format!("`sudo sentinel-updater {command}`")))
        }
        _ => Ok(()),
    }
}

/// The same where the updater runs the agent itself: only its own folder tells then whether the agent runs.
///
/// # Errors
/// `Permission`.
pub(super) fn readable_supervisor(settings: &Settings, command: &str) -> Outcome<()> {
    if world::kind(settings).is_own() { readable(settings, command) } else { Ok(()) }
}
