//! What clients may say, byte by byte.

use std::time::Instant;

use sentinel_updater::control::Request;
use sentinel_updater::control::protocol::{PROTOCOL, REQUEST_LIMIT};
use serde_json::{Value, json};

use crate::fake::Fake;
use crate::house::{House, run};
use crate::kit::trials::{Test, tests};
use crate::raw::Raw;

pub(crate) fn tests() -> Vec<Test> {
    tests![
        garbage_is_answered_and_the_connection_goes_on,
        what_is_wrong_is_said,
        a_request_of_64_kib_is_served_and_one_byte_more_is_refused,
        half_a_line_and_a_flood_without_end_harm_nobody,
        who_says_nothing_is_sent_away,
        hello_comes_first_and_once,
        other_protocols_are_told_so_and_may_see_the_status,
        unknown_keys_are_ignored,
        notifications_do_nothing,
        many_requests_in_one_write_are_all_answered,
        too_many_requests_are_refused_and_far_too_many_end_it,
    ]
}

fn code(answer: &Value) -> i64 {
    answer["error"]["code"].as_i64().unwrap_or_else(|| panic!("no error: {answer}"))
}

fn text(answer: &Value) -> &str {
    answer["error"]["message"].as_str().expect("a message")
}

fn garbage_is_answered_and_the_connection_goes_on() {
    let house = House::open(Fake::new());
    run(async {
        let mut raw = Raw::greeted(&house.socket).await;
        for garbage in [&b"hello?"[..], b"\x00\x01\x02", b"{", b"[[[[", b"\"\\ud800\"", b"{\"a\":1}}"] {
            raw.say(&[garbage, b"\n"].concat()).await;
            let answer = raw.hear().await.expect("an answer");
            assert_eq!((code(&answer), &answer["id"]), (-32700, &Value::Null), "{answer}");
        }
        raw.say(b"\xff\xfe{}\n").await;
        let answer = raw.hear().await.expect("an answer");
        assert!(code(&answer) == -32600 && text(&answer).contains("UTF-8"), "{answer}");
        raw.say(b"\n  \n\r\n").await;
        raw.works().await;
        let deep = "[".repeat(30_000) + &"]".repeat(30_000);
        assert_eq!(code(&raw.ask(&json!(null)).await), -32600);
        raw.line(&deep).await;
        assert_eq!(code(&raw.hear().await.expect("an answer")), -32700);
        raw.works().await;
    });
}

fn what_is_wrong_is_said() {
    let house = House::open(Fake::new());
    let cases = [
        (r#"[{"jsonrpc":"2.0","id":1,"method":"status"}]"#, -32600, "batches"),
        (r#"{"id":1,"method":"status"}"#, -32600, "`jsonrpc`"),
        (r#"{"jsonrpc":2.0,"id":1,"method":"status"}"#, -32600, "`jsonrpc`"),
        (r#"{"jsonrpc":"2.0","id":{},"method":"status"}"#, -32600, "`id`"),
        (r#"{"jsonrpc":"2.0","id":null,"method":"status"}"#, -32600, "`id`"),
        (r#"{"jsonrpc":"2.0","id":1}"#, -32600, "`method`"),
        (r#"{"jsonrpc":"2.0","id":1,"method":7}"#, -32600, "`method`"),
        (r#"{"jsonrpc":"2.0","id":1,"method":"fly"}"#, -32601, "`fly`"),
        (r#"{"jsonrpc":"2.0","id":1,"method":"logs","params":[1]}"#, -32602, "must be an object"),
        (
            r#"{"jsonrpc":"2.0","id":1,"method":"logs","params":{"log":"agent","lines":-1}}"#,
            -32602,
            "`lines`",
        ),
        (
            r#"{"jsonrpc":"2.0","id":1,"method":"hold","params":{"reason":"x"}}"#,
            -32602,
            "missing field `version`",
        ),
        (
            r#"{"jsonrpc":"2.0","id":1,"method":"hold","params":{"version":"x","reason":"y"}}"#,
            -32602,
            "`version`",
        ),
    ];
    run(async {
        let mut raw = Raw::greeted(&house.socket).await;
        for (line, number, word) in cases {
            raw.line(line).await;
            let answer = raw.hear().await.expect("an answer");
            assert!(code(&answer) == number && text(&answer).contains(word), "{line}: {answer}");
        }
        raw.line(cases[7].0).await;
        let answer = raw.hear().await.expect("an answer");
        let hint = answer["error"]["data"]["hint"].as_str().expect("a hint");
        for known in sentinel_updater::control::codec::METHODS {
            assert!(hint.contains(known), "{known}: {hint}");
        }
        raw.works().await;
    });
}

fn a_request_of_64_kib_is_served_and_one_byte_more_is_refused() {
    let house = House::open(Fake::new());
    run(async {
        let mut raw = Raw::greeted(&house.socket).await;
        let request = |bytes: usize| {
            let empty = r#"{"jsonrpc":"2.0","id":1,"method":"status","params":{"pad":""}}"#;
            empty.replace(r#""""#, &format!("\"{}\"", "x".repeat(bytes - empty.len())))
        };
        assert_eq!(request(REQUEST_LIMIT).len(), REQUEST_LIMIT);
        raw.line(&request(REQUEST_LIMIT)).await;
        assert!(raw.hear().await.expect("an answer")["result"].is_object());
        raw.line(&request(REQUEST_LIMIT + 1)).await;
        let answer = raw.hear().await.expect("an answer");
        assert!(code(&answer) == -32600 && text(&answer).contains("65536 bytes"), "{answer}");
        raw.works().await;
        raw.line(&"y".repeat(10 * REQUEST_LIMIT)).await;
        assert_eq!(code(&raw.hear().await.expect("one answer")), -32600);
        raw.works().await;
    });
}

fn half_a_line_and_a_flood_without_end_harm_nobody() {
    let fake = Fake::new();
    let house = House::open(fake.clone());
    run(async {
        let mut half = Raw::greeted(&house.socket).await;
        half.say(br#"{"jsonrpc":"2.0","id":1,"method":"cancel""#).await;
        drop(half);
        let mut whole = Raw::greeted(&house.socket).await;
        whole.say(br#"{"jsonrpc":"2.0","id":1,"method":"cancel"}"#).await;
        drop(whole);
        let mut flood = Raw::greeted(&house.socket).await;
        flood.say(&vec![b'z'; 1 << 20]).await;
        let answer = flood.hear().await.expect("an answer before the line ends");
        assert_eq!(code(&answer), -32600);
        Raw::greeted(&house.socket).await.works().await;
    });
    assert!(!fake.calls().iter().any(|(_, request)| *request == Request::Cancel), "a line has an end");
}

fn who_says_nothing_is_sent_away() {
    let house = House::open(Fake::new());
    run(async {
        let mut raw = Raw::connect(&house.socket).await;
        let began = Instant::now();
        let answer = raw.hear().await.expect("a reason");
        assert!(text(&answer).contains("no `hello` within 2 s"), "{answer}");
        assert_eq!(raw.hear().await, None);
        assert!(began.elapsed().as_millis() >= 1_900);
    });
}

fn hello_comes_first_and_once() {
    let fake = Fake::new();
    let house = House::open(fake.clone());
    run(async {
        let mut raw = Raw::connect(&house.socket).await;
        let answer = raw.ask(&json!({"jsonrpc": "2.0", "id": 5, "method": "cancel"})).await;
        assert_eq!((code(&answer), &answer["id"]), (-32600, &json!(5)));
        assert_eq!(raw.hear().await, None);
        let mut raw = Raw::greeted(&house.socket).await;
        let answer = raw.ask(&json!({"jsonrpc": "2.0", "id": 6, "method": "hello"})).await;
        assert!(code(&answer) == -32600 && text(&answer).contains("already"), "{answer}");
        raw.works().await;
        // Rubbish before it does no harm.
        let mut raw = Raw::connect(&house.socket).await;
        raw.line("rubbish").await;
        assert_eq!(code(&raw.hear().await.expect("an answer")), -32700);
        raw.greet().await;
    });
    assert!(!fake.calls().iter().any(|(_, request)| *request == Request::Cancel));
}

fn other_protocols_are_told_so_and_may_see_the_status() {
    let fake = Fake::new();
    let house = House::open(fake.clone());
    run(async {
        for theirs in [PROTOCOL + 1, 4_000_000_000] {
            let mut raw = Raw::connect(&house.socket).await;
            let hello = json!({"jsonrpc": "2.0", "id": 1, "method": "hello",
                "params": {"protocol": theirs, "program": "9.0.0", "new": [1]}});
            let answer = raw.ask(&hello).await;
            assert_eq!(answer["result"]["protocol"], PROTOCOL);
            raw.works().await;
            for method in ["subscribe", "update", "settings"] {
                let answer = raw.ask(&json!({"jsonrpc": "2.0", "id": 2, "method": method})).await;
                let said = text(&answer);
                assert!(said.contains(&theirs.to_string()) && said.contains(&format!("protocol {PROTOCOL}")));
            }
        }
    });
    assert!(fake.calls().iter().all(|(_, request)| *request == Request::Status));
}

fn unknown_keys_are_ignored() {
    let house = House::open(Fake::new());
    run(async {
        let mut raw = Raw::greeted(&house.socket).await;
        let request = json!({"jsonrpc": "2.0", "id": "x", "method": "update", "trace": 1,
            "params": {"stage_only": true, "since": {"version": 7}}});
        assert!(raw.ask(&request).await["result"].is_object());
        for params in [json!(null), json!({})] {
            let request = json!({"jsonrpc": "2.0", "id": 2, "method": "history", "params": params});
            assert!(raw.ask(&request).await["result"].is_object());
        }
    });
}

fn notifications_do_nothing() {
    let fake = Fake::new();
    let house = House::open(fake.clone());
    run(async {
        let mut raw = Raw::greeted(&house.socket).await;
        for method in ["cancel", "fly", "status"] {
            raw.line(&json!({"jsonrpc": "2.0", "method": method}).to_string()).await;
        }
        raw.works().await;
    });
    assert_eq!(fake.calls().len(), 1, "only the last one was asked");
}

fn many_requests_in_one_write_are_all_answered() {
    let house = House::open(Fake::new());
    run(async {
        let mut raw = Raw::greeted(&house.socket).await;
        let lines: String = (0..40)
            .map(|id| json!({"jsonrpc": "2.0", "id": id, "method": "status"}).to_string() + "\n")
            .collect();
        raw.say(lines.as_bytes()).await;
        let mut ids = Vec::new();
        for _ in 0..40 {
            let answer = raw.hear().await.expect("an answer");
            assert!(answer["result"].is_object(), "{answer}");
            ids.push(answer["id"].as_i64().expect("a number"));
        }
        ids.sort_unstable();
        assert_eq!(ids, (0..40).collect::<Vec<_>>());
    });
}

fn too_many_requests_are_refused_and_far_too_many_end_it() {
    let house = House::open(Fake::new());
    run(async {
        let mut raw = Raw::greeted(&house.socket).await;
        let line = json!({"jsonrpc": "2.0", "id": 1, "method": "status"}).to_string() + "\n";
        raw.say(line.repeat(100).as_bytes()).await;
        let (mut served, mut refused) = (0, 0);
        for _ in 0..100 {
            let answer = raw.hear().await.expect("an answer");
            match answer.get("result") {
                Some(_) => served += 1,
                None => {
                    assert_eq!(answer["error"]["data"]["class"], "busy", "{answer}");
                    refused += 1;
                }
            }
        }
        assert!((49..90).contains(&served) && refused > 10, "{served} served, {refused} refused");
        Raw::greeted(&house.socket).await.works().await;
        let mut raw = Raw::greeted(&house.socket).await;
        let mut last = Value::Null;
        'open: for _ in 0..300 {
            raw.say(line.repeat(10).as_bytes()).await;
            for _ in 0..10 {
                match raw.hear().await {
                    Some(answer) => last = answer,
                    None => break 'open,
                }
            }
        }
        assert!(text(&last).contains("far too many"), "{last}");
    });
}
