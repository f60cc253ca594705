//! A service that does not say what it is asked for, or not at once.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::net::UnixListener;
use std::sync::mpsc::{Receiver, channel};

use rustix::process::Signal;
use sentinel_updater::control::protocol::{Begun, PROTOCOL, Subscribed};
use sentinel_updater::control::{codec, codec::Fault};
use sentinel_updater::model::{By, Class, Failure, Run, RunKind, Status, Timestamp, Verdict, View};
use serde_json::{Value, json};

use super::host::{Host, LONG};
use super::kit::child::Child;
use super::kit::trials::{Test, tests};

pub(crate) fn tests() -> Vec<Test> {
    tests![
        who_waits_for_the_subscription_can_be_ended,
        who_waits_for_the_history_can_leave,
        seats_that_are_taken_after_a_restart_are_waited_for,
    ]
}

/// What one client is answered, one line for each thing that it asks.
struct Talk {
    answers: Vec<String>,
    /// The connection ends with the last answer; else nothing is said to whatever else is asked.
    ends: bool,
}

/// Serves each client its talk, one after the other. What comes out are the requests that were not answered.
fn serve(host: &Host, talks: Vec<Talk>) -> Receiver<String> {
    let socket = host.socket();
    fs::create_dir_all(socket.parent().expect("a folder")).expect("a directory");
    let listener = UnixListener::bind(&socket).expect("a socket");
    let (tell, unanswered) = channel();
    std::thread::spawn(move || {
        for talk in talks {
            let (stream, _) = listener.accept().expect("a client");
            let mut asked = BufReader::new(stream);
            for answer in talk.answers {
                asked.read_line(&mut String::new()).expect("a request");
                asked.get_mut().write_all(format!("{answer}\n").as_bytes()).expect("written");
            }
            let mut request = String::new();
            while !talk.ends && asked.read_line(&mut request).is_ok_and(|length| length > 0) {
                // The test may have ended.
                drop(tell.send(std::mem::take(&mut request)));
            }
        }
    });
    unanswered
}

fn answer(id: u64, result: Value) -> String {
    json!({"jsonrpc": "2.0", "id": id, "result": result}).to_string()
}

fn welcome() -> String {
    answer(1, json!({"protocol": PROTOCOL, "program": "7.0.0", "epoch": "e", "role": "operator"}))
}

fn subscribed(id: u64, epoch: &str, last: Option<Run>) -> String {
    let view = View::new(Status { last_run: last, ..Status::default() }, 3);
    answer(id, json!(Subscribed { epoch: epoch.into(), view: Some(view) }))
}

/// A client that has an update begun, and whose connection then ends.
fn begun() -> Talk {
    let begun = Begun { run: Some("r1".into()), nothing: None };
    Talk { answers: vec![welcome(), subscribed(2, "e", None), answer(3, json!(begun))], ends: true }
}

/// Waits until something is asked that nobody answers.
#[track_caller]
fn waits(unanswered: &Receiver<String>, child: &Child, method: &str) {
    let request = unanswered.recv_timeout(LONG).unwrap_or_else(|error| panic!("{error}: {:?}", child.said()));
    assert!(request.contains(&format!(r#""method":"{method}""#)), "{request}");
}

fn who_waits_for_the_subscription_can_be_ended() {
    let host = Host::quiet();
    for signal in [Signal::INT, Signal::TERM] {
        fs::remove_dir_all(host.path("run")).unwrap_or_default();
        let unanswered = serve(&host, vec![Talk { answers: vec![welcome()], ends: false }]);
        let mut update = host.begin("update");
        waits(&unanswered, &update, "subscribe");
        update.signal_alone(signal);
        let status = update.exit_within(LONG).expect("it ends");
        assert_eq!(status.code(), None, "by the signal itself: {:?}", update.said());
    }
}

fn who_waits_for_the_history_can_leave() {
    let host = Host::quiet();
    // Another start of the service, which knows nothing of the run.
    let again = Talk { answers: vec![welcome(), subscribed(2, "f", None)], ends: false };
    let unanswered = serve(&host, vec![begun(), again]);
    let mut update = host.begin("update");
    waits(&unanswered, &update, "history");
    update.signal_alone(Signal::INT);
    let status = update.exit_within(LONG).expect("it ends");
    let (out, talk) = update.said();
    assert_eq!((status.code(), out.as_str()), (Some(1), ""), "{talk}");
    assert!(talk.contains("goes on in the service (run r1)"), "{talk}");
}

fn seats_that_are_taken_after_a_restart_are_waited_for() {
    let host = Host::quiet();
    let full = Failure::new(Class::Busy, "the updater has 256 connections, and takes no more");
    let full = Talk { answers: vec![codec::fault(None, &Fault::from(full))], ends: true };
    let mut run = Run::new("r1".into(), RunKind::Update, By::Uid(0), Timestamp::UNIX_EPOCH);
    run.verdict = Some(Verdict::Updated);
    let again = Talk { answers: vec![welcome(), subscribed(2, "f", Some(run))], ends: false };
    let _unanswered = serve(&host, vec![begun(), full, again]);
    let mut update = host.begin("update");
    let status = update.exit_within(LONG).expect("it ends");
    let (out, talk) = update.said();
    assert_eq!(status.code(), Some(0), "{out}{talk}");
    assert!(talk.contains("the service is there again"), "{talk}");
}
