use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use tokio::sync::oneshot;

use super::super::orders::{Order, Request};
use super::*;
use crate::config::{Loaded, Sources};
use crate::control::protocol::CancelEffect;
use crate::control::queue::Next;
use crate::engine::{Interrupt, Wish};
use crate::model::{By, Class, Run, StepId, Verdict};

fn hub() -> Hub {
    let sources =
        Sources { env: &|_| None, ..Sources::here(Some("/nowhere/updater.toml".into()), Vec::new()) };
    let sources =
        Sources { file: crate::config::ConfigFile::Usual("/nowhere/updater.toml".into()), ..sources };
    let Loaded { settings, .. } = crate::config::load(&sources).expect("the defaults are good");
    Hub::new(Status::default(), Hook::new(&settings), Orders::default())
}

fn run(kind: RunKind) -> Run {
    let mut run = Run::new("r1".into(), kind, By::Timer, Timestamp::UNIX_EPOCH);
    run.to = Some("v1.1.0".into());
    run
}

fn state(hub: &Hub, state: State) {
    hub.take(EventKind::StateChanged { state });
}

fn begun(hub: &Hub, at: State) {
    hub.take(EventKind::RunStarted { run: run(RunKind::Update) });
    state(hub, at);
}

fn ended(hub: &Hub, verdict: Verdict) {
    let mut run = run(RunKind::Update);
    run.verdict = Some(verdict);
    hub.take(EventKind::RunEnded { run });
    state(hub, State::Idle);
}

fn output(hub: &Hub, line: &str) {
    hub.take(EventKind::Output { line: line.into() });
}

/// What waits for a client.
fn heard(queue: &Queue) -> Vec<String> {
    std::iter::from_fn(|| match queue.take() {
        Some(Next::Line(line)) => Some(line.to_string()),
        _ => None,
    })
    .collect()
}

fn seqs(lines: &[String]) -> Vec<u64> {
    let seq = |line: &String| serde_json::from_str::<serde_json::Value>(line).ok()?["params"]["seq"].as_u64();
    lines.iter().filter_map(seq).collect()
}

#[test]
fn a_client_gets_a_view_and_then_every_event_after_it() {
    let hub = hub();
    output(&hub, "one");
    let queue = Queue::new();
    let subscribed = hub.subscribe(&Subscribe::default(), &queue);
    let view = subscribed.view.expect("a view");
    assert_eq!((view.seq, view.output.lines().collect::<Vec<_>>()), (1, vec!["one"]));
    output(&hub, "two");
    let lines = heard(&queue);
    assert_eq!(seqs(&lines), [2]);
    assert!(lines[0].contains(r#""method":"event""#) && lines[0].contains(r#""line":"two""#), "{lines:?}");
    drop(queue);
    output(&hub, "three");
    assert!(!hub.is_followed());
}

#[test]
fn a_client_that_comes_back_misses_nothing_and_one_of_another_start_begins_anew() {
    let hub = hub();
    for line in ["one", "two", "three"] {
        output(&hub, line);
    }
    let back = |from, epoch: String| {
        let queue = Queue::new();
        let subscribed = hub.subscribe(&Subscribe { epoch: Some(epoch), from }, &queue);
        (subscribed.view.map(|view| view.seq), seqs(&heard(&queue)))
    };
    assert_eq!(back(1, hub.epoch()), (None, vec![2, 3]));
    assert_eq!(back(3, hub.epoch()), (None, vec![]));
    assert_eq!(back(4, hub.epoch()), (Some(3), vec![]));
    assert_eq!(back(1, "another".into()), (Some(3), vec![]));
    for number in 0..MISSED {
        output(&hub, &number.to_string());
    }
    assert_eq!(back(2, hub.epoch()), (Some(1_003), vec![]), "a view is less to read");
    assert_eq!(back(3, hub.epoch()).1.len(), MISSED);
}

#[test]
fn a_second_subscription_of_a_client_replaces_the_first() {
    let hub = hub();
    let queue = Queue::new();
    hub.subscribe(&Subscribe::default(), &queue);
    hub.subscribe(&Subscribe::default(), &queue);
    output(&hub, "once");
    assert_eq!(heard(&queue).len(), 1);
    output(&hub, "is in the view");
    assert_eq!(hub.resync(&queue).seq, 2);
    assert!(heard(&queue).is_empty());
}

#[test]
fn a_request_finds_no_run_or_is_refused_naming_it() {
    let hub = hub();
    let ask = || {
        let (answer, answered) = oneshot::channel();
        hub.ask(Request::Check(answer)).map(|()| answered)
    };
    let mut waits = ask().expect("it waits");
    begun(&hub, State::Building);
    let failure = waits.try_recv().expect("answered").expect_err("refused");
    assert_eq!(failure.class, Class::Busy);
    assert!(failure.to_string().contains("run r1 to v1.1.0") && failure.to_string().contains("cancel"));
    assert_eq!(ask().expect_err("refused").class, Class::Busy);
    ended(&hub, Verdict::Updated);
    let mut waits = ask().expect("it waits");
    hub.take(EventKind::RunStarted { run: run(RunKind::External) });
    assert!(waits.try_recv().is_err(), "told as a run, but no work");
    state(&hub, State::Recovering);
    let failure = waits.try_recv().expect("answered").expect_err("refused");
    assert!(failure.class == Class::Busy && failure.to_string().contains("interrupted"), "{failure}");
    assert!(hub.not_recovering().is_err());
    assert!(hub.orders.next().is_none());
    state(&hub, State::Idle);
    let mut waits = ask().expect("it waits");
    hub.end();
    assert_eq!(waits.try_recv().expect("answered").expect_err("refused").class, Class::Unreachable);
    assert_eq!(ask().expect_err("refused").class, Class::Unreachable);
}

#[test]
fn whoever_asked_is_told_when_the_run_begins_or_that_there_is_none() {
    let hub = hub();
    let (answer, mut answered) = oneshot::channel();
    hub.prepare(answer);
    hub.take(EventKind::RunStarted { run: run(RunKind::External) });
    hub.take(EventKind::RunEnded { run: run(RunKind::External) });
    assert!(answered.try_recv().is_err());
    begun(&hub, State::Building);
    assert_eq!(answered.try_recv().expect("told").expect("begun").run.as_deref(), Some("r1"));
    ended(&hub, Verdict::Updated);
    assert!(hub.prepared().is_none());
    let (answer, _answered) = oneshot::channel();
    hub.prepare(answer);
    assert!(hub.prepared().is_some() && hub.prepared().is_none());
    // A run of somebody else's answers nobody.
    hub.orders.send(Order::Standing);
    begun(&hub, State::Building);
    assert!(matches!(hub.orders.next(), Some(Order::Standing)));
}

#[test]
fn a_cancel_promises_what_the_moment_allows() {
    use Class::{Busy, Refused};
    let cases: [(State, Option<StepId>, Result<CancelEffect, Class>); 7] = [
        (State::Idle, None, Ok(CancelEffect::Aborts)),
        (State::Building, Some(StepId::Build), Ok(CancelEffect::Aborts)),
        (State::Switching, Some(StepId::Snapshot), Err(Refused)),
        (State::Verifying, Some(StepId::Verify), Ok(CancelEffect::RollsBack)),
        (State::Verifying, Some(StepId::Commit), Err(Refused)),
        (State::RollingBack, Some(StepId::Start), Err(Refused)),
        (State::Recovering, Some(StepId::Start), Err(Busy)),
    ];
    for (state, step, expected) in cases {
        let hub = hub();
        begun(&hub, state);
        if let Some(step) = step {
            hub.take(EventKind::StepStarted { step });
        }
        let interrupt = Interrupt::new();
        let found = hub.cancel(&interrupt);
        assert_eq!(found.as_ref().map(|it| it.effect).map_err(|it| it.class), expected, "{state:?} {step:?}");
        assert_eq!(interrupt.wish(), expected.is_ok().then_some(Wish::Abort), "{state:?} {step:?}");
        if let Err(failure) = found {
            assert!(failure.hint.is_some() && failure.what.contains("r1"), "{failure}");
        }
    }
}

#[test]
fn without_a_run_there_is_nothing_to_cancel_but_what_is_being_prepared() {
    let (hub, interrupt) = (hub(), Interrupt::new());
    assert_eq!(hub.cancel(&interrupt).expect("success").effect, CancelEffect::Nothing);
    hub.take(EventKind::RunStarted { run: run(RunKind::External) });
    assert_eq!(hub.cancel(&interrupt).expect("success").effect, CancelEffect::Nothing);
    hub.take(EventKind::RunEnded { run: run(RunKind::External) });
    assert_eq!(interrupt.wish(), None);
    let (answer, _answered) = oneshot::channel();
    hub.prepare(answer);
    let cancelled = hub.cancel(&interrupt).expect("success");
    assert_eq!((cancelled.effect, cancelled.run), (CancelEffect::Aborts, None));
    assert_eq!(interrupt.wish(), Some(Wish::Abort));
}

#[test]
fn a_promise_that_is_not_kept_is_told() {
    let story = |cancel_at: State, then: &[State], verdict| {
        let hub = hub();
        begun(&hub, cancel_at);
        hub.cancel(&Interrupt::new()).expect("promised");
        let queue = Queue::new();
        hub.subscribe(&Subscribe::default(), &queue);
        then.iter().for_each(|next| state(&hub, *next));
        ended(&hub, verdict);
        heard(&queue).into_iter().filter(|line| line.contains(r#""event":"note""#)).collect::<Vec<_>>()
    };
    assert!(story(State::Building, &[], Verdict::Aborted).is_empty());
    assert!(story(State::Verifying, &[State::RollingBack], Verdict::RolledBack).is_empty());
    let late = story(State::Building, &[State::Switching, State::Verifying], Verdict::RolledBack);
    assert!(late.len() == 1 && late[0].contains("in the moment"), "{late:?}");
    let missed = story(State::Verifying, &[], Verdict::Updated);
    assert!(missed.len() == 1 && missed[0].contains("at its end"), "{missed:?}");
}

#[test]
fn what_somebody_else_saw_of_the_agent_never_replaces_what_the_engine_told_since() {
    let hub = hub();
    let agent = |pid| AgentStatus { pid: Some(pid), ..AgentStatus::default() };
    hub.agent_seen(&AgentStatus::default(), agent(1));
    assert_eq!(hub.status().agent.pid, Some(1));
    hub.agent_seen(&AgentStatus::default(), agent(2));
    assert_eq!(hub.status().agent.pid, Some(1));
    begun(&hub, State::Building);
    hub.agent_seen(&agent(1), agent(2));
    assert_eq!(hub.status().agent.pid, Some(1));
}

#[test]
fn what_somebody_else_saw_never_comes_between_the_engine_and_its_word() {
    let hub = hub();
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !over.load(Ordering::SeqCst) {
                let before = hub.status().agent;
                let agent = AgentStatus { restarts: before.restarts + 1, ..before.clone() };
                hub.agent_seen(&before, agent);
            }
        });
        // The process is told by the engine alone.
        let taken_back = (1..500).map(Some).find(|pid| {
            hub.take(EventKind::AgentSeen { agent: AgentStatus { pid: *pid, ..AgentStatus::default() } });
            std::thread::yield_now();
            hub.status().agent.pid != *pid
        });
        over.store(true, Ordering::SeqCst);
        assert_eq!(taken_back, None);
    });
}

/// A build of 10,000 lines a second must not notice that it is watched.
#[test]
fn an_event_costs_little() {
    const EVENTS: u32 = 20_000;
    let hub = hub();
    let queue = Queue::new();
    let mut costs = Vec::new();
    for followed in [false, true] {
        if followed {
            hub.subscribe(&Subscribe::default(), &queue);
        }
        let began = Instant::now();
        for number in 0..EVENTS {
            output(&hub, &format!("gcc -c -O2 -o /tmp/go-build/b0{number}/x.o sqlite3-binding.c -Iinclude"));
        }
        costs.push(began.elapsed() / EVENTS);
    }
    // Twenty times less than there is, in a build without optimisation, on a busy machine.
    assert!(costs.iter().all(|cost| *cost < std::time::Duration::from_micros(100)), "{costs:?}");
}
