//! Questions, answers and events.

use sentinel_updater::control::protocol::{LogTail, Logs, Subscribe, Subscribed};
use sentinel_updater::control::{Notice, Notices, Request, Role};
use sentinel_updater::model::{Class, EventKind};
use serde_json::json;

use crate::fake::{EPOCH, Fake};
use crate::house::{House, run};
use crate::kit::trials::{Test, tests};

pub(crate) fn tests() -> Vec<Test> {
    tests![
        it_greets_answers_and_fails_in_words,
        a_slow_answer_delays_nobody,
        a_subscriber_gets_the_view_and_every_event_after_it,
        the_end_of_a_log_comes_before_its_next_lines,
    ]
}

pub(crate) async fn event(notices: &mut Notices) -> (u64, EventKind) {
    match notices.next().await {
        Ok(Notice::Event(event)) => (event.seq, event.kind),
        other => panic!("wanted an event, heard {other:?}"),
    }
}

fn it_greets_answers_and_fails_in_words() {
    let fake = Fake::new();
    let house = House::open(fake.clone());
    run(async {
        let talk = house.client().await;
        assert_eq!((talk.welcome.role, talk.welcome.epoch.as_str()), (Role::Operator, EPOCH));
        let status = talk.client.send(&Request::Status).await.expect("an answer");
        assert_eq!(status["role"], "operator");
        let failure = talk.client.send(&Request::Cancel).await.expect_err("refused");
        assert_eq!(failure.class, Class::Busy);
        assert_eq!(failure.to_string(), "cannot cancel: too late; wait");
        let failure = talk.client.send(&Request::Versions).await.expect_err("it panics");
        assert_eq!(failure.class, Class::Internal);
        let failure = talk.client.ask::<u64>(&Request::Status).await.expect_err("no number");
        assert!(failure.line().contains("`status` is not understood"), "{failure}");
        talk.client.send(&Request::Resume).await.expect("still there");
    });
    let (caller, _) = fake.calls().remove(0);
    assert_eq!(caller.pid, i32::try_from(std::process::id()).ok());
}

fn a_slow_answer_delays_nobody() {
    let fake = Fake::new();
    let house = House::open(fake.clone());
    run(async {
        let (talk, other) = (house.client().await, house.client().await);
        let slow = talk.client.clone();
        let slow = tokio::spawn(async move { slow.send(&Request::Check).await });
        while !fake.calls().iter().any(|(_, request)| *request == Request::Check) {
            talk.client.send(&Request::Status).await.expect("the same connection goes on");
        }
        other.client.send(&Request::Status).await.expect("another one, too");
        assert!(!slow.is_finished());
        fake.go.notify_one();
        assert_eq!(slow.await.expect("no panic").expect("an answer"), json!({"checked": true}));
    });
}

fn a_subscriber_gets_the_view_and_every_event_after_it() {
    let fake = Fake::new();
    let house = House::open(fake.clone());
    run(async {
        fake.output("before");
        let mut talk = house.client().await;
        let subscribed: Subscribed =
            talk.client.ask(&Request::Subscribe(Subscribe::default())).await.expect("an answer");
        let mut view = subscribed.view.expect("a view");
        assert_eq!((view.seq, view.output.lines().collect::<Vec<_>>()), (1, vec!["before"]));
        for line in 0..500 {
            fake.output(&line.to_string());
        }
        while view.seq < 501 {
            match talk.notices.next().await {
                Ok(Notice::Event(event)) => {
                    assert_eq!(view.apply(&event), sentinel_updater::model::view::Folded::Next);
                }
                other => panic!("{other:?}"),
            }
        }
        drop(talk);
        while fake.subscribers() > 0 {
            tokio::task::yield_now().await;
        }
    });
}

fn the_end_of_a_log_comes_before_its_next_lines() {
    let fake = Fake::new();
    let house = House::open(fake);
    run(async {
        let mut talk = house.client().await;
        let logs = Logs { lines: 10, follow: true, ..Logs::default() };
        let tail: LogTail = talk.client.ask(&Request::Logs(logs)).await.expect("an answer");
        assert_eq!(tail.lines, ["before"]);
        match talk.notices.next().await {
            Ok(Notice::Log(lines)) => assert_eq!(lines.lines, ["after"]),
            other => panic!("{other:?}"),
        }
    });
}
