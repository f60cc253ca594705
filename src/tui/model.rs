//! Everything that the dashboard shows, as plain values.

use std::collections::BTreeMap;

use super::caps::Caps;
use super::pane::Pane;
use crate::control::Request;
use crate::control::protocol::{Role, Subscribe, Welcome};
use crate::model::event::Level;
use crate::model::{Failure, Preview, Run, Timestamp, VersionRow, View};

/// The state of the dashboard.
#[derive(Debug, Clone)]
pub struct Model {
    /// What the terminal can show.
    pub caps: Caps,
    /// The terminal's columns and rows.
    pub size: (u16, u16),
    /// The time, as of the last tick.
    pub now: Timestamp,
    /// The time zone that times are shown in. UTC unless it is set at the start.
    pub zone: jiff::tz::TimeZone,
    /// Nothing may be asked of the service that changes something.
    pub read_only: bool,
    /// What is shown is a record: there is no service behind it.
    pub record: bool,
    /// Where the service is reached, if not here: `USER@HOST`.
    pub remote: Option<String>,
    /// The way to the service.
    pub link: Link,
    /// Who the service said it is; kept when it is lost.
    pub welcome: Option<Welcome>,
    /// The epoch of the view.
    pub epoch: Option<String>,
    /// What the service told: the same fold as its own. `None`: nothing yet.
    pub view: Option<View>,
    /// When the service was heard of last.
    pub heard_at: Option<Timestamp>,
    /// The page that is shown, where not all fit.
    pub tab: Tab,
    /// The pane that keys go to.
    pub focus: PaneId,
    /// Only the pane in focus, as large as the screen.
    pub zoom: bool,
    /// The output of the build.
    pub build: Pane,
    /// The updater's log.
    pub updater: Pane,
    /// The agent's log.
    pub agent: Pane,
    /// Which of the two logs is shown.
    pub shown_log: PaneId,
    /// The runs that ended, newest first.
    pub history: Vec<Run>,
    /// Everything known of versions, highest first.
    pub versions: Vec<VersionRow>,
    /// The row of the history, or of the versions below it, that the cursor is on, from 0.
    pub row: usize,
    /// What an update would do; asked for when a new version appears.
    pub plan: Option<Preview>,
    /// How times in logs are written.
    pub stamps: Stamps,
    /// Long lines go on in the next row.
    pub wrap: bool,
    /// The mouse is reported to us.
    pub mouse: bool,
    /// What lies over everything else.
    pub overlay: Option<Overlay>,
    /// A line that is being typed at the bottom.
    pub entry: Option<Entry>,
    /// A short message.
    pub toast: Option<Toast>,
    /// What is to be added to the word that something was copied or saved.
    pub remark: Option<String>,
    /// Notices that were lost and told, and that no gap of the events has accounted for yet.
    pub lost: u64,
    /// Requests without an answer yet.
    pub pending: BTreeMap<Ticket, Request>,
    /// The next ticket.
    pub next_ticket: u64,
    /// The diagnostics page's own state (targets, levels, position).
    pub diagnostics: Diagnostics,
}

/// A request of ours that waits for its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ticket(pub u64);

/// The way to the service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Link {
    /// For the first time.
    Connecting,
    /// It is there.
    Connected,
    /// It is not there; it is tried again and again.
    Lost {
        /// Since when.
        since: Timestamp,
        /// When it is tried again.
        retry_at: Timestamp,
        /// Why, with what to do.
        failure: Box<Failure>,
    },
    /// It speaks another protocol.
    Incompatible(Box<Failure>),
}

/// A page of the small layouts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Tab {
    /// Steps of the run, what comes next, alerts.
    Overview,
    /// The output of the build.
    Build,
    /// Updater and agent log.
    Logs,
    /// Runs and versions.
    History,
    /// Records of this program and of the service.
    Diagnostics,
}

/// A part of the screen that keys can go to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PaneId {
    /// The steps.
    Pipeline,
    /// The output of the build.
    Build,
    /// The updater's log.
    Updater,
    /// The agent's log.
    Agent,
    /// Runs and versions.
    History,
    /// Records of this program and of the service.
    Diagnostics,
}

/// How a time in a log is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Stamps {
    /// In this machine's time zone.
    #[default]
    Local,
    /// In UTC.
    Utc,
    /// As an age.
    Relative,
    /// Not at all.
    Off,
}

/// What lies over everything else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Overlay {
    /// The keys, from this row on.
    Help {
        /// The first row shown.
        top: usize,
    },
    /// Something is to be confirmed.
    Confirm(Confirm),
    /// A run with its steps.
    Run {
        /// Which one.
        id: String,
        /// The first row shown.
        top: usize,
    },
    /// Everything that can be done, by name.
    Palette {
        /// What is looked for.
        text: String,
        /// The chosen one of those that fit, from 0.
        chosen: usize,
    },
}

/// A question before something is asked of the service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Confirm {
    /// What is asked.
    pub about: Question,
    /// What it is about: `Roll back to v1.4.1?`
    pub title: String,
    /// What it means, a line each.
    pub lines: Vec<String>,
    /// The answers; the first is always `Cancel`, which does nothing.
    pub choices: Vec<Choice>,
    /// The chosen one, at first 0.
    pub chosen: usize,
}

/// What a question is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Question {
    /// Whether to update: what is known of the plan is told in it.
    Update,
    /// Something else, or nothing: it is a message.
    Other,
}

/// An answer to a question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// What it is called.
    pub label: String,
    /// What it sends; `None`: nothing.
    pub request: Option<Request>,
}

/// A line that is being typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// What for.
    pub kind: EntryKind,
    /// So far. The cursor is at its end.
    pub text: String,
}

/// What a line is typed for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EntryKind {
    /// A text to be found in the pane.
    Search,
    /// Only lines with this text are shown.
    Filter,
}

/// A short message that goes by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Toast {
    /// How much it matters.
    pub level: Level,
    /// The message.
    pub text: String,
    /// When it goes.
    pub until: Timestamp,
}

/// The diagnostics page: tui-logger's widget keeps its own state behind a lock.
#[derive(Clone, Default)]
pub struct Diagnostics(pub std::sync::Arc<tui_logger::TuiWidgetState>);

impl std::fmt::Debug for Diagnostics {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Diagnostics")
    }
}

/// What the cursor of the history page is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Under<'a> {
    /// A run that ended.
    Run(&'a Run),
    /// A version.
    Version(&'a VersionRow),
}

impl Model {
    /// A dashboard that has heard nothing yet.
    pub fn new(caps: Caps, size: (u16, u16), now: Timestamp) -> Self {
        Self {
            caps,
            size,
            now,
            zone: jiff::tz::TimeZone::UTC,
            read_only: false,
            record: false,
            remote: None,
            link: Link::Connecting,
            welcome: None,
            epoch: None,
            view: None,
            heard_at: None,
            tab: Tab::Overview,
            focus: PaneId::Pipeline,
            zoom: false,
            build: Pane::default(),
            updater: Pane::default(),
            agent: Pane::default(),
            shown_log: PaneId::Updater,
            history: Vec::new(),
            versions: Vec::new(),
            row: 0,
            plan: None,
            stamps: Stamps::default(),
            wrap: false,
            mouse: false,
            overlay: None,
            entry: None,
            toast: None,
            remark: None,
            lost: 0,
            pending: BTreeMap::new(),
            next_ticket: 0,
            diagnostics: Diagnostics::default(),
        }
    }

    /// Whether the buttons are there: the service is reached, and lets this user steer.
    pub fn may_steer(&self) -> bool {
        !self.read_only
            && self.link == Link::Connected
            && self.welcome.as_ref().is_some_and(|welcome| welcome.role == Role::Operator)
    }

    /// Whether the user could steer if the service were reached.
    pub fn is_viewer(&self) -> bool {
        self.read_only || self.welcome.as_ref().is_some_and(|welcome| welcome.role == Role::Viewer)
    }

    /// Whether a run is under way, as far as the service told.
    pub fn runs(&self) -> bool {
        self.view.as_ref().is_some_and(|view| view.status.run.is_some())
    }

    /// The run of that id, as far as it is known here.
    pub fn run(&self, id: &str) -> Option<&Run> {
        let status = self.view.as_ref().map(|view| &view.status);
        let now = status.into_iter().flat_map(|status| status.run.iter().chain(&status.last_run));
        now.chain(&self.history).find(|run| run.id == id)
    }

    /// What the cursor of the history page is on.
    pub fn under_cursor(&self) -> Option<Under<'_>> {
        match self.row.checked_sub(self.history.len()) {
            None => self.history.get(self.row).map(Under::Run),
            Some(row) => self.versions.get(row).map(Under::Version),
        }
    }

    /// Where the view is, for a link that resumes.
    pub fn position(&self) -> Subscribe {
        let from = self.view.as_ref().map_or(0, |view| view.seq);
        Subscribe { epoch: self.epoch.clone().filter(|_| self.view.is_some()), from }
    }

    /// The log that a pane shows; `None`: it shows something else.
    pub fn log(&self, id: PaneId) -> Option<&Pane> {
        match id {
            PaneId::Build => Some(&self.build),
            PaneId::Updater => Some(&self.updater),
            PaneId::Agent => Some(&self.agent),
            PaneId::Pipeline | PaneId::History | PaneId::Diagnostics => None,
        }
    }

    /// The same, to be changed.
    pub fn log_mut(&mut self, id: PaneId) -> Option<&mut Pane> {
        match id {
            PaneId::Build => Some(&mut self.build),
            PaneId::Updater => Some(&mut self.updater),
            PaneId::Agent => Some(&mut self.agent),
            PaneId::Pipeline | PaneId::History | PaneId::Diagnostics => None,
        }
    }
}
