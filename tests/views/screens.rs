//! The table of screens: a name, a model, and the sizes at which it is looked at.

use sentinel_updater::control::protocol::Role;
use sentinel_updater::model::status::State;
use sentinel_updater::model::{Class, Failure, StepId, StepStatus};
use sentinel_updater::tui::model::{Link, Model, PaneId, Tab};

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
        .hint("start it with `sentinel-updater start`"),
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
