//! Every fault at every effect, generated: a new step is covered by being in the table.

use std::io::Write as _;
use std::path::Path;
use std::time::Duration;

use sentinel_updater::engine::steps::STEPS;
use sentinel_updater::engine::{DatabaseRequest, Reply, RollbackRequest, UpdateRequest};
use sentinel_updater::model::journal::Direction;
use sentinel_updater::model::{Outcome, Record, StepId, Verdict};

use sentinel_updater::ports::Cancel;

use crate::host::{BINARY, Fault, Host, Nature, STAGED, Shared};
use crate::world::arm;
use crate::{Updater, probation, process, rollback, turn, update};

/// One story whose every effect is struck.
struct Story {
    name: &'static str,
    prepare: fn() -> Shared,
    act: fn(&Shared),
    /// Versions of which one must run in the end.
    ends: &'static [&'static str],
    /// The agent may be absent in the end.
    may_be_absent: bool,
}

const STORIES: [Story; 10] = [
    Story {
        name: "update",
        prepare: || Shared::new(Some("v1.0.0"), &[("v1.0.0", Nature::Good, 1), ("v1.1.0", Nature::Good, 1)]),
        act: |host| drop(turn(host)),
        ends: &["v1.0.0", "v1.1.0"],
        may_be_absent: false,
    },
    Story {
        name: "update with a new schema",
        prepare: || Shared::new(Some("v1.0.0"), &[("v1.0.0", Nature::Good, 1), ("v1.1.0", Nature::Good, 2)]),
        act: |host| drop(turn(host)),
        ends: &["v1.0.0", "v1.1.0"],
        may_be_absent: false,
    },
    Story {
        name: "crash loop",
        prepare: || {
            Shared::new(
                Some("v1.0.0"),
                &[("v1.0.0", Nature::Good, 1), ("v1.1.0", Nature::CrashesAfter(2000), 1)],
            )
        },
        act: |host| drop(turn(host)),
        ends: &["v1.0.0"],
        may_be_absent: false,
    },
    Story {
        name: "crash loop with a new schema",
        prepare: || {
            Shared::new(
                Some("v1.0.0"),
                &[("v1.0.0", Nature::Good, 1), ("v1.1.0", Nature::CrashesAfter(2000), 2)],
            )
        },
        act: |host| drop(turn(host)),
        ends: &["v1.0.0"],
        may_be_absent: false,
    },
    Story {
        name: "rollback with the database",
        prepare: || {
            let host =
                Shared::new(Some("v1.0.0"), &[("v1.0.0", Nature::Good, 1), ("v1.1.0", Nature::Good, 2)]);
            assert_eq!(turn(&host).unwrap().verdict, Some(Verdict::Updated));
            host
        },
        act: |host| {
            let request =
                RollbackRequest { database: DatabaseRequest::Restore, ..RollbackRequest::default() };
            drop(rollback(host, &request));
        },
        ends: &["v1.0.0", "v1.1.0"],
        may_be_absent: false,
    },
    Story {
        name: "install",
        prepare: || Shared::new(None, &[("v1.0.0", Nature::Good, 1)]),
        act: |host| drop(turn(host)),
        ends: &["v1.0.0"],
        may_be_absent: true,
    },
    Story {
        name: "install of a crash loop",
        prepare: || Shared::new(None, &[("v1.0.0", Nature::CrashesAfter(2000), 1)]),
        act: |host| drop(turn(host)),
        ends: &[],
        may_be_absent: true,
    },
    Story {
        name: "failed probation with a new schema",
        prepare: || {
            let late = Nature::CrashesAfter(120_000);
            let host = Shared::new(Some("v1.0.0"), &[("v1.0.0", Nature::Good, 1), ("v1.1.0", late, 2)]);
            let run = Updater::with(&host, probation::strict()).engine.turn().1;
            assert_eq!(run.unwrap().verdict, Some(Verdict::Updated));
            host
        },
        act: |host| {
            let mut updater = Updater::with(host, probation::strict());
            drop(updater.engine.recover());
            updater.engine.watch_probation(Duration::from_secs(300), &Cancel::new());
        },
        ends: &["v1.0.0", "v1.1.0"],
        may_be_absent: false,
    },
    Story {
        name: "staging",
        prepare: || Shared::new(Some("v1.0.0"), &[("v1.0.0", Nature::Good, 1), ("v1.1.0", Nature::Good, 1)]),
        act: |host| drop(stage(host)),
        ends: &["v1.0.0", "v1.1.0"],
        may_be_absent: false,
    },
    Story {
        name: "update to a staged version",
        prepare: || {
            let host =
                Shared::new(Some("v1.0.0"), &[("v1.0.0", Nature::Good, 1), ("v1.1.0", Nature::Good, 1)]);
            stage(&host).unwrap();
            host
        },
        act: |host| drop(turn(host)),
        ends: &["v1.0.0", "v1.1.0"],
        may_be_absent: false,
    },
];

fn stage(host: &Shared) -> Outcome<Reply> {
    update(host, &UpdateRequest { stage_only: true, ..UpdateRequest::default() })
}

/// How the host was between two lives of the updater.
#[derive(Debug, Clone, Copy)]
enum Between {
    /// Only the updater died.
    Nothing,
    /// The machine was switched off and on: boot started the agent.
    Reboot,
}

/// Starts the updater again and again until it rests. Kills stop when the fault was used up.
fn recover_to_rest(host: &Shared, between: Between) {
    for _ in 0..10 {
        if matches!(between, Between::Reboot) {
            host.lock().reboot();
        }
        let alive = process(|| drop(turn(host))).is_some();
        let open = !matches!(host.lock().journal.last(), Some(Record::End { .. }) | None);
        if alive && !open {
            return;
        }
    }
    let state = host.lock();
    panic!("no rest after 10 starts: {:?}", state.journal.iter().rev().take(3).collect::<Vec<_>>());
}

/// What must hold whatever happened, once the updater rests.
fn check(story: &Story, host: &Shared, what: &str, strict: bool) {
    let state = host.lock();
    let context = || {
        format!(
            "{}: {what}; last calls {:?}",
            story.name,
            &state.calls[state.calls.len().saturating_sub(12)..]
        )
    };
    let stuck = state.history.values().any(|run| run.verdict == Some(Verdict::Stuck));
    let there = state.files.get(Path::new(BINARY)).cloned();
    match &there {
        Some(version) => assert!(
            story.ends.contains(&version.as_str()) || stuck || story.ends.is_empty(),
            "binary is {version}, {}",
            context()
        ),
        None => assert!(story.may_be_absent, "no binary, {}", context()),
    }
    if !story.may_be_absent {
        assert!(state.unit.is_some(), "no unit, {}", context());
        let running = state.running.as_ref().map(|running| running.version.clone());
        assert!(running.is_some() || stuck, "nothing runs, {}", context());
        if let (Some(running), Some(there)) = (&running, &there) {
            assert_eq!(running, there, "another version runs, {}", context());
        }
        let schema =
            there.as_ref().and_then(|version| state.release(version)).map_or(1, |release| release.schema);
        let database = state.database.as_ref().expect("a database");
        assert!(
            database.schema <= schema || stuck,
            "schema {} under {there:?}, {}",
            database.schema,
            context()
        );
        assert_eq!(database.rows[0], "written by v1.0.0", "rows lost, {}", context());
    }
    if !strict {
        return;
    }
    assert!(!state.files.contains_key(Path::new(STAGED)), "staged file left, {}", context());
    assert!(!state.files.contains_key(Path::new("/var/cache/out/sentinel")), "build left, {}", context());
    assert!(matches!(state.journal.last(), Some(Record::End { .. }) | None), "journal open, {}", context());
    if let Some(Record::End { run }) = state.journal.last() {
        assert!(
            run.verdict.is_some() && state.history.get(&run.id) == Some(run),
            "history differs, {}",
            context()
        );
    }
    let referenced: Vec<_> =
        state.kept.iter().filter_map(|kept| kept.snapshot.as_ref()).map(|s| &s.path).collect();
    for snapshot in state.snapshots.keys() {
        assert!(referenced.contains(&snapshot), "snapshot {snapshot:?} left, {}", context());
    }
    if let (Some(there), false) = (&there, stuck) {
        let committed = state.committed.as_ref().expect("something is committed");
        assert_eq!(committed.sha256, Host::sha256(there), "committed differs, {}", context());
    }
}

/// A line of the table that `tests/run` prints; past the harness, which keeps what is printed.
fn tell(kind: &str, points: usize) {
    let line = format!("fault-table: {} {points} {points} MEMORY\n", kind.replace(' ', "-"));
    std::io::stdout().write_all(line.as_bytes()).expect("standard output");
}

fn effects(story: &Story) -> (usize, usize) {
    let host = (story.prepare)();
    let before = host.lock().calls.len();
    (story.act)(&host);
    check(story, &host, "no fault", true);
    (before, host.lock().calls.len())
}

#[test]
fn killed_before_and_after_every_effect() {
    let mut points = 0;
    for story in &STORIES {
        let (first, last) = effects(story);
        for call in first..last {
            for between in [Between::Nothing, Between::Reboot] {
                for fault in [Fault::KillBefore(call), Fault::KillAfter(call)] {
                    let host = (story.prepare)();
                    host.lock().fault = Some(fault);
                    process(|| (story.act)(&host));
                    recover_to_rest(&host, between);
                    check(story, &host, &format!("{fault:?} {between:?}"), true);
                    points += 1;
                }
            }
        }
    }
    tell("killed at every effect", points);
    assert!(points > 600, "{points}");
}

#[test]
fn killed_again_at_every_effect_of_the_recovery() {
    let mut points = 0;
    for story in &STORIES {
        let (first, last) = effects(story);
        for call in first..last {
            for between in [Between::Nothing, Between::Reboot] {
                for second in 0.. {
                    let host = (story.prepare)();
                    host.lock().fault = Some(Fault::KillAfter(call));
                    process(|| (story.act)(&host));
                    arm(&host, |now| Fault::KillBefore(now + second));
                    recover_to_rest(&host, between);
                    check(
                        story,
                        &host,
                        &format!("killed after {call}, again {second} later {between:?}"),
                        true,
                    );
                    points += 1;
                    let struck = host.lock().fault.is_none();
                    if !struck || second > 60 {
                        break;
                    }
                }
            }
        }
    }
    tell("killed again in the recovery", points);
}

#[test]
fn every_effect_fails_once() {
    let mut points = 0;
    for story in &STORIES {
        let (first, last) = effects(story);
        for call in first..last {
            let host = (story.prepare)();
            host.lock().fault = Some(Fault::Fail { call, times: 1 });
            process(|| (story.act)(&host));
            recover_to_rest(&host, Between::Nothing);
            let name = host.lock().calls[call].clone();
            check(story, &host, &format!("{name} (call {call}) failed once"), false);
            points += 1;
        }
    }
    tell("an effect fails once", points);
}

#[test]
fn every_effect_fails_for_ever() {
    let mut points = 0;
    for story in &STORIES {
        let (first, last) = effects(story);
        for call in first..last {
            let host = (story.prepare)();
            host.lock().fault = Some(Fault::Fail { call, times: 100 });
            process(|| (story.act)(&host));
            for _ in 0..3 {
                drop(turn(&host));
            }
            host.lock().fault = None;
            recover_to_rest(&host, Between::Nothing);
            let name = host.lock().calls[call].clone();
            check(story, &host, &format!("{name} (call {call}) failed for ever"), false);
            points += 1;
        }
    }
    tell("an effect fails for ever", points);
}

#[test]
fn killed_while_a_failing_undo_is_tried_again() {
    for story in STORIES.iter().filter(|story| story.name.starts_with("crash loop")) {
        let (first, last) = effects(story);
        for call in first..last {
            for second in 0..12 {
                let host = (story.prepare)();
                host.lock().fault = Some(Fault::Fail { call, times: 1 });
                // The failure strikes first; the kill is armed once it did.
                process(|| (story.act)(&host));
                arm(&host, |now| Fault::KillAfter(now + second));
                recover_to_rest(&host, Between::Reboot);
                check(story, &host, &format!("call {call} failed, killed {second} later"), false);
            }
        }
    }
}

#[test]
fn every_step_that_touches_the_agent_is_announced_and_taken_back() {
    let mut defined = Vec::new();
    for story in STORIES.iter().filter(|story| story.name.contains("crash loop")) {
        let host = (story.prepare)();
        (story.act)(&host);
        let state = host.lock();
        let called = |name: &str| state.calls.iter().any(|call| call == name);
        let defines = called("define") || called("self_register");
        defined.push(defines);
        for step in STEPS.iter().filter(|step| step.touches && step.id != StepId::Commit) {
            // A definition that stays as it is costs no sync while the agent is down.
            let announced = step.id != StepId::Register || defines;
            let name = format!("journal enter {} {:?}", step.id, Direction::Forward);
            assert_eq!(called(&name), announced, "{}: {name}", story.name);
            if step.undo.is_some() {
                let name = format!("journal enter {} {:?}", step.id, Direction::Back);
                assert!(called(&name), "{}: {name}", story.name);
            }
        }
    }
    assert!(defined.contains(&true) && defined.contains(&false), "{defined:?}");
}

#[test]
fn after_three_recoveries_nobody_tries_any_more() {
    let story = &STORIES[0];
    let host = (story.prepare)();
    let start = effects(story).0;
    let stop = {
        let probe = (story.prepare)();
        (story.act)(&probe);
        let at = probe.lock().calls.iter().position(|call| call == "stop");
        at.unwrap_or(start)
    };
    host.lock().fault = Some(Fault::KillAfter(stop));
    process(|| (story.act)(&host));
    for _ in 0..3 {
        // Killed again each time as soon as the run has been taken up.
        arm(&host, |now| Fault::KillAfter(now + 2));
        assert!(process(|| drop(turn(&host))).is_none());
    }
    host.lock().fault = None;
    drop(turn(&host));
    let state = host.lock();
    let run = state.history.values().next_back().unwrap();
    assert_eq!(run.verdict, Some(Verdict::Stuck), "{run:#?}");
    assert_eq!(state.running.as_ref().unwrap().version, "v1.0.0");
    assert_eq!(state.stuck.as_deref(), Some("v1.1.0"));
}
