//! Against a real server on loopback: everything that goes right, and everything that does not.

#![allow(clippy::unwrap_used)]

use std::io::{Read as _, Write as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use super::test_runtime::TestRuntime;
use super::test_server::{Asked, Play, TestServer, gzip_of_zeros, text};
use super::test_tls;
use super::{Fault, Http, HttpError, Limits, Options, Phase, Reply, Request, Url, Validators};
use crate::model::Class;

/// Roomy on a busy machine; tests of one limit shorten that one.
const LIMITS: Limits = Limits {
    connect: Duration::from_secs(5),
    first_byte: Duration::from_secs(5),
    idle: Duration::from_secs(5),
    total: Duration::from_secs(20),
    max_bytes: 1000,
};
const SHORT: Duration = Duration::from_millis(60);

fn http(runtime: &TestRuntime) -> Http {
    Http::new(runtime.handle(), Options { user_agent: "test/1".into(), ..Options::default() })
}

fn request(server: &TestServer, path: &str) -> Request {
    let url = Url::parse(&format!("{}{path}", server.base())).unwrap();
    Request { limits: LIMITS, ..Request::get(url) }
}

fn get(script: impl Fn(&Asked) -> Play + Send + Sync + 'static, path: &str) -> Result<Reply, HttpError> {
    let (runtime, server) = (TestRuntime::start(), TestServer::start(script));
    http(&runtime).fetch(request(&server, path), &|| false)
}

fn fault(script: impl Fn(&Asked) -> Play + Send + Sync + 'static) -> Fault {
    get(script, "/").unwrap_err().fault
}

#[test]
fn an_answer_is_an_answer_whatever_its_status() {
    for status in [200, 204, 404, 410, 403, 500, 503] {
        let reply = get(move |_| text(status, if status == 204 { "" } else { "said" }), "/x").unwrap();
        assert_eq!(reply.status, status);
        assert_eq!(reply.content_type.as_deref(), Some("text/plain"));
    }
}

#[test]
fn connections_are_kept_and_validators_sent_back() {
    let runtime = TestRuntime::start();
    let server = TestServer::start(|asked| match asked.header("if-none-match") {
        Some("\"1\"") => Play::Answer(304, vec![], vec![]),
        _ => Play::Answer(200, vec![("ETag", "\"1\"".into()), ("Retry-After", "7".into())], b"body".to_vec()),
    });
    let http = http(&runtime);
    let first = http.fetch(request(&server, "/"), &|| false).unwrap();
    assert_eq!((first.status, first.body.as_slice()), (200, &b"body"[..]));
    assert_eq!(first.retry_after, Some(Duration::from_secs(7)));
    let again = Request { unless: first.validators, ..request(&server, "/") };
    assert_eq!(http.fetch(again, &|| false).unwrap().status, 304);
    let asked = server.take_asked();
    assert_eq!(asked[0].header("user-agent"), Some("test/1"));
    assert_eq!(asked[0].header("if-none-match"), None);
    assert_eq!(asked[1].header("if-none-match"), Some("\"1\""));
}

#[test]
fn credentials_go_where_they_belong() {
    let (runtime, server) = (TestRuntime::start(), TestServer::start(|_| text(200, "")));
    let with_auth = Request { auth: Some(("me".into(), "pw".into())), ..request(&server, "/") };
    http(&runtime).fetch(with_auth, &|| false).unwrap();
    assert_eq!(server.take_asked()[0].header("authorization"), Some("Basic bWU6cHc="));
}

#[test]
fn every_limit_on_time_has_a_name() {
    let late = |limits: Limits, play: fn() -> Play| {
        let (runtime, server) = (TestRuntime::start(), TestServer::start(move |_| play()));
        http(&runtime).fetch(Request { limits, ..request(&server, "/") }, &|| false).unwrap_err().fault
    };
    let no_headers = Limits { connect: SHORT, first_byte: SHORT, ..LIMITS };
    assert_eq!(late(no_headers, || Play::Stall), Fault::Timeout(Phase::FirstByte));
    let half = || Play::StallInBody(10, b"12345".to_vec());
    assert_eq!(late(Limits { idle: SHORT, ..LIMITS }, half), Fault::Timeout(Phase::Idle));
    assert_eq!(late(Limits { total: SHORT, ..LIMITS }, || Play::Stall), Fault::Timeout(Phase::Total));
    assert_eq!(late(Limits { total: SHORT, ..LIMITS }, half), Fault::Timeout(Phase::Total));
}

#[test]
fn the_body_has_a_limit() {
    assert!(get(|_| text(200, &"x".repeat(1000)), "/").is_ok());
    assert_eq!(fault(|_| text(200, &"x".repeat(1001))), Fault::TooLarge(1000));
    // Announced too long: not even begun.
    assert_eq!(fault(|_| Play::StallInBody(1 << 40, vec![])), Fault::TooLarge(1000));
}

#[test]
fn a_bomb_is_stopped_by_what_comes_out_of_it() {
    let bomb = gzip_of_zeros(1 << 20);
    assert!(bomb.len() < 20_000);
    let script = move |_: &Asked| Play::Answer(200, vec![("Content-Encoding", "gzip".into())], bomb.clone());
    let (runtime, server) = (TestRuntime::start(), TestServer::start(script));
    let mut wide = request(&server, "/");
    wide.limits = Limits { max_bytes: 100_000, ..LIMITS };
    assert_eq!(http(&runtime).fetch(wide.clone(), &|| false).unwrap_err().fault, Fault::TooLarge(100_000));
    wide.limits.max_bytes = 1 << 20;
    assert_eq!(http(&runtime).fetch(wide, &|| false).unwrap().body.len(), 1 << 20);
}

#[test]
fn what_breaks_off_is_not_an_answer() {
    assert_eq!(fault(|_| Play::BreakOff(10, b"12345".to_vec())), Fault::Truncated(5));
    assert_eq!(fault(|_| Play::Close), Fault::Other);
}

#[test]
fn redirects_are_followed_but_not_in_circles() {
    let to = |path: &str| Play::Answer(302, vec![("Location", path.into())], vec![]);
    assert_eq!(
        get(move |a| if a.path == "/a" { to("/b") } else { text(200, "there") }, "/a").unwrap().body,
        b"there"
    );
    let error = get(move |a| to(if a.path == "/a" { "/b" } else { "/a" }), "/a").unwrap_err();
    assert_eq!(error.fault, Fault::Redirect);
    assert!(error.failure("x").line().contains("circle"));
    let count = AtomicUsize::new(0);
    let endless = get(move |_| to(&format!("/{}", count.fetch_add(1, Ordering::SeqCst))), "/a").unwrap_err();
    assert!(endless.failure("x").line().contains("more than 10"));
}

#[test]
fn nobody_listens() {
    let runtime = TestRuntime::start();
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let url = Url::parse(&format!("http://user:HIDDEN@127.0.0.1:{port}/")).unwrap();
    let error = http(&runtime).fetch(Request::get(url.clone()), &|| false).unwrap_err();
    assert_eq!(error.fault, Fault::Connect);
    let failure = error.failure(format!("cannot get `{}`", super::shown(&url)));
    assert_eq!(failure.class, Class::Network);
    assert!(!failure.line().contains("HIDDEN") && failure.line().contains("refused"), "{failure}");
}

#[test]
fn what_is_no_tls_is_said_to_be_no_tls() {
    let runtime = TestRuntime::start();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = Url::parse(&format!("https://{}/", listener.local_addr().unwrap())).unwrap();
    let server = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").unwrap();
        // Closing with unread bytes would reset the connection before the answer arrives.
        let _ = stream.read_to_end(&mut Vec::new());
    });
    assert_eq!(http(&runtime).fetch(Request::get(url), &|| false).unwrap_err().fault, Fault::Tls);
    server.join().unwrap();
}

#[test]
fn only_a_known_authority_is_trusted() {
    let runtime = TestRuntime::start();
    let (address, pem) = test_tls::start("HTTP/1.1 200 OK");
    let url = Url::parse(&format!("https://{address}/")).unwrap();
    let error = http(&runtime).fetch(Request::get(url.clone()), &|| false).unwrap_err();
    assert_eq!(error.fault, Fault::Tls);
    assert!(error.failure("x").line().contains("certificate"), "{}", error.failure("x"));
    let dir = tempfile::tempdir().unwrap();
    let roots = dir.path().join("roots.pem");
    std::fs::write(&roots, pem).unwrap();
    let trusting = Http::new(runtime.handle(), Options { ca_file: Some(roots), ..Options::default() });
    assert_eq!(trusting.fetch(Request::get(url), &|| false).unwrap().body, b"ok");
}

#[test]
fn no_redirect_leads_out_of_tls() {
    let runtime = TestRuntime::start();
    let (address, pem) = test_tls::start("HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:9/");
    let dir = tempfile::tempdir().unwrap();
    let roots = dir.path().join("roots.pem");
    std::fs::write(&roots, pem).unwrap();
    let http = Http::new(runtime.handle(), Options { ca_file: Some(roots), ..Options::default() });
    let url = Url::parse(&format!("https://{address}/")).unwrap();
    let error = http.fetch(Request::get(url), &|| false).unwrap_err();
    assert_eq!(error.fault, Fault::Redirect);
    assert!(error.failure("x").line().contains("from https to http"));
}

#[test]
fn cancelling_ends_the_wait() {
    let runtime = TestRuntime::start();
    let asked = Arc::new(AtomicUsize::new(0));
    let seen = asked.clone();
    let server = TestServer::start(move |_| {
        seen.fetch_add(1, Ordering::SeqCst);
        Play::Stall
    });
    let mut patient = request(&server, "/");
    patient.limits = Limits::default();
    let error = http(&runtime).fetch(patient.clone(), &|| asked.load(Ordering::SeqCst) > 0).unwrap_err();
    assert_eq!(error.fault, Fault::Cancelled);
    assert_eq!(error.failure("x").class, Class::Cancelled);
    assert_eq!(http(&runtime).fetch(patient, &|| true).unwrap_err().fault, Fault::Cancelled);
    assert_eq!(asked.load(Ordering::SeqCst), 1);
}

#[test]
fn a_status_alone_does_not_wait_for_the_body() {
    let (runtime, server) = (TestRuntime::start(), TestServer::start(|_| Play::StallInBody(10, vec![])));
    let probe = Request { wants_body: false, ..request(&server, "/") };
    assert_eq!(http(&runtime).fetch(probe, &|| false).unwrap().status, 200);
}

#[test]
fn proxies_are_what_the_options_say() {
    let runtime = TestRuntime::start();
    let proxy = TestServer::start(|_| text(200, "from the proxy"));
    let options = Options {
        http_proxy: Some(proxy.base()),
        no_proxy: Some("direct.invalid".into()),
        ..Options::default()
    };
    let http = Http::new(runtime.handle(), options);
    let ask = |url: &str| http.fetch(Request::get(Url::parse(url).unwrap()), &|| false);
    assert_eq!(ask("http://far.invalid/x").unwrap().body, b"from the proxy");
    assert_eq!(proxy.take_paths(), ["http://far.invalid/x"]);
    let server = TestServer::start(|_| text(200, "from the server"));
    assert_eq!(ask(&server.base()).unwrap().body, b"from the server");
    assert_eq!(ask("http://direct.invalid/").unwrap_err().fault, Fault::Connect);
}

#[test]
fn wrong_options_are_named_without_their_secrets() {
    let runtime = TestRuntime::start();
    let dir = tempfile::tempdir().unwrap();
    let empty = dir.path().join("roots.pem");
    std::fs::File::create(&empty).unwrap().write_all(b"no certificate").unwrap();
    for (options, named) in [
        (Options { http_proxy: Some("http://user:HIDDEN@".into()), ..Options::default() }, "http_proxy"),
        (Options { ca_file: Some(empty), ..Options::default() }, "roots.pem"),
        (Options { ca_file: Some("/nonexistent/roots".into()), ..Options::default() }, "/nonexistent/roots"),
    ] {
        let url = Url::parse("http://127.0.0.1:9/").unwrap();
        let error = Http::new(runtime.handle(), options).fetch(Request::get(url), &|| false).unwrap_err();
        let failure = error.failure("cannot get");
        assert_eq!(failure.class, Class::Config);
        assert!(failure.line().contains(named) && !failure.line().contains("HIDDEN"), "{failure}");
    }
}

#[test]
fn a_runtime_that_ends_wakes_its_callers() {
    let runtime = TestRuntime::start();
    let http = http(&runtime);
    drop(runtime);
    let url = Url::parse("http://127.0.0.1:9/").unwrap();
    assert_eq!(http.fetch(Request::get(url), &|| false).unwrap_err().fault, Fault::Other);
    assert!(Validators::default().is_empty());
}

#[test]
fn a_body_is_handed_over_in_pieces() {
    let body: Vec<u8> = (0..5_000_000u32).map(|number| number as u8).collect();
    let (served, runtime) = (body.clone(), TestRuntime::start());
    let server = TestServer::start(move |asked| match asked.path.as_str() {
        "/no" => text(404, "words"),
        _ => Play::Answer(200, vec![], served.clone()),
    });
    let large =
        |path| Request { limits: Limits { max_bytes: 6_000_000, ..LIMITS }, ..request(&server, path) };
    let (mut got, mut pieces) = (Vec::new(), 0);
    let mut take = |piece: &[u8], total| {
        assert_eq!(total, Some(5_000_000));
        got.extend_from_slice(piece);
        pieces += 1;
        true
    };
    let reply = http(&runtime).fetch_into(large("/"), &mut take, &|| false).unwrap();
    assert!(reply.body.is_empty() && pieces > 8, "{pieces}");
    assert!(got == body);

    // The words of a refusal are not what was asked for.
    let mut none = |_: &[u8], _| panic!("nothing to take");
    let reply = http(&runtime).fetch_into(large("/no"), &mut none, &|| false).unwrap();
    assert_eq!((reply.status, reply.body.as_slice()), (404, &b"words"[..]));

    let mut enough = |_: &[u8], _| false;
    let error = http(&runtime).fetch_into(large("/"), &mut enough, &|| false).unwrap_err();
    assert_eq!(error.fault, Fault::Cancelled);
    let error = http(&runtime).fetch_into(request(&server, "/"), &mut |_, _| true, &|| false).unwrap_err();
    assert_eq!(error.fault, Fault::TooLarge(1000));
}

#[test]
fn pieces_stop_when_the_server_or_the_caller_does() {
    let runtime = TestRuntime::start();
    let server = TestServer::start(|asked| match asked.path.as_str() {
        "/broken" => Play::BreakOff(900, vec![1; 300]),
        _ => Play::StallInBody(900, vec![1; 300]),
    });
    let mut got = 0;
    let mut take = |piece: &[u8], _| {
        got += piece.len();
        true
    };
    let error = http(&runtime).fetch_into(request(&server, "/broken"), &mut take, &|| false).unwrap_err();
    assert_eq!((error.fault, got), (Fault::Truncated(300), 300));
    let cancelled = std::sync::atomic::AtomicBool::new(false);
    let mut take = |_: &[u8], _| {
        cancelled.store(true, Ordering::SeqCst);
        true
    };
    let stop = || cancelled.load(Ordering::SeqCst);
    let error = http(&runtime).fetch_into(request(&server, "/stall"), &mut take, &stop).unwrap_err();
    assert_eq!(error.fault, Fault::Cancelled);
}
