//! Where the database is looked for. What it may say is tested with whole trees, against the builder.

#![allow(clippy::unwrap_used)]

use std::sync::{Arc, Mutex};

use crate::host::http::test_runtime::TestRuntime;
use crate::host::http::test_server::{Asked, Play, TestServer, text};
use crate::host::http::{Http, Options};

use super::super::testing::{Grown, Signer};
use super::*;

#[test]
fn settings_are_those_of_the_go_command() {
    let signer = Signer::new("sum.test", 1);
    let key = signer.key();
    let go = GO_KEY.split('+').next().unwrap();
    for (setting, name, url) in [
        (String::new(), go, format!("https://{go}/")),
        (go.to_owned(), go, format!("https://{go}/")),
        (format!("{go} https://mirror.example/x"), go, "https://mirror.example/x".to_owned()),
        (GO_MIRROR.to_owned(), go, format!("https://{GO_MIRROR}/")),
        (key.clone(), "sum.test", "https://sum.test/".to_owned()),
        (format!("{key} http://127.0.0.1:1"), "sum.test", "http://127.0.0.1:1/".to_owned()),
        (format!("{key} sums.example"), "sum.test", "https://sums.example/".to_owned()),
    ] {
        let database = Database::parse(&setting, "/h").unwrap().unwrap();
        assert_eq!((database.name(), database.url.as_str()), (name, url.as_str()), "{setting}");
    }
    assert_eq!(Database::parse("off", "/h"), Ok(None));
    for bad in ["sum.example", "a+b", &format!("{key} ftp://x"), &format!("x{key}")] {
        assert_eq!(Database::parse(bad, "/h").unwrap_err().class, Class::Config, "{bad}");
    }
}

/// Serves a log of 300 records, the last of which is that of `m v1.0.0`, below `base`; `supported` is the
/// answer to the first question.
fn serve(base: &'static str, supported: u16) -> TestServer {
    let mut log = Grown::default();
    (0..299).for_each(|number| log.add(format!("{number}\n").as_bytes()));
    log.add(b"m v1.0.0 h1:a=\n");
    let signer = Signer::new("sum.test", 1);
    TestServer::start(move |asked: &Asked| {
        let Some(path) = asked.path.strip_prefix(base) else { return text(404, "not here") };
        match path {
            "/supported" => text(supported, ""),
            "/lookup/m@v1.0.0" => text(200, &log.lookup(299, &signer)),
            path => match log.tile(&path[1..]) {
                Some(bytes) => Play::Answer(200, vec![], bytes),
                None => text(404, "no such tile"),
            },
        }
    })
}

fn ask(proxies: &str, database: &Database) -> Outcome<Vouched> {
    let runtime = TestRuntime::start();
    let http = Arc::new(Http::new(runtime.handle(), Options::default()));
    let proxies = Proxies::parse(proxies).unwrap();
    database.sum(
        (Access { http: &http, netrc: None }, &proxies),
        "m",
        &Version::parse("v1.0.0").unwrap(),
        &Cancel::new(),
    )
}

#[test]
fn a_proxy_that_serves_it_is_asked_and_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let key = Signer::new("sum.test", 1).key();
    let proxy = serve("/go/sumdb/sum.test", 200);
    let without = TestServer::start(|_| text(404, "not here"));
    let broken = TestServer::start(|_| text(500, "broken"));
    let database = Database::parse(&key, folder.path()).unwrap().unwrap();
    let good = Ok(Vouched { sum: "h1:a=".into(), by: "sum.test".into() });
    assert_eq!(ask(&format!("{}/go", proxy.base()), &database), good);
    assert_eq!(ask(&format!("{},{}/go", without.base(), proxy.base()), &database), good);
    assert_eq!(ask(&format!("{}|{}/go", broken.base(), proxy.base()), &database), good);
    let failure = ask(&format!("{},{}/go", broken.base(), proxy.base()), &database).unwrap_err();
    assert_eq!(failure.class, Class::Network);
    assert!(failure.hint.unwrap().contains("build.goproxy"));
}

#[test]
fn the_database_itself_is_asked_where_no_proxy_serves_it() {
    let folder = tempfile::tempdir().unwrap();
    let server = serve("", 404);
    let without = TestServer::start(|_| text(404, "not here"));
    let mut database = Database::parse(&Signer::new("sum.test", 1).key(), folder.path()).unwrap().unwrap();
    database.url = Url::parse(&server.base()).unwrap();
    for proxies in [format!("{},direct", without.base()), without.base(), "direct".into(), "off".into()] {
        assert_eq!(ask(&proxies, &database).unwrap().sum, "h1:a=", "{proxies}");
    }
    // A place in the setting counts more than any proxy.
    without.take_paths();
    let setting = format!("{} {}", Signer::new("sum.test", 1).key(), server.base());
    let fixed = Database::parse(&setting, folder.path()).unwrap().unwrap();
    assert_eq!(ask(&without.base(), &fixed).unwrap().sum, "h1:a=");
    assert!(without.take_paths().is_empty());
}

#[test]
fn a_part_that_was_forgotten_is_cut_out_of_its_full_tile() {
    let mut log = Grown::default();
    log.add(b"m v1.0.0 h1:a=\n");
    let early = log.clone();
    (0..400).for_each(|number| log.add(format!("{number}\n").as_bytes()));
    let signer = Signer::new("sum.test", 1);
    let asked = Arc::new(Mutex::new(Vec::new()));
    let seen = asked.clone();
    let server = TestServer::start(move |request: &Asked| {
        seen.lock().unwrap().push(request.path.clone());
        match &request.path[1..] {
            "lookup/m@v1.0.0" => text(200, &early.lookup(0, &signer)),
            path if path.contains(".p/") => text(404, "forgotten"),
            path => {
                log.tile(path).map_or_else(|| text(404, "none"), |bytes| Play::Answer(200, vec![], bytes))
            }
        }
    });
    let folder = tempfile::tempdir().unwrap();
    let setting = format!("{} {}", Signer::new("sum.test", 1).key(), server.base());
    let database = Database::parse(&setting, folder.path()).unwrap().unwrap();
    assert_eq!(ask("off", &database).unwrap().sum, "h1:a=");
    assert_eq!(*asked.lock().unwrap(), ["/lookup/m@v1.0.0", "/tile/8/0/000.p/1", "/tile/8/0/000"]);
}
