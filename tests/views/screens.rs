//! The table of screens: a name, a model, and the sizes at which it is looked at.

use sentinel_updater::control::Request;
use sentinel_updater::control::protocol::{Database, Role, Rollback, Update};
use sentinel_updater::model::event::Level;
use sentinel_updater::model::status::State;
use sentinel_updater::model::{Class, Failure, StepId, StepStatus};
use sentinel_updater::tui::model::{
    Choice, Confirm, Entry, EntryKind, Link, Model, Overlay, PaneId, Question, Stamps, Tab, Toast,
};

use super::fixtures::*;

/// A screen.
pub struct Screen {
    pub name: &'static str,
    pub model: Model,
    pub sizes: &'static [(u16, u16)],
}

pub const ALL: &[(u16, u16)] = &[(40, 12), (80, 24), (120, 40), (200, 60)];

fn screen(name: &'static str, model: Model) -> Screen {
    Screen { name, model, sizes: ALL }
}

pub fn screens() -> Vec<Screen> {
    vec![
        screen("overview_idle", idle()),
        screen("compiling", compiling()),
        screen("compiling_build", on(compiling(), Tab::Build, PaneId::Build)),
        screen("switching", running(StepId::Snapshot, State::Switching)),
        screen("rolling_back", rolling_back()),
        screen("stuck", stuck()),
        screen("lost", lost()),
        screen("incompatible", incompatible()),
        screen("connecting", connecting()),
        screen("history", on(idle(), Tab::History, PaneId::History)),
        screen("logs", on(idle(), Tab::Logs, PaneId::Updater)),
        screen("alerts", with_alerts()),
        screen("viewer", viewer()),
        screen("paused", with(|view| view.updater.paused = Some(paused()))),
        screen("help", over(idle(), Overlay::Help { top: 0 })),
        screen("help_further_down", over(viewer(), Overlay::Help { top: 18 })),
        screen("confirm_update", over(idle(), Overlay::Confirm(ask_update()))),
        screen("confirm_rollback", over(idle(), Overlay::Confirm(ask_rollback()))),
        screen("palette", over(idle(), Overlay::Palette { text: "o".into(), chosen: 1 })),
        screen("run_detail", over(idle(), Overlay::Run { id: history()[1].id.clone(), top: 0 })),
        screen("search", search()),
        screen("filter", filter()),
        screen("wrap", wrap()),
        screen("zoom", zoom()),
        screen("toast", toast()),
        screen("diagnostics", on(idle(), Tab::Diagnostics, PaneId::Diagnostics)),
        Screen {
            name: "tiny",
            model: idle(),
            sizes: &[(19, 4), (40, 3), (3, 1), (20, 4), (34, 7), (62, 12)],
        },
        screen("probation", with(|view| view.updater.probation = Some(probation()))),
    ]
}

fn on(mut model: Model, tab: Tab, focus: PaneId) -> Model {
    model.tab = tab;
    model.focus = focus;
    model
}

fn with(change: impl FnOnce(&mut sentinel_updater::model::Status)) -> Model {
    let mut model = idle();
    change(&mut model.view.as_mut().expect("a view").status);
    model
}

fn rolling_back() -> Model {
    let mut model = running(StepId::Verify, State::RollingBack);
    let run = model.view.as_mut().and_then(|view| view.status.run.as_mut()).expect("a run");
    run.step_ended(StepId::Verify, StepStatus::Failed, Some(3_100), Some("the agent exited with 1".into()));
    run.step_started(StepId::Install);
    run.error = Some(
        "the agent did not stay up: it exited with 1 after 3 s; see `sentinel-updater logs agent`".into(),
    );
    model
}

fn stuck() -> Model {
    let mut model = with(|status| {
        status.updater.state = State::Stuck;
        status.agent.state = sentinel_updater::model::status::AgentLife::Failed;
        status.agent.restarts = 5;
        if let Some(run) = &mut status.last_run {
            run.verdict = Some(sentinel_updater::model::Verdict::Stuck);
            run.error = Some("v1.4.2 does not stay up, nor does v1.4.1: both exit with 1".into());
            run.step_ended(StepId::Verify, StepStatus::Failed, Some(60_000), Some("exited with 1".into()));
            run.step_ended(StepId::Commit, StepStatus::NotRun, None, None);
        }
    });
    model.plan = None;
    model
}

fn unreachable() -> Box<Failure> {
    Box::new(
        Failure::new(
            Class::Unreachable,
            "cannot reach the service at `/run/sentinelgo-updater/control.sock`",
        )
        .cause("connection refused")
        .hint("start the service; `sentinel-updater status` tells what is known of it"),
    )
}

fn lost() -> Model {
    let mut model = idle();
    let retry_at = now() + jiff::SignedDuration::from_millis(1_400);
    model.link = Link::Lost { since: before(12), retry_at, failure: unreachable() };
    model.heard_at = Some(before(14));
    model
}

fn connecting() -> Model {
    let mut model = idle();
    model.link = Link::Connecting;
    model.view = None;
    model.welcome = None;
    model.history.clear();
    model.versions.clear();
    model.updater = Default::default();
    model.agent = Default::default();
    model
}

fn incompatible() -> Model {
    let mut model = connecting();
    model.link = Link::Incompatible(Box::new(
        Failure::new(Class::Unreachable, "the service speaks protocol 3, this program 1")
            .hint("use the program of the same version: `/usr/local/bin/sentinel-updater tui`"),
    ));
    model
}

fn with_alerts() -> Model {
    with(|status| {
        status.alerts = alerts();
        status.agent.retracted = true;
    })
}

fn viewer() -> Model {
    let mut model = idle();
    if let Some(welcome) = &mut model.welcome {
        welcome.role = Role::Viewer;
    }
    model
}

fn over(mut model: Model, overlay: Overlay) -> Model {
    model.overlay = Some(overlay);
    model
}

fn choice(label: &str, request: Option<Request>) -> Choice {
    Choice { label: label.into(), request }
}

fn ask_update() -> Confirm {
    Confirm {
        about: Question::Other,
        title: "Update the agent to v1.5.0?".into(),
        lines: [
            "v1.4.2 -> v1.5.0",
            "Go 1.25.1 -> 1.26.8",
            "github.com/shirou/gopsutil/v4 v4.25.1 -> v4.26.0",
            "modernc.org/sqlite v1.33.1 -> v1.34.4",
            "the agent is down for about 190 ms, after the build",
            "refused: outside the window Mon-Fri 02:00-04:00 Europe/Berlin, opens 2026-11-24 01:00:00 UTC",
        ]
        .map(Into::into)
        .to_vec(),
        choices: vec![
            choice("Cancel", None),
            choice("Update", Some(Request::Update(Update::default()))),
            choice(
                "Update anyway (force)",
                Some(Request::Update(Update { force: true, ..Update::default() })),
            ),
        ],
        chosen: 0,
    }
}

fn ask_rollback() -> Confirm {
    let to = |database| Some(Request::Rollback(Rollback { version: Some("v1.4.1".into()), database }));
    Confirm {
        about: Question::Other,
        title: "Roll back to v1.4.1?".into(),
        lines: vec![
            "v1.4.2 -> v1.4.1, without network and compiler".into(),
            String::new(),
            "The schema of the database differs. The snapshot is of 2026-11-23 06:58:03 UTC; today's database would be set aside, never deleted.".into(),
            "v1.4.2 is held afterwards.".into(),
        ],
        choices: vec![
            choice("Cancel", None),
            choice("Roll back, keep the database", to(Database::Keep)),
            choice("Roll back, restore the database", to(Database::Restore)),
        ],
        chosen: 2,
    }
}

fn search() -> Model {
    let mut model = on(idle(), Tab::Logs, PaneId::Agent);
    model.shown_log = PaneId::Agent;
    model.agent.height = 17;
    model.agent.begin();
    model.agent.search("in 14");
    model.entry = Some(Entry { kind: EntryKind::Search, text: "in 14".into() });
    model
}

fn filter() -> Model {
    let mut model = on(idle(), Tab::Logs, PaneId::Updater);
    model.updater.filter("v1.5.0");
    model.updater.at_least(Some(Level::Info));
    model.stamps = Stamps::Utc;
    model
}

fn wrap() -> Model {
    let mut model = on(compiling(), Tab::Build, PaneId::Build);
    model.wrap = true;
    model.stamps = Stamps::Relative;
    model.build.height = 17;
    model.build.wraps = true;
    model.build.scroll(-300);
    model.build.select();
    model.build.extend(-2);
    model
}

fn zoom() -> Model {
    let mut model = on(compiling(), Tab::Build, PaneId::Build);
    model.zoom = true;
    model
}

fn toast() -> Model {
    let mut model = idle();
    model.toast = Some(Toast { level: Level::Error, text: unreachable().to_string(), until: after(5) });
    model
}
