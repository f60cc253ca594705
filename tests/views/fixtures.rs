//! Models made by hand: one for each thing that a dashboard can have to show.

use jiff::SignedDuration;
use sentinel_updater::control::protocol::{PROTOCOL, Role, Welcome};
use sentinel_updater::model::changes::Change;
use sentinel_updater::model::event::Level;
use sentinel_updater::model::held::HeldCause;
use sentinel_updater::model::preview::{Gate, Step};
use sentinel_updater::model::status::{
    AgentLife, AgentStatus, Alert, Latest, Paused, State, Status, UpdaterStatus,
};
use sentinel_updater::model::{
    By, Changes, Held, OnProbation, Preview, Progress, Run, RunKind, StepId, StepStatus, Timestamp, Verdict,
    Version, VersionRow, View,
};
use sentinel_updater::tui::caps::Caps;
use sentinel_updater::tui::model::{Link, Model};
use sentinel_updater::tui::pane::Row;

pub fn now() -> Timestamp {
    "2026-11-23T09:04:12Z".parse().expect("a time")
}

pub fn before(seconds: i64) -> Timestamp {
    now() - SignedDuration::from_secs(seconds)
}

pub fn after(seconds: i64) -> Timestamp {
    before(-seconds)
}

/// The service is reached; the agent runs; a newer version is on offer.
pub fn idle() -> Model {
    let mut model = Model::new(Caps::default(), (80, 24), now());
    model.zone = jiff::tz::TimeZone::fixed(jiff::tz::offset(6));
    model.link = Link::Connected;
    model.welcome = Some(Welcome {
        protocol: PROTOCOL,
        program: "0.1.0".into(),
        epoch: "e1".into(),
        role: Role::Operator,
        host: "host-01".into(),
        service: "sentinelgo-updater".into(),
        module: "github.com/BrainStation-23/SentinelGo".into(),
    });
    model.heard_at = Some(now());
    model.view = Some(View::new(status(), 41));
    model.history = history();
    model.versions = versions();
    model.plan = Some(plan());
    for (at, level, text) in [
        (3_700, Level::Info, "v1.4.2 is on probation until 2026-11-23 08:12:11 UTC"),
        (600, Level::Info, "v1.5.0 is available and not taken now: outside the window Mon-Fri 02:00-04:00"),
        (420, Level::Warn, "the group `sentinelgo` does not exist: only root may steer"),
        (60, Level::Error, "cannot reach `proxy.example.org`: connection refused"),
        (12, Level::Info, "v1.5.0 is available"),
    ] {
        model.updater.push(Row { at: Some(before(at)), level: Some(level), text: text.into() });
    }
    for second in (0..200_i64).rev() {
        let text = format!("heartbeat {} sent, 204 in {} ms", 200 - second, 11 + second % 7);
        model.agent.push(Row { at: Some(before(second * 30)), level: None, text });
    }
    model
}

fn status() -> Status {
    Status {
        updater: UpdaterStatus {
            version: "0.1.0".into(),
            pid: Some(812),
            started_at: Some(before(400_000)),
            state: State::Idle,
            next_check_at: Some(after(18)),
            manager: "systemd".into(),
            ..UpdaterStatus::default()
        },
        agent: AgentStatus {
            service: "sentinelgo".into(),
            state: AgentLife::Running,
            pid: Some(4121),
            version: Some("v1.4.2".into()),
            binary: "/usr/local/bin/sentinel".into(),
            sha256: Some("9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08".into()),
            since: Some(before(273_600)),
            restarts: 0,
            retracted: false,
        },
        latest: Latest {
            version: Some("v1.5.0".into()),
            commit_time: Some(before(90_000)),
            first_seen_at: Some(before(3_600)),
            checked_at: Some(before(125)),
            error: None,
            update_available: true,
            reason: Some("outside the window Mon-Fri 02:00-04:00 Europe/Berlin".into()),
        },
        last_run: history().into_iter().next(),
        held: vec![held("v1.4.9", "it failed: the agent exited with 1 after 3 s", None)],
        ..Status::default()
    }
}

pub fn held(version: &str, reason: &str, retry_at: Option<Timestamp>) -> Held {
    Held {
        version: Version::parse(version).expect("a version"),
        reason: reason.into(),
        at: before(86_000),
        retry_at,
        cause: HeldCause::Failed,
        attempts: 1,
        fingerprint: None,
    }
}

/// A run that ended; `failed`: the step that went wrong, and why.
pub fn ended(ago: i64, kind: RunKind, way: (&str, &str), verdict: Verdict, by: By) -> Run {
    let started = before(ago);
    let id = format!("{}-1a2b", started.strftime("%Y%m%dT%H%M%SZ"));
    let mut run = Run::new(id, kind, by, started);
    run.from = Some(way.0.into());
    run.to = Some(way.1.into());
    run.verdict = Some(verdict);
    run.took_ms = Some(41_200);
    run.downtime_ms = Some(180);
    run.snapshot_ms = Some(12);
    for step in StepId::ALL {
        let (took, note) = match step {
            StepId::Check => (4, None),
            StepId::Detect => (1, Some(format!("{} installed, {} wanted", way.0, way.1))),
            StepId::Preflight => (212, None),
            StepId::Build => (36_400, Some("207 packages, 31 of them compiled".into())),
            StepId::Prove => (911, None),
            StepId::Stop => (38, None),
            StepId::Snapshot => (12, Some("1.2 MiB copied".into())),
            StepId::Install => (9, None),
            StepId::Register => (0, Some("nothing to change".into())),
            StepId::Start => (121, None),
            StepId::Verify => (3_502, None),
            StepId::Commit => (5, None),
        };
        let status = if step == StepId::Register { StepStatus::Skipped } else { StepStatus::Done };
        run.step_ended(step, status, Some(took), note);
    }
    run
}

pub fn history() -> Vec<Run> {
    let mut failed = ended(86_400, RunKind::Update, ("v1.4.1", "v1.4.9"), Verdict::RolledBack, By::Timer);
    failed.error = Some("the agent exited with 1 after 3 s".into());
    let mut untouched = ended(172_900, RunKind::Update, ("v1.4.1", "v1.4.2"), Verdict::Failed, By::Timer);
    untouched.downtime_ms = None;
    untouched.took_ms = Some(72_000);
    vec![
        ended(7_320, RunKind::Update, ("v1.4.1", "v1.4.2"), Verdict::Updated, By::Uid(1000)),
        failed,
        untouched,
        ended(259_400, RunKind::Rollback, ("v1.4.2", "v1.4.1"), Verdict::Updated, By::Uid(0)),
        ended(345_800, RunKind::External, ("v1.4.1", "v1.4.2"), Verdict::Updated, By::Timer),
        ended(900_000, RunKind::Install, ("v1.4.0", "v1.4.1"), Verdict::Updated, By::Timer),
    ]
}

pub fn versions() -> Vec<VersionRow> {
    let row = |version: &str, seen: i64| VersionRow {
        version: version.into(),
        installed: false,
        kept: false,
        staged: false,
        held: false,
        available: true,
        retracted: None,
        commit_time: Some(before(seen + 86_400)),
        first_seen_at: Some(before(seen)),
        schema_differs: None,
        snapshot_at: None,
    };
    vec![
        VersionRow { staged: true, ..row("v1.5.0", 3_600) },
        VersionRow { held: true, ..row("v1.4.9", 90_000) },
        VersionRow { retracted: Some(true), ..row("v1.4.3", 170_000) },
        VersionRow { installed: true, kept: true, ..row("v1.4.2", 180_000) },
        VersionRow {
            kept: true,
            available: false,
            commit_time: None,
            first_seen_at: None,
            ..row("v1.4.1", 900_000)
        },
    ]
}

pub fn changes() -> Changes {
    let change = |name: &str, from: Option<&str>, to: Option<&str>| Change {
        name: name.into(),
        from: from.map(Into::into),
        to: to.map(Into::into),
    };
    Changes {
        go: Some(change("go", Some("1.25.1"), Some("1.26.8"))),
        dependencies: vec![
            change("github.com/shirou/gopsutil/v4", Some("v4.25.1"), Some("v4.26.0")),
            change("modernc.org/sqlite", Some("v1.33.1"), Some("v1.34.4")),
            change("golang.org/x/sys", None, Some("v0.31.0")),
        ],
        settings: Vec::new(),
    }
}

pub fn plan() -> Preview {
    Preview {
        installed: Some("v1.4.2".into()),
        target: "v1.5.0".into(),
        current: false,
        gates: vec![
            Gate { id: "held".into(), title: "Not held".into(), passes: true, reason: None },
            Gate {
                id: "window".into(),
                title: "Inside the window".into(),
                passes: false,
                reason: Some("opens 2026-11-24 01:00:00 UTC".into()),
            },
        ],
        steps: StepId::ALL.map(|id| Step { id, title: id.title().into() }).to_vec(),
        declared_changes: Some(changes()),
        staged: false,
        expected_downtime_ms: Some(190),
        expected: String::new(),
    }
}

/// A run that has come as far as `step`.
pub fn running(step: StepId, state: State) -> Model {
    let mut model = idle();
    let mut run = Run::new("20261123T090226Z-77aa".into(), RunKind::Update, By::Uid(1000), before(106));
    run.from = Some("v1.4.2".into());
    run.to = Some("v1.5.0".into());
    for (before, row) in StepId::ALL
        .iter()
        .zip(ended(0, RunKind::Update, ("v1.4.2", "v1.5.0"), Verdict::Updated, By::Timer).steps)
    {
        if *before < step {
            run.step_ended(*before, row.status, row.took_ms, row.note);
        }
    }
    run.step_started(step);
    if step > StepId::Prove {
        run.changes = Some(changes());
    }
    let view = model.view.as_mut().expect("a view");
    view.status.updater.state = state;
    view.status.run = Some(run);
    view.step_since = Some(before(41));
    model
}

/// In the middle of a compile.
pub fn compiling() -> Model {
    let mut model = running(StepId::Build, State::Building);
    let run = model.view.as_mut().and_then(|view| view.status.run.as_mut()).expect("a run");
    run.progress = Some(Progress {
        phase: "compile".into(),
        done: 120,
        total: 207,
        detail: Some("modernc.org/sqlite/lib".into()),
    });
    for number in 0..1_204_i64 {
        let text = match number % 9 {
            0 => format!("go: downloading modernc.org/libc v1.{number}.0"),
            4 => format!(
                "cd $WORK/b{number:03}; gcc -I . -fPIC -m64 -pthread -O2 -g -c sqlite3.c -o _x{number:03}.o -DSQLITE_ENABLE_FTS5 -DSQLITE_ENABLE_RTREE -DSQLITE_THREADSAFE=1"
            ),
            _ => format!("github.com/shirou/gopsutil/v4/internal/common{number}"),
        };
        model.build.push(Row { at: Some(before((1_204 - number) / 30)), level: None, text });
    }
    model
}

pub fn paused() -> Paused {
    Paused {
        since: before(4_000),
        until: Some(after(7_200)),
        reason: Some("the quarter is being closed".into()),
        by: "uid 1000".into(),
    }
}

pub fn probation() -> OnProbation {
    OnProbation { version: "v1.4.2".into(), since: before(100), until: after(500) }
}

pub fn alerts() -> Vec<Alert> {
    vec![
        Alert {
            id: "retracted".into(),
            text: "v1.4.2 was retracted by its authors: update, or hold what is installed".into(),
            since: before(9_000),
        },
        Alert {
            id: "control_group".into(),
            text: "the group `sentinelgo` does not exist: only root may steer; create it with `groupadd --system sentinelgo` and restart the updater".into(),
            since: before(300),
        },
    ]
}
