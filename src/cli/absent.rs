//! Why the service cannot be asked, and what to type next.

use crate::config::Settings;
use crate::host::lock::Holder;
use crate::model::agent::Life;
use crate::model::{Class, Failure, ServiceState};
use crate::service::Kind;
use crate::world;

/// Says of a socket that did not answer what is the matter with the service behind it. What the socket said
/// itself (no permission, another protocol) stands as it is.
pub(super) fn explain(settings: &Settings, failure: Failure) -> Failure {
    if failure.class != Class::Unreachable {
        return failure;
    }
    let kind = world::kind(settings);
    let state = match kind {
        // The one who runs the agent has no service of its own.
        Kind::Process => None,
        _ => world::services(settings)
            .and_then(|mut services| services.state(&settings.updater.service_name))
            .ok(),
    };
    let holder = world::holder(settings).ok();
    advise(&settings.updater.service_name, kind, state.as_ref(), holder, failure)
}

fn advise(
    name: &str,
    kind: Kind,
    state: Option<&ServiceState>,
    holder: Option<Holder>,
    failure: Failure,
) -> Failure {
    let systemd = kind == Kind::Systemd;
    let log = match systemd {
        true => format!("`journalctl -u {name}`"),
        false => "`sentinel-updater logs`".to_owned(),
    };
    let start = match systemd {
        true => format!("`sudo systemctl start {name}`"),
        false => format!("start the service `{name}`"),
    };
    let (why, next) = match (state.map(|state| state.life), holder) {
        (Some(Life::Absent), Some(Holder::Nobody) | None) => (
            format!("the service `{name}` is not installed"),
            "install it, or start `sudo sentinel-updater run`".to_owned(),
        ),
        (Some(Life::Stopped), Some(Holder::Nobody) | None) => {
            (format!("the service `{name}` is stopped"), start)
        }
        (Some(Life::Failed), _) => {
            (format!("the service `{name}` has failed"), format!("{log} tells why; then {start}"))
        }
        (Some(Life::Changing), _) => {
            (format!("the service `{name}` is starting or ending"), format!("try again; {log} tells more"))
        }
        (Some(Life::Running), _) => (
            format!("the service `{name}` runs, but not with this socket"),
            format!("compare `paths.socket` with its configuration; {log} tells what it says of its socket"),
        ),
        (_, Some(Holder::Process(pid))) => {
            (format!("an updater without this socket is at work (pid {pid})"), "wait until it is done".into())
        }
        (_, Some(Holder::Unknown)) => {
            ("an updater without this socket is at work".into(), "wait until it is done".to_owned())
        }
        _ => ("no updater runs here".into(), "start `sentinel-updater run`".to_owned()),
    };
    Failure { hint: Some(next), ..failure.cause(why) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_reason_has_the_next_command() {
        let nobody = Some(Holder::Nobody);
        for (kind, life, holder, why, next) in [
            (Kind::Systemd, Some(Life::Stopped), nobody, "`up` is stopped", "`sudo systemctl start up`"),
            (Kind::Systemd, Some(Life::Absent), nobody, "is not installed", "install it"),
            (
                Kind::Systemd,
                Some(Life::Failed),
                nobody,
                "has failed",
                "`journalctl -u up` tells why; then `sudo systemctl start up`",
            ),
            (
                Kind::Systemd,
                Some(Life::Running),
                Some(Holder::Process(7)),
                "not with this socket",
                "paths.socket",
            ),
            (
                Kind::Systemd,
                Some(Life::Stopped),
                Some(Holder::Process(7)),
                "(pid 7)",
                "wait until it is done",
            ),
            (Kind::Process, None, nobody, "no updater runs here", "start `sentinel-updater run`"),
            (Kind::Process, None, Some(Holder::Unknown), "is at work", "wait"),
            (Kind::Systemd, None, None, "no updater runs here", "start `sentinel-updater run`"),
        ] {
            let state = life.map(|life| ServiceState { life, ..ServiceState::default() });
            let failure = Failure::new(Class::Unreachable, "nobody listens at `/s`").hint("other");
            let failure = advise("up", kind, state.as_ref(), holder, failure);
            assert!(failure.line().starts_with("nobody listens at `/s`: "), "{failure}");
            assert!(failure.line().contains(why), "{failure}");
            assert!(failure.hint.as_deref().is_some_and(|hint| hint.contains(next)), "{failure}");
        }
    }
}
