//! The source against real servers and trees: what the go command was seen to do, and what a proxy may
//! do to us.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex};

use super::{DirectLookup, Private, Proxies, ProxySource};
use crate::host::http::test_runtime::TestRuntime;
use crate::host::http::test_server::{Asked, Play, TestServer, text};
use crate::host::http::{Http, Options};
use crate::model::{Class, Failure, Outcome, Version};
use crate::ports::{Answer, Cancel, Info, ModuleSource};

const MODULE: &str = "example.org/Agent";
const LIST: &str = "/example.org/%21agent/@v/list";

fn v(text: &str) -> Version {
    Version::parse(text).unwrap()
}

/// A source with the runtime below it.
struct Asker {
    source: ProxySource,
    _runtime: TestRuntime,
}

impl Asker {
    fn new(goproxy: &str) -> Self {
        Self::with_private(goproxy, None)
    }

    fn with_private(goproxy: &str, private: Option<Private>) -> Self {
        let runtime = TestRuntime::start();
        let http = Arc::new(Http::new(runtime.handle(), Options::default()));
        Self { source: ProxySource::new(http, Proxies::parse(goproxy).unwrap(), private), _runtime: runtime }
    }

    fn check(&mut self) -> Outcome<Answer> {
        self.source.check(MODULE, &Cancel::new())
    }

    fn info(&mut self, version: &str) -> Outcome<Info> {
        self.source.info(MODULE, &v(version), &Cancel::new())
    }
}

/// `v1.0.0 v1.1.0!` : what is on offer, `!` after what is retracted.
fn row(answer: &Answer) -> String {
    let words = answer
        .offered
        .iter()
        .map(|o| format!("{}{}", o.version, if o.retracted.is_some() { "!" } else { "" }));
    words.collect::<Vec<_>>().join(" ")
}

type Files = BTreeMap<String, String>;

/// The files of a proxy for `MODULE`: the list as given, a `.info` and a `.mod` for each version in it.
fn files(list: &str, mods: &[(&str, &str)]) -> Files {
    let folded = |version: &str| version.replace("RC", "%21r%21c");
    let base = "/example.org/%21agent/@v";
    let mut files = Files::from([(LIST.to_owned(), list.to_owned())]);
    for version in list.split_whitespace() {
        let extra = mods.iter().find(|(of, _)| *of == version).map_or("go 1.21", |(_, text)| text);
        let info = format!(r#"{{"Version":"{version}","Time":"2026-01-02T03:04:05Z"}}"#);
        files.insert(format!("{base}/{}.info", folded(version)), info);
        files.insert(format!("{base}/{}.mod", folded(version)), format!("module {MODULE}\n{extra}\n"));
    }
    files
}

fn answer(files: &Files, asked: &Asked) -> Play {
    match files.get(&asked.path) {
        Some(body) => text(200, body),
        None => text(404, "not found: no such file\u{1b}[31m"),
    }
}

fn serve(files: Files) -> TestServer {
    TestServer::start(move |asked| answer(&files, asked))
}

#[test]
fn an_unchanged_answer_costs_one_request() {
    for validator in [None, Some("ETag"), Some("Last-Modified")] {
        let shared = Arc::new(Mutex::new(files("v1.0.0\nv1.1.0\n", &[])));
        let content = shared.clone();
        let server = TestServer::start(move |asked| {
            let content = content.lock().unwrap();
            let Some(name) = validator.filter(|_| asked.path == LIST) else { return answer(&content, asked) };
            let tag = if name == "ETag" {
                format!("\"{}\"", content.len())
            } else {
                format!("day {}", content.len())
            };
            let known = asked.header("if-none-match").or_else(|| asked.header("if-modified-since"));
            match known == Some(tag.as_str()) {
                true => Play::Answer(304, vec![], vec![]),
                false => Play::Answer(200, vec![(name, tag)], content[LIST].clone().into_bytes()),
            }
        });
        let mut asker = Asker::new(&server.base());
        let first = asker.check().unwrap();
        assert_eq!((row(&first).as_str(), first.changed), ("v1.0.0 v1.1.0", true));
        assert_eq!(server.take_paths(), [LIST, "/example.org/%21agent/@v/v1.1.0.mod"], "{validator:?}");
        let second = asker.check().unwrap();
        assert_eq!((second.offered, second.changed), (first.offered, false));
        assert_eq!(server.take_paths(), [LIST]);
        shared
            .lock()
            .unwrap()
            .extend(files("v1.0.0\nv1.1.0\nv1.2.0\n", &[("v1.2.0", "retract v1.1.0 // \u{1b}[1mbad")]));
        let third = asker.check().unwrap();
        assert_eq!((row(&third).as_str(), third.changed), ("v1.0.0 v1.1.0! v1.2.0", true));
        assert_eq!(third.offered[1].retracted.as_deref(), Some("bad"));
    }
}

#[test]
fn capitals_are_escaped_in_versions_too() {
    let server = serve(files("v1.1.0-RC1", &[]));
    let info = Asker::new(&server.base()).info("v1.1.0-RC1").unwrap();
    assert_eq!(info.time.unwrap().to_string(), "2026-01-02T03:04:05Z");
    assert_eq!(server.take_paths(), ["/example.org/%21agent/@v/v1.1.0-%21r%21c1.info"]);
}

#[test]
fn immutable_files_are_asked_for_once() {
    let server = serve(files("v1.0.0", &[]));
    let mut asker = Asker::new(&server.base());
    for _ in 0..2 {
        asker.info("v1.0.0").unwrap();
        let go_mod = asker.source.go_mod(MODULE, &v("v1.0.0"), &Cancel::new()).unwrap();
        go_mod.check_declares(MODULE, &v("v1.0.0")).unwrap();
    }
    assert_eq!(server.take_paths().len(), 2);
}

#[test]
fn when_the_next_place_is_asked() {
    let good = serve(files("v1.0.0", &[]));
    let nowhere = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    for (fault, after_comma) in [
        ("404", true),
        ("410", true),
        ("401", false),
        ("403", false),
        ("429", false),
        ("500", false),
        ("502", false),
        ("503", false),
        ("html", false),
        ("drop", false),
        ("half", false),
        ("refused", false),
        ("missing", true),
    ] {
        let bad = TestServer::start(move |_| match fault.parse() {
            Ok(status) => text(status, "said"),
            Err(_) if fault == "html" => text(200, "<!DOCTYPE html><title>Log in</title>"),
            Err(_) if fault == "half" => Play::BreakOff(100, b"v1.0.0\n".to_vec()),
            Err(_) => Play::Close,
        });
        let bad_url = match fault {
            "refused" => format!("http://{nowhere}"),
            "missing" => "file:///nonexistent/tree".to_owned(),
            _ => bad.base(),
        };
        let ask = |separator: &str| Asker::new(&format!("{bad_url}{separator}{}", good.base())).check();
        assert_eq!(ask("|").map(|a| row(&a)).unwrap(), "v1.0.0", "{fault}|");
        match ask(",") {
            Ok(answer) => assert!(after_comma && row(&answer) == "v1.0.0", "{fault},"),
            Err(failure) => assert!(!after_comma && failure.class == Class::Network, "{fault}, {failure}"),
        }
        // Alone, or twice: the class tells whether it may pass.
        let class = if after_comma { Class::Module } else { Class::Network };
        for list in
            [bad_url.clone(), format!("{bad_url}|{bad_url}"), format!("{bad_url}|file:///nonexistent/other")]
        {
            let failure = Asker::new(&list).check().unwrap_err();
            assert_eq!(failure.class, class, "{list} {failure}");
            assert!(failure.hint.is_some() && failure.line().contains(MODULE), "{failure}");
        }
    }
}

#[test]
fn messages_name_the_url_and_what_the_server_said() {
    let server = serve(Files::new());
    let failure = Asker::new(&server.base()).check().unwrap_err();
    let line = failure.line();
    assert!(line.contains(&format!("{}{LIST}` answered 404 Not Found", server.base())), "{line}");
    assert!(line.contains("the server says: not found: no such file") && !line.contains('\u{1b}'), "{line}");
}

#[test]
fn a_server_that_names_a_time_is_heard() {
    let server = TestServer::start(|_| Play::Answer(429, vec![("Retry-After", "120".into())], vec![]));
    let failure = Asker::new(&server.base()).check().unwrap_err();
    assert_eq!(failure.retry_after.map(|time| time.as_secs()), Some(120));
}

#[test]
fn without_the_word_on_retractions_there_is_no_answer() {
    let complete = files("v1.0.0\nv1.1.0\n", &[]);
    for (body, class) in [
        (None, Class::Network),
        (Some("<html>"), Class::Network),
        (Some("retract [v1.0.0\n"), Class::Module),
        (Some("module x\nretract everything\n"), Class::Module),
    ] {
        let mut broken = complete.clone();
        match body {
            Some(body) => broken.insert("/example.org/%21agent/@v/v1.1.0.mod".into(), body.into()),
            None => broken.remove("/example.org/%21agent/@v/v1.1.0.mod"),
        };
        let server = serve(broken);
        let failure = Asker::new(&server.base()).check().unwrap_err();
        assert_eq!(failure.class, class, "{body:?} {failure}");
        assert!(failure.line().contains("v1.1.0"), "{failure}");
    }
}

#[test]
fn another_version_than_asked_for_is_a_lie() {
    let mut lying = files("v1.0.0", &[]);
    lying.insert("/example.org/%21agent/@v/v1.0.0.info".into(), r#"{"Version":"v1.0.1"}"#.into());
    let server = serve(lying);
    let failure = Asker::new(&server.base()).info("v1.0.0").unwrap_err();
    assert_eq!(failure.class, Class::Security);
    assert!(failure.line().contains("v1.0.1"), "{failure}");
}

#[test]
fn a_withdrawn_version_and_a_missing_one() {
    let server = serve(files("v1.0.0", &[]));
    assert_eq!(Asker::new(&server.base()).info("v9.9.9").unwrap_err().class, Class::Module);
}

#[test]
fn too_much_is_not_read() {
    let server = serve(Files::from([(LIST.to_owned(), "v1.0.0\n".repeat(200_000))]));
    let failure = Asker::new(&server.base()).check().unwrap_err();
    assert!(failure.class == Class::Network && failure.line().contains("longer than 1048576"), "{failure}");
    let dir = tempfile::tempdir().unwrap();
    let list = dir.path().join("example.org/!agent/@v/list");
    std::fs::create_dir_all(list.parent().unwrap()).unwrap();
    std::fs::write(&list, "v1.0.0\n".repeat(200_000)).unwrap();
    assert_eq!(Asker::new(&file_url(dir.path())).check().unwrap_err().class, Class::Disk);
}

#[test]
fn a_tree_on_disk_is_a_proxy() {
    let dir = tempfile::tempdir().unwrap();
    let write = |files: Files| {
        for (name, text) in files {
            let path = dir.path().join(name.trim_start_matches('/').replace("%21", "!"));
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
    };
    write(files("v1.0.0\nv1.1.0-RC1", &[]));
    let mut asker = Asker::new(&file_url(dir.path()));
    assert_eq!(row(&asker.check().unwrap()), "v1.0.0 v1.1.0-RC1");
    assert!(!asker.check().unwrap().changed);
    write(files("v1.0.0\nv1.1.0", &[]));
    let answer = asker.check().unwrap();
    assert_eq!((row(&answer).as_str(), answer.changed), ("v1.0.0 v1.1.0", true));
}

fn file_url(path: &Path) -> String {
    format!("file://{}", path.display())
}

#[test]
fn without_tags_the_newest_commit_counts() {
    let pseudo = "v0.0.0-20260102030405-abcdefabcdef";
    let latest = "/example.org/%21agent/@latest";
    let mut tree = files(pseudo, &[]);
    tree.insert(LIST.into(), String::new());
    tree.insert(latest.into(), format!(r#"{{"Version":"{pseudo}"}}"#));
    let server = serve(tree.clone());
    let mut asker = Asker::new(&server.base());
    assert_eq!(row(&asker.check().unwrap()), pseudo);
    assert!(!asker.check().unwrap().changed);
    // Without an `@latest` the list may still name commits; with neither there is nothing.
    tree.remove(latest);
    tree.insert(LIST.into(), pseudo.into());
    assert_eq!(row(&Asker::new(&serve(tree.clone()).base()).check().unwrap()), pseudo);
    tree.insert(LIST.into(), String::new());
    assert_eq!(Asker::new(&serve(tree).base()).check().unwrap_err().class, Class::Module);
}

#[test]
fn off_is_said_clearly_and_wrong_paths_ask_nobody() {
    let failure = Asker::new("off").check().unwrap_err();
    assert!(failure.class == Class::Config && failure.line().contains("GOPROXY=off"), "{failure}");
    let server = serve(Files::new());
    let mut asker = Asker::new(&server.base());
    let failure = asker.source.check("example.org/../../etc", &Cancel::new()).unwrap_err();
    assert_eq!(failure.class, Class::Config);
    assert!(server.take_paths().is_empty());
}

#[test]
fn a_cancelled_check_tries_no_other_place() {
    let server = serve(files("v1.0.0", &[]));
    let cancel = Cancel::new();
    cancel.request();
    let mut asker = Asker::new(&format!("{0}|{0}", server.base()));
    assert_eq!(asker.source.check(MODULE, &cancel).unwrap_err().class, Class::Cancelled);
    assert!(server.take_paths().is_empty());
}

/// A repository, asked by something that can.
struct Repository {
    tags: Vec<&'static str>,
    asked: Arc<Mutex<Vec<&'static str>>>,
}

impl Default for Repository {
    fn default() -> Self {
        Self { tags: vec!["v1.1.0", "v1.0.0"], asked: Arc::default() }
    }
}

impl DirectLookup for Repository {
    fn versions(&mut self, module: &str, _: &Cancel) -> Outcome<Vec<Version>> {
        self.asked.lock().unwrap().push("versions");
        match module == MODULE {
            true => Ok(self.tags.iter().map(|tag| v(tag)).collect()),
            false => Err(Failure::new(Class::Module, "no such repository")),
        }
    }

    fn latest(&mut self, _: &str, _: &Cancel) -> Outcome<Version> {
        self.asked.lock().unwrap().push("latest");
        Err(Failure::new(Class::Module, "no matching versions"))
    }

    fn info(&mut self, _: &str, version: &Version, _: &Cancel) -> Outcome<Info> {
        self.asked.lock().unwrap().push("info");
        Ok(Info { version: version.clone(), time: None })
    }

    fn go_mod(&mut self, module: &str, _: &Version, _: &Cancel) -> Outcome<String> {
        self.asked.lock().unwrap().push("go_mod");
        Ok(format!("module {module}\nretract v1.0.0\n"))
    }
}

fn private(goprivate: &str, gonoproxy: &str, lookup: Repository) -> Option<Private> {
    Some(Private { goprivate: goprivate.into(), gonoproxy: gonoproxy.into(), lookup: Box::new(lookup) })
}

#[test]
fn a_private_module_is_asked_for_at_its_repository_and_nowhere_else() {
    let server = serve(files("v1.7.0", &[]));
    for list in [server.base(), format!("{}|direct", server.base()), "direct".into(), "off".into()] {
        let repository = Repository::default();
        let asked = repository.asked.clone();
        let mut asker = Asker::with_private(&list, private("example.org", "", repository));
        assert_eq!(row(&asker.check().unwrap()), "v1.0.0! v1.1.0", "{list}");
        assert!(!asker.check().unwrap().changed);
        assert_eq!(asker.info("v1.1.0").unwrap().version, v("v1.1.0"));
        // The second check asks for the list only.
        assert_eq!(*asked.lock().unwrap(), ["versions", "go_mod", "versions", "info"], "{list}");
        // What it does not have is nowhere.
        let failure = asker.source.check("example.org/other", &Cancel::new()).unwrap_err();
        assert_eq!(failure.class, Class::Module, "{failure}");
        assert_eq!(server.take_paths(), Vec::<String>::new(), "{list}");
    }
    // Private, but served by a proxy of one's own.
    let mut asker =
        Asker::with_private(&server.base(), private("example.org", "none", Repository::default()));
    assert_eq!(row(&asker.check().unwrap()), "v1.7.0");
}

#[test]
fn a_repository_without_tags_is_fetched_once() {
    let repository = Repository { tags: vec![], ..Repository::default() };
    let asked = repository.asked.clone();
    let mut asker = Asker::with_private("off", private("*", "", repository));
    for _ in 0..3 {
        assert_eq!(asker.check().unwrap_err().class, Class::Module);
    }
    assert_eq!(*asked.lock().unwrap(), ["versions", "latest", "versions", "versions"]);
}

#[test]
fn the_word_direct_alone_makes_nobody_ask_a_repository() {
    let server = serve(Files::new());
    let list = format!("{},direct", server.base());
    for private in [None, private("other.org", "", Repository::default())] {
        let failure = Asker::with_private(&list, private).check().unwrap_err();
        assert!(failure.class == Class::Module && failure.line().contains("`direct`"), "{failure}");
    }
    for private in [private("other.org", "", Repository::default()), private("", "*", Repository::default())]
    {
        let failure = Asker::with_private("direct", private).check().unwrap_err();
        assert!(
            failure.class == Class::Config && failure.to_string().contains("build.goprivate"),
            "{failure}"
        );
    }
}
