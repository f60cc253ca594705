//! Who may come in and what they may do. Decided from what the operating system says of the peer, with the
//! rules that hold at that moment.

use std::fmt;
use std::sync::Arc;

use tokio::sync::watch;

use super::system::Place;
use crate::control::Role;
use crate::model::{Class, Failure, Outcome};

/// Who may come in, as the settings say it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Access {
    /// Its members may steer. Empty: nobody besides root and the service's own user.
    pub group: String,
    /// Whether everybody else may look.
    pub viewers: bool,
}

/// What could not be set up as asked for; access is narrower because of it, never wider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Warning {
    /// There is no such group: only root may steer.
    NoGroup(String),
    /// This user may not give the socket to the group: its members cannot reach it.
    NotGiven {
        /// Which group.
        group: String,
        /// Why.
        error: String,
    },
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoGroup(group) => write!(
                f,
                "there is no group `{group}`: only root may steer the updater until there is (`groupadd --system {group}`, then reload or restart the updater; or set control.group)"
            ),
            Self::NotGiven { group, error } => write!(
                f,
                "the control socket cannot be given to the group `{group}`: {error}; its members cannot reach it"
            ),
        }
    }
}

/// Access with its group looked up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::control) struct Rules {
    /// The name, for messages; empty: none.
    pub(super) name: String,
    /// Its number; none: there is no such group.
    pub(super) group: Option<u32>,
    pub(super) viewers: bool,
    /// Who the service runs as.
    pub(super) own: u32,
}

/// A peer, by the operating system's word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::control) struct Peer {
    /// The user.
    pub uid: u32,
    /// Its group and its supplementary groups when it connected.
    pub groups: Vec<u32>,
    /// The process, where it is known.
    pub pid: Option<i32>,
}

impl Rules {
    /// What `peer` may do.
    ///
    /// # Errors
    /// `Permission` when it may do nothing, with the way to change that.
    pub(in crate::control) fn role(&self, peer: &Peer) -> Outcome<Role> {
        if peer.uid == 0
            || peer.uid == self.own
            || self.group.is_some_and(|group| peer.groups.contains(&group))
        {
            return Ok(Role::Operator);
        }
        if self.viewers {
            return Ok(Role::Viewer);
        }
        let failure =
            Failure::new(Class::Permission, format!("user {} may not talk to the updater", peer.uid));
        Err(failure.cause(self.members()).hint(self.remedy()))
    }

    /// That a viewer may not make a request.
    pub(in crate::control) fn only_looks(&self, uid: u32, method: &str) -> Failure {
        Failure::new(Class::Permission, format!("user {uid} may look but not steer: `{method}` is refused"))
            .cause(self.members())
            .hint(self.remedy())
    }

    fn members(&self) -> String {
        match (self.group, self.name.as_str()) {
            (Some(_), name) => format!("only root and members of the group `{name}` may"),
            (None, "") => "only root may".into(),
            (None, name) => format!("only root may: there is no group `{name}`"),
        }
    }

    fn remedy(&self) -> String {
        remedy(self.group.map(|_| self.name.as_str()))
    }
}

/// What helps who may not come in: `group` may.
pub(super) fn remedy(group: Option<&str>) -> String {
    match group {
        Some(name) => {
            format!("use sudo, or join the group (`sudo usermod -aG {name} USER`) and log in again")
        }
        None => "use sudo".into(),
    }
}

/// The rules of a socket that is served, to be replaced while it is.
#[derive(Debug, Clone)]
pub struct Gate {
    place: Arc<Place>,
    rules: watch::Sender<Rules>,
}

impl Gate {
    pub(super) fn new(place: Arc<Place>, rules: Rules) -> Self {
        Self { place, rules: watch::Sender::new(rules) }
    }

    /// Puts other rules in force: groups and modes are set anew, and each open connection is judged by them at
    /// once. Looks the group up, which may take as long as the system's directory of users takes.
    ///
    /// # Errors
    /// `Disk` when groups or modes cannot be set; the rules are in force nevertheless.
    pub fn replace(&self, access: &Access) -> Outcome<Vec<Warning>> {
        let (mut rules, mut warnings) = Place::rules(access);
        let set = self.place.set(&mut rules, &mut warnings);
        self.rules.send_replace(rules);
        set.map(|()| warnings)
    }

    pub(in crate::control) fn watch(&self) -> watch::Receiver<Rules> {
        self.rules.subscribe()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peer(uid: u32, groups: &[u32]) -> Peer {
        Peer { uid, groups: groups.to_vec(), pid: None }
    }

    #[test]
    fn the_role_comes_from_user_and_groups() {
        let rules = Rules { name: "operators".into(), group: Some(50), viewers: false, own: 900 };
        let viewers = Rules { viewers: true, ..rules.clone() };
        let none = Rules { group: None, ..rules.clone() };
        let cases = [
            (&rules, peer(0, &[]), Some(Role::Operator)),
            (&rules, peer(900, &[1]), Some(Role::Operator)),
            (&rules, peer(7, &[1, 50]), Some(Role::Operator)),
            (&rules, peer(7, &[1, 5]), None),
            (&viewers, peer(7, &[1, 5]), Some(Role::Viewer)),
            (&viewers, peer(7, &[50]), Some(Role::Operator)),
            (&none, peer(7, &[0, 50]), None),
            (&none, peer(0, &[0]), Some(Role::Operator)),
        ];
        for (rules, peer, role) in cases {
            assert_eq!(rules.role(&peer).ok(), role, "{rules:?} {peer:?}");
        }
    }

    #[test]
    fn a_refusal_says_what_to_do() {
        let rules = Rules { name: "operators".into(), group: Some(50), viewers: false, own: 0 };
        let failure = rules.role(&peer(7, &[])).expect_err("a stranger");
        assert_eq!(failure.class, Class::Permission);
        assert!(failure.to_string().contains("usermod -aG operators"), "{failure}");
        let none = Rules { group: None, ..rules };
        let failure = none.only_looks(7, "update");
        assert!(failure.to_string().contains("there is no group `operators`; use sudo"), "{failure}");
    }
}
