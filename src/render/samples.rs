//! Values that the tests of this room render.

use crate::model::changes::Change;
use crate::model::held::HeldCause;
use crate::model::status::{AgentLife, AgentStatus, Latest};
use crate::model::{By, Changes, Held, Run, RunKind, StepId, StepStatus, Timestamp, Verdict, Version};

pub fn at(text: &str) -> Timestamp {
    text.parse().expect("a time")
}

pub fn run() -> Run {
    let started = at("2026-11-24T03:15:00Z");
    let mut run = Run::new("20261124T031500Z-1a2b".into(), RunKind::Update, By::Uid(0), started);
    run.from = Some("v1.4.1".into());
    run.to = Some("v1.4.2".into());
    run.verdict = Some(Verdict::Updated);
    run.took_ms = Some(41_000);
    run.downtime_ms = Some(180);
    run.snapshot_ms = Some(12);
    for step in StepId::ALL {
        let (took, note) = match step {
            StepId::Detect => (3, Some("v1.4.1 installed, v1.4.2 wanted")),
            StepId::Build => (36_000, Some("41 packages")),
            StepId::Snapshot => (12, None),
            _ => (3, None),
        };
        run.step_ended(step, StepStatus::Done, Some(took), note.map(Into::into));
    }
    if let Some(row) = run.row_mut(StepId::Register) {
        row.status = StepStatus::Skipped;
        row.took_ms = None;
        row.note = Some("nothing to change".into());
    }
    run
}

pub fn changes() -> Changes {
    let change = |name: &str, from: &str, to: &str| Change {
        name: name.into(),
        from: Some(from.into()),
        to: Some(to.into()),
    };
    Changes {
        go: Some(change("go", "go1.25.1", "go1.26.8")),
        dependencies: vec![change("a.test/x", "v1.0.0", "v1.1.0")],
        settings: Vec::new(),
    }
}

pub fn latest() -> Latest {
    Latest {
        version: Some("v1.5.0".into()),
        commit_time: Some(at("2026-11-23T00:00:00Z")),
        first_seen_at: Some(at("2026-11-24T03:10:00Z")),
        checked_at: Some(at("2026-11-24T03:20:00Z")),
        error: None,
        update_available: true,
        reason: None,
    }
}

pub fn agent() -> AgentStatus {
    AgentStatus {
        service: "sentinelgo".into(),
        state: AgentLife::Running,
        pid: Some(4121),
        version: Some("v1.4.2".into()),
        binary: "/usr/local/bin/sentinel".into(),
        sha256: Some("ab".repeat(32)),
        since: Some(at("2026-11-24T03:15:41Z")),
        restarts: 0,
        retracted: false,
    }
}

pub fn held() -> Held {
    Held {
        version: Version::parse("v1.4.9").expect("a version"),
        reason: "it failed".into(),
        at: at("2026-11-24T03:00:00Z"),
        retry_at: None,
        cause: HeldCause::Failed,
        attempts: 1,
        fingerprint: None,
    }
}
