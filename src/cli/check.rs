//! `check`.

use super::exit::Exit;
use super::service::{Reached, reach};
use super::{Call, Ended, gate};
use crate::config::Settings;
use crate::control::Request;
use crate::daemon;
use crate::engine::Interrupt;
use crate::host::lock::Holder;
use crate::host::privilege;
use crate::model::status::Latest;
use crate::model::{EventKind, Outcome};
use crate::render;
use crate::service::Kind;
use crate::world;

/// Asks the module system now and says what it has.
pub(super) fn run(call: &Call<'_>, exit_code: bool, json: bool) -> Ended {
    let settings = call.settings()?;
    let latest = match newest(&settings) {
        Ok(latest) => latest,
        Err(failure) => {
            if json {
                call.console.json(&Latest { error: Some(failure.to_string()), ..Latest::default() })?;
            }
            return Err(failure.into());
        }
    };
    match json {
        true => call.console.json(&latest)?,
        false => {
            let line = render::line(&EventKind::Checked { latest: latest.clone() });
            call.console.line(&line.map(|(_, text)| text).unwrap_or_default())?;
        }
    }
    Ok(if exit_code && latest.update_available { Exit::SomethingToDo } else { Exit::Done })
}

/// The service asks, if there is one. Else, where the answer can be remembered, it is; or it is only given.
fn newest(settings: &Settings) -> Outcome<Latest> {
    let absent = match reach(settings) {
        Reached::Service(mut service) => return service.ask(Request::Check),
        Reached::Absent(failure) => failure,
    };
    gate::readable_supervisor(settings, "check", &absent)?;
    if !may_remember(settings) {
        return daemon::newest(settings);
    }
    let sink = Box::new(|_: EventKind| {});
    daemon::with_engine(settings, sink, &Interrupt::new(), |engine| {
        engine.check()?;
        Ok(engine.latest().clone())
    })?
}

/// As root, while nobody else is at work, and with no run to take up: a question changes no agent. Not
/// where the agent would be this process's child.
fn may_remember(settings: &Settings) -> bool {
    privilege::is_root()
        && world::kind(settings) != Kind::Process
        && world::holder(settings).is_ok_and(|holder| holder == Holder::Nobody)
        && world::journal(settings).is_ok_and(|open| open.records.is_empty())
}
