//! Clients that read slowly, not at all, or come back.

use sentinel_updater::control::protocol::{Subscribe, Subscribed};
use sentinel_updater::control::{Connection, Notice, Request};
use sentinel_updater::model::view::Folded;
use sentinel_updater::model::{EventKind, View};
use serde_json::json;

use crate::fake::{EPOCH, Fake};
use crate::house::{House, run};
use crate::kit::trials::{Test, tests};
use crate::raw::Raw;
use crate::talk::event;

pub(crate) fn tests() -> Vec<Test> {
    tests![
        a_client_that_never_reads_costs_only_itself,
        a_slow_client_is_told_what_it_lost,
        a_very_slow_client_gets_a_new_view,
        who_comes_back_gets_each_missed_event_once,
        another_epoch_means_a_new_view,
        events_between_snapshot_and_stream_are_not_lost,
    ]
}

async fn subscribe(talk: &Connection, position: Subscribe) -> Subscribed {
    talk.client.ask(&Request::Subscribe(position)).await.expect("subscribed")
}

/// Subscribes by hand, so that nobody reads.
async fn deaf(house: &House) -> Raw {
    let mut raw = Raw::greeted(&house.socket).await;
    let answer = raw.ask(&json!({"jsonrpc": "2.0", "id": 1, "method": "subscribe"})).await;
    assert!(answer["result"]["view"].is_object(), "{answer}");
    raw
}

fn a_client_that_never_reads_costs_only_itself() {
    let fake = Fake::new();
    let house = House::open(fake.clone());
    run(async {
        let _deaf = deaf(&house).await;
        let mut talk = house.client().await;
        subscribe(&talk, Subscribe::default()).await;
        let mut seq = 0;
        for _ in 0..200 {
            // No more at once than the queue of a client that does read can hold.
            for _ in 0..500 {
                fake.output("a line of a build, as long as such lines are");
            }
            for _ in 0..500 {
                seq += 1;
                assert_eq!(event(&mut talk.notices).await.0, seq);
            }
        }
        assert_eq!(seq, 100_000);
        // The deaf one is dropped when it has read nothing for 5 s.
        while fake.subscribers() > 1 {
            tokio::task::yield_now().await;
        }
        talk.client.send(&Request::Status).await.expect("the other one goes on");
    });
}

fn a_slow_client_is_told_what_it_lost() {
    let fake = Fake::new();
    let house = House::open(fake.clone());
    run(async {
        let mut raw = deaf(&house).await;
        for _ in 0..20_000 {
            fake.output("x");
        }
        fake.matters("last");
        let (mut heard, mut lost, mut seq) = (0, 0, 0);
        while seq < 20_001 {
            let said = raw.hear().await.expect("a line");
            match said["method"].as_str() {
                Some("event") => {
                    let next = said["params"]["seq"].as_u64().expect("a number");
                    assert!(next > seq);
                    (seq, heard) = (next, heard + 1);
                }
                Some("dropped") => lost += said["params"]["count"].as_u64().expect("a number"),
                _ => panic!("{said}"),
            }
        }
        assert!(lost > 0);
        assert_eq!(heard + lost, 20_001, "what is missing is counted");
    });
}

fn a_very_slow_client_gets_a_new_view() {
    let fake = Fake::new();
    let house = House::open(fake.clone());
    run(async {
        let mut raw = deaf(&house).await;
        for at in 0..20_000 {
            fake.matters(&format!("{at}: {}", "x".repeat(100)));
        }
        let (mut view, mut fresh) = (View::default(), 0);
        while view.seq < 20_000 {
            let said = raw.hear().await.expect("a line");
            match said["method"].as_str() {
                Some("event") => {
                    let event = serde_json::from_value(said["params"].clone()).expect("an event");
                    assert_eq!(view.apply(&event), Folded::Next, "nothing that matters is missing");
                }
                Some("resync") => {
                    view = serde_json::from_value(said["params"].clone()).expect("a view");
                    fresh += 1;
                }
                _ => panic!("{said}"),
            }
        }
        assert!(fresh > 0);
        fake.matters("after");
        assert_eq!(raw.hear().await.expect("an event")["params"]["seq"], 20_001);
    });
}

fn who_comes_back_gets_each_missed_event_once() {
    let fake = Fake::new();
    let house = House::open(fake.clone());
    run(async {
        let mut talk = house.client().await;
        let mut view = subscribe(&talk, Subscribe::default()).await.view.expect("a view");
        for round in 0..20 {
            for at in 0..10 {
                fake.output(&format!("{round} {at}"));
            }
            // It reads some of them, and goes.
            for _ in 0..round % 10 {
                let (seq, _) = event(&mut talk.notices).await;
                assert_eq!(seq, view.seq + 1);
                view.seq = seq;
            }
            drop(talk);
            fake.matters("meanwhile");
            talk = house.client().await;
            let position = Subscribe { epoch: Some(EPOCH.into()), from: view.seq };
            assert_eq!(subscribe(&talk, position).await.view, None);
            fake.matters("afterwards");
            while view.seq < (round + 1) * 12 {
                let (seq, _) = event(&mut talk.notices).await;
                assert_eq!(seq, view.seq + 1, "in order, none missing, none twice");
                view.seq = seq;
            }
        }
    });
}

fn another_epoch_means_a_new_view() {
    let fake = Fake::new();
    let house = House::open(fake.clone());
    run(async {
        fake.output("x");
        let mut talk = house.client().await;
        let position = Subscribe { epoch: Some("before the restart".into()), from: 4711 };
        let subscribed = subscribe(&talk, position).await;
        assert_eq!((subscribed.epoch.as_str(), subscribed.view.map(|view| view.seq)), (EPOCH, Some(1)));
        // Again on the same connection: the old registration is replaced.
        subscribe(&talk, Subscribe::default()).await;
        assert_eq!(fake.subscribers(), 1);
        fake.output("y");
        assert_eq!(event(&mut talk.notices).await, (2, EventKind::Output { line: "y".into() }));
        fake.output("z");
        assert_eq!(event(&mut talk.notices).await.0, 3, "not twice");
    });
}

fn events_between_snapshot_and_stream_are_not_lost() {
    let fake = Fake::new();
    let house = House::open(fake.clone());
    let emitter = std::thread::spawn({
        let fake = fake.clone();
        move || {
            for at in 0..5_000 {
                fake.matters(&at.to_string());
            }
        }
    });
    run(async {
        for _ in 0..20 {
            let mut talk = house.client().await;
            let mut view = subscribe(&talk, Subscribe::default()).await.view.expect("a view");
            for _ in 0..20 {
                if view.seq == 5_000 {
                    break;
                }
                match talk.notices.next().await {
                    Ok(Notice::Event(event)) => assert_eq!(view.apply(&event), Folded::Next),
                    Ok(Notice::Resync(new)) => view = *new,
                    other => panic!("{other:?}"),
                }
            }
        }
    });
    emitter.join().expect("emitted");
}
