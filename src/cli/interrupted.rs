//! The run that is open in the journal, as it is shown.

use crate::model::journal::Direction;
use crate::model::status::State;
use crate::model::{Record, Run, StepId, StepStatus};

/// The open run and what is being done, from the journal's records; `None`: no run is open.
///
/// The journal knows steps only from `stop` on: before, a run is building.
pub(super) fn fold(records: &[Record]) -> Option<(Run, State)> {
    let mut run: Option<Run> = None;
    let mut state = State::Building;
    for record in records {
        match record {
            Record::Begin { plan } => run = Some(begun(&plan.run)),
            Record::Switch { plan } => {
                let run = run.get_or_insert_with(|| begun(&plan.run));
                complete(run, StepId::Stop);
                state = State::Switching;
            }
            Record::Enter { step, direction: Direction::Forward, .. } => {
                let run = run.as_mut()?;
                complete(run, *step);
                run.step_started(*step);
                state = if *step >= StepId::Verify { State::Verifying } else { State::Switching };
            }
            Record::Enter { step, direction: Direction::Back, .. } => {
                let run = run.as_mut()?;
                let later = run.steps.iter_mut().filter(|row| row.id > *step);
                for row in later.filter(|row| row.status == StepStatus::Running) {
                    row.status = StepStatus::Undone;
                }
                run.step_started(*step);
                state = State::RollingBack;
            }
            Record::SnapshotTaken { took_ms, .. } => run.as_mut()?.snapshot_ms = Some(*took_ms),
            Record::Turn { error, step, .. } => {
                let run = run.as_mut()?;
                run.step_ended(*step, StepStatus::Failed, None, Some(error.clone()));
                run.error = Some(error.clone());
                state = State::RollingBack;
            }
            Record::Recovered { .. } => state = State::Recovering,
            Record::End { .. } => run = None,
        }
    }
    run.map(|run| (run, state))
}

/// Its decision is behind it.
fn begun(run: &Run) -> Run {
    let mut run = run.clone();
    complete(&mut run, StepId::Preflight);
    run
}

/// Every step before `step` is behind it.
fn complete(run: &mut Run, step: StepId) {
    for row in run.steps.iter_mut().filter(|row| row.id < step) {
        if matches!(row.status, StepStatus::Pending | StepStatus::Running) {
            row.status = StepStatus::Done;
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::model::plan::{AgentPlace, ServiceSpec};
    use crate::model::{By, Class, Plan, RunKind, Timestamp};

    fn plan() -> Box<Plan> {
        let mut run = Run::new("r1".into(), RunKind::Update, By::Timer, Timestamp::UNIX_EPOCH);
        run.from = Some("v1.0.0".into());
        run.to = Some("v1.1.0".into());
        let place = AgentPlace {
            service: "agent".into(),
            binary: "/b".into(),
            backup: "/b.backup".into(),
            staged: "/.b.next".into(),
            database: None,
        };
        let spec = ServiceSpec {
            service: "agent".into(),
            binary: "/b".into(),
            args: vec![],
            env: vec![],
            user: None,
            install_args: vec![],
            data: "/d".into(),
        };
        Box::new(Plan {
            keep_versions: 3,
            state: "/s".into(),
            ..Plan::new(run, "example.com/agent", place, spec)
        })
    }

    fn enter(step: StepId, direction: Direction) -> Record {
        Record::Enter { step, direction, boot: "b".into(), at: Timestamp::UNIX_EPOCH }
    }

    fn status(run: &Run, step: StepId) -> StepStatus {
        run.steps.iter().find(|row| row.id == step).unwrap().status
    }

    #[test]
    fn each_record_leads_to_what_is_being_done() {
        use Direction::{Back, Forward};
        let turn = Record::Turn {
            error: "it died".into(),
            class: Class::Unhealthy,
            step: StepId::Verify,
            survived_ms: 1,
        };
        let end = Record::End { run: Box::new(plan().run.clone()) };
        let story = [
            (Record::Begin { plan: plan() }, Some((State::Building, None))),
            (Record::Switch { plan: plan() }, Some((State::Switching, None))),
            (enter(StepId::Stop, Forward), Some((State::Switching, Some(StepId::Stop)))),
            (enter(StepId::Snapshot, Forward), Some((State::Switching, Some(StepId::Snapshot)))),
            (
                Record::SnapshotTaken { snapshot: None, took_ms: 12 },
                Some((State::Switching, Some(StepId::Snapshot))),
            ),
            (enter(StepId::Verify, Forward), Some((State::Verifying, Some(StepId::Verify)))),
            (turn, Some((State::RollingBack, Some(StepId::Verify)))),
            (enter(StepId::Start, Back), Some((State::RollingBack, Some(StepId::Start)))),
            (Record::Recovered { attempt: 1 }, Some((State::Recovering, Some(StepId::Start)))),
            (enter(StepId::Stop, Back), Some((State::RollingBack, Some(StepId::Stop)))),
            (end, None),
        ];
        assert_eq!(fold(&[]), None);
        for end in 0..story.len() {
            let records: Vec<Record> = story[..=end].iter().map(|(record, _)| record.clone()).collect();
            let found = fold(&records).map(|(run, state)| (state, run.step));
            assert_eq!(found, story[end].1, "after {:?}", story[end].0);
        }
        let records: Vec<Record> = story[..10].iter().map(|(record, _)| record.clone()).collect();
        let (run, _) = fold(&records).unwrap();
        assert_eq!(run.error.as_deref(), Some("it died"));
        assert_eq!(run.snapshot_ms, Some(12));
        assert_eq!(status(&run, StepId::Build), StepStatus::Done);
        assert_eq!(status(&run, StepId::Stop), StepStatus::Running);
        assert_eq!(status(&run, StepId::Start), StepStatus::Undone);
        assert_eq!(status(&run, StepId::Verify), StepStatus::Failed);
        assert_eq!(status(&run, StepId::Commit), StepStatus::Pending);
    }
}
