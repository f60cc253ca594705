//! The client with services that are older, newer, or dying: the other side is written by hand.

use std::time::Duration;

use sentinel_updater::control::protocol::PROTOCOL;
use sentinel_updater::control::{Client, Connection, Notice, Request};
use sentinel_updater::model::{Class, EventKind, Outcome};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, DuplexStream};

use crate::house::run;
use crate::kit::trials::{Test, tests};

/// Longer than an answer takes.
const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) fn tests() -> Vec<Test> {
    tests![
        another_protocol_is_said_with_both_versions,
        what_a_newer_service_says_breaks_nothing,
        failures_of_a_newer_service_are_still_failures,
        the_last_word_of_a_service_is_the_reason,
        a_service_that_goes_away_fails_what_was_asked,
        who_does_not_listen_still_gets_answers,
        dropping_everything_closes_the_connection,
    ]
}

/// The service's side.
struct Other {
    stream: BufReader<DuplexStream>,
}

impl Other {
    async fn say(&mut self, value: &Value) {
        self.raw(&format!("{value}\n")).await;
    }

    async fn raw(&mut self, text: &str) {
        self.stream.write_all(text.as_bytes()).await.expect("written");
    }

    async fn asked(&mut self) -> Option<Value> {
        let mut line = String::new();
        match self.stream.read_line(&mut line).await {
            Ok(0) | Err(_) => None,
            Ok(_) => Some(serde_json::from_str(&line).expect("JSON")),
        }
    }

    async fn answer(&mut self, result: &Value) {
        let id = self.asked().await.expect("a request")["id"].clone();
        self.say(&json!({"jsonrpc": "2.0", "id": id, "result": result})).await;
    }
}

fn welcome(protocol: u32) -> Value {
    json!({"protocol": protocol, "program": "7.7.7\u{1b}[31m", "epoch": "e", "role": "viewer", "new": {"key": 1}})
}

async fn greeted(protocol: u32) -> (Other, Outcome<Connection>) {
    let (ours, theirs) = tokio::io::duplex(1 << 16);
    let (reader, writer) = tokio::io::split(ours);
    let mut other = Other { stream: BufReader::new(theirs) };
    let welcome = welcome(protocol);
    let (talk, ()) = tokio::join!(Client::over(reader, writer, "1.0.0", PATIENCE), other.answer(&welcome));
    (other, talk)
}

async fn connected() -> (Other, Connection) {
    let (other, talk) = greeted(PROTOCOL).await;
    (other, talk.expect("a connection"))
}

fn another_protocol_is_said_with_both_versions() {
    run(async {
        for theirs in [0, PROTOCOL + 1] {
            let failure = greeted(theirs).await.1.expect_err("refused");
            assert_eq!(failure.class, Class::Usage, "another try does not help");
            let said = failure.line();
            for part in [&format!("protocol {theirs}"), &format!("protocol {PROTOCOL}"), "7.7.7", "1.0.0"] {
                assert!(said.contains(part), "{said}");
            }
            assert!(!said.contains('\u{1b}'));
        }
    });
}

fn what_a_newer_service_says_breaks_nothing() {
    let at = "2026-01-02T03:04:05Z";
    run(async {
        let (mut other, mut talk) = connected().await;
        let said =
            |method: &str, params: Value| json!({"jsonrpc": "2.0", "method": method, "params": params});
        other.say(&said("weather", json!({"rain": true}))).await;
        other.say(&json!({"jsonrpc": "2.0", "id": 999, "result": 1})).await;
        other.say(&json!([1, 2])).await;
        other.raw("no JSON\n\n").await;
        other.say(&said("event", json!({"seq": 1, "at": at, "event": "moon_landed", "where": [1]}))).await;
        other
            .say(&said("event", json!({"seq": 2, "at": at, "event": "state_changed", "state": "dreaming"})))
            .await;
        let known = json!({"seq": 3, "at": at, "event": "output", "line": "x", "colour": "red"});
        other.say(&said("event", known)).await;
        let mut heard = Vec::new();
        for _ in 0..3 {
            match talk.notices.next().await {
                Ok(Notice::Event(event)) => heard.push((event.seq, event.kind)),
                other => panic!("{other:?}"),
            }
        }
        assert!(matches!(&heard[0], (1, EventKind::Note { text, .. }) if text.contains("moon_landed")));
        assert!(matches!(&heard[1], (2, EventKind::Note { .. })));
        assert_eq!(heard[2], (3, EventKind::Output { line: "x".into() }));
    });
}

fn failures_of_a_newer_service_are_still_failures() {
    let cases = [
        (
            json!({"code": -32000, "message": "m", "data": {"class": "sunspots", "what": "w\u{1b}[1m", "hint": "h"}}),
            Class::Internal,
            "w; h",
        ),
        (
            json!({"code": -32000, "message": "m", "data": {"class": "busy", "what": "w", "causes": ["c"], "moon": 1}}),
            Class::Busy,
            "w: c",
        ),
        (json!({"code": -32000, "message": "m", "data": "text"}), Class::Internal, "m"),
        (json!({"code": -32602, "message": "bad"}), Class::Usage, "bad"),
        (
            json!({"code": -32601, "message": "no"}),
            Class::Usage,
            "no; the service is older than this program: update it",
        ),
        (json!({}), Class::Internal, "the service gives no reason"),
    ];
    run(async {
        let (mut other, talk) = connected().await;
        for (error, class, text) in cases {
            let serve = async {
                let id = other.asked().await.expect("a request")["id"].clone();
                other.say(&json!({"jsonrpc": "2.0", "id": id, "error": error})).await;
            };
            let (answer, ()) = tokio::join!(talk.client.send(&Request::Status), serve);
            let failure = answer.expect_err("a failure");
            assert_eq!((failure.class, failure.to_string().as_str()), (class, text));
        }
    });
}

fn the_last_word_of_a_service_is_the_reason() {
    run(async {
        // It refuses before it has read anything.
        let (ours, theirs) = tokio::io::duplex(1 << 16);
        let (reader, writer) = tokio::io::split(ours);
        let mut other = Other { stream: BufReader::new(theirs) };
        let data = json!({"class": "permission", "what": "no entry", "hint": "use sudo"});
        other.say(&json!({"jsonrpc": "2.0", "id": null, "error": {"code": -32000, "message": "", "data": data}})).await;
        drop(other);
        let failure = Client::over(reader, writer, "1.0.0", PATIENCE).await.expect_err("refused");
        assert_eq!((failure.class, failure.to_string().as_str()), (Class::Permission, "no entry; use sudo"));
    });
}

fn a_service_that_goes_away_fails_what_was_asked() {
    run(async {
        let (mut other, mut talk) = connected().await;
        let lost = async {
            other.asked().await.expect("a request");
            drop(other);
        };
        let (answer, ()) = tokio::join!(talk.client.send(&Request::Check), lost);
        assert_eq!(answer.expect_err("lost").class, Class::Unreachable);
        match talk.notices.next().await {
            Err(failure) => assert_eq!(failure.class, Class::Unreachable),
            other => panic!("{other:?}"),
        }
        // The reason stays.
        assert_eq!(talk.notices.next().await.expect_err("over").class, Class::Unreachable);
        assert!(matches!(talk.notices.try_next(), Some(Err(_))));
        assert_eq!(talk.client.send(&Request::Status).await.expect_err("over").class, Class::Unreachable);
    });
}

fn who_does_not_listen_still_gets_answers() {
    run(async {
        let (mut other, mut talk) = connected().await;
        let at = "2026-01-02T03:04:05Z";
        let serve = async {
            let id = other.asked().await.expect("a request")["id"].clone();
            for seq in 1..=5_000 {
                let event = json!({"seq": seq, "at": at, "event": "output", "line": "x"});
                other.say(&json!({"jsonrpc": "2.0", "method": "event", "params": event})).await;
            }
            other.say(&json!({"jsonrpc": "2.0", "id": id, "result": 7})).await;
        };
        let (answer, ()) = tokio::join!(talk.client.ask::<u8>(&Request::Check), serve);
        assert_eq!(answer, Ok(7));
        match talk.notices.next().await {
            Ok(Notice::Dropped(dropped)) => assert_eq!(dropped.count, 5_000 - 1_024),
            other => panic!("{other:?}"),
        }
        match talk.notices.next().await {
            Ok(Notice::Event(event)) => assert_eq!(event.seq, 5_000 - 1_023),
            other => panic!("{other:?}"),
        }
    });
}

fn dropping_everything_closes_the_connection() {
    run(async {
        let (mut other, talk) = connected().await;
        let Connection { client, notices, .. } = talk;
        drop(client);
        drop(notices);
        assert_eq!(other.asked().await, None);
    });
}
