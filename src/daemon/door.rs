//! The control socket of the service: bound and given to its users at every start, and anew with other
//! settings. What is wrong with it is told, and is never a reason for the service to end: the agent's life
//! matters more.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::desk::Desk;
use super::hub::Hub;
use super::say::{Target, write};
use crate::config::{Settings, Viewers};
use crate::control::{Access, Gate, Listener, Warning, serve};
use crate::model::event::Level;
use crate::model::status::Alert;
use crate::model::{EventKind, Failure, Setting, Timestamp};

/// How long other rules may take to be in force before the reload counts as done.
const PATIENCE: Duration = Duration::from_secs(10);
/// How much longer than a farewell to clients the end of the server may take.
const CLOSING: Duration = Duration::from_secs(2);

/// The alert of a socket that does not work.
const SOCKET: &str = "control_socket";
/// The alert of a group that does not exist, or that the socket cannot be given to.
const GROUP: &str = "control_group";

/// The socket's rules, and what is the matter with it.
pub(super) struct Door {
    hub: Hub,
    gate: Option<Gate>,
    /// What stands. The engine's own list of alerts is another one: it replaces that at every check.
    standing: Mutex<Vec<(&'static str, String)>>,
}

impl Door {
    /// Binds the socket that `settings` name. Without it nobody can come in.
    pub(super) fn open(settings: &Settings, hub: &Hub) -> (Self, Option<Listener>) {
        let mut door = Self { hub: hub.clone(), gate: None, standing: Mutex::default() };
        match Listener::bind(&settings.paths.socket, &access(settings)) {
            Ok((listener, warnings)) => {
                door.gate = Some(listener.gate());
                door.tell(None, &warnings);
                (door, Some(listener))
            }
            Err(failure) => {
                door.tell(Some(&failure.context("nobody can reach the updater")), &[]);
                (door, None)
            }
        }
    }

    /// Other rules. Another path is taken at the next start only.
    pub(super) fn configure(&self, settings: &Settings) {
        let Some(gate) = &self.gate else { return };
        match gate.replace(&access(settings)) {
            Ok(warnings) => self.tell(None, &warnings),
            Err(failure) => {
                self.tell(Some(&failure.context("the control socket cannot be given to its users")), &[])
            }
        }
    }

    /// Raises what is new and clears what is over.
    fn tell(&self, failure: Option<&Failure>, warnings: &[Warning]) {
        let mut now: Vec<(&'static str, String)> = Vec::new();
        if let Some(failure) = failure {
            write(Level::Error, Target::Service, &failure.to_string());
            now.push((SOCKET, failure.to_string()));
        }
        if let Some(warning) = warnings.first() {
            now.push((GROUP, warning.to_string()));
        }
        let mut standing = self.standing.lock().unwrap_or_else(PoisonError::into_inner);
        for (id, _) in standing.iter().filter(|(id, _)| now.iter().all(|(new, _)| new != id)) {
            self.hub.take(EventKind::AlertCleared { id: (*id).to_owned() });
        }
        for (id, text) in now.iter().filter(|alert| !standing.contains(alert)) {
            let alert = Alert { id: (*id).to_owned(), text: text.clone(), since: Timestamp::now() };
            self.hub.take(EventKind::AlertRaised { alert });
        }
        *standing = now;
    }
}

/// Desk and door together.
pub(super) struct House {
    pub(super) desk: Desk,
    pub(super) door: Arc<Door>,
}

/// A server at work.
pub(super) struct Open {
    stop: oneshot::Sender<()>,
    serving: JoinHandle<()>,
}

impl House {
    /// Begins to serve; within a runtime only.
    pub(super) fn open(&self, listener: Listener) -> Open {
        let (stop, stopped) = oneshot::channel::<()>();
        let (desk, door) = (Arc::new(self.desk.clone()), self.door.clone());
        let serving = tokio::spawn(async move {
            // Whichever way the other end goes.
            let stopped = async move { drop(stopped.await) };
            if let Err(failure) = serve(listener, desk, stopped).await {
                door.tell(Some(&failure), &[]);
            }
        });
        Open { stop, serving }
    }

    /// Other settings; when this returns they are in force, or their group takes long to be found.
    pub(super) async fn configure(&self, settings: &Settings, shown: Vec<Setting>) {
        self.desk.configure(settings, shown);
        let (door, settings) = (self.door.clone(), settings.clone());
        let work = tokio::task::spawn_blocking(move || door.configure(&settings));
        drop(tokio::time::timeout(PATIENCE, work).await);
    }
}

impl Open {
    /// Clients are told what is left, and go.
    pub(super) async fn close(self) {
        drop(self.stop);
        drop(tokio::time::timeout(CLOSING, self.serving).await);
    }
}

fn access(settings: &Settings) -> Access {
    Access {
        group: settings.control.group.clone().unwrap_or_default(),
        viewers: settings.control.viewers == Viewers::All,
    }
}
