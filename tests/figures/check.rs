//! Processor time of one unchanged check, against the go command asking the same proxy.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use sentinel_updater::host::http::{Http, Options};
use sentinel_updater::ports::{Cancel, ModuleSource};
use sentinel_updater::source::{Proxies, ProxySource};

use crate::test_runtime::TestRuntime;
use crate::test_server::{Asked, Play, TestServer, text};

const MODULE: &str = "example.test/agent";
const CHECKS: u32 = 1000;
const GO_RUNS: u32 = 40;

/// The costlier of the two ways to learn that nothing changed, as a part of the go command's time.
#[allow(dead_code, reason = "the test asserts on both")]
pub(crate) fn ratio() -> Result<Vec<f64>, String> {
    let (by_etag, by_content) = (ours(true), ours(false));
    let go = go_list().ok_or("there is no go command on PATH")?;
    eprintln!("one check: {by_etag:.3} ms by ETag, {by_content:.3} ms by content; go list: {go:.3} ms");
    Ok(vec![by_etag.max(by_content) / go])
}

/// A proxy with forty versions.
fn proxy(has_etag: bool) -> TestServer {
    let list: String = (0..40).map(|minor| format!("v1.{minor}.0\n")).collect();
    TestServer::start(move |asked: &Asked| match asked.path.rsplit('/').next() {
        Some("list") if has_etag && asked.header("if-none-match") == Some("\"40\"") => {
            Play::Answer(304, vec![], vec![])
        }
        Some("list") => Play::Answer(
            200,
            if has_etag { vec![("ETag", "\"40\"".into())] } else { vec![] },
            list.clone().into(),
        ),
        Some("v1.39.0.info") => text(200, r#"{"Version":"v1.39.0","Time":"2026-01-02T03:04:05Z"}"#),
        Some("v1.39.0.mod") => text(200, "module example.test/agent\n\ngo 1.21\n"),
        _ => text(404, ""),
    })
}

/// Milliseconds of processor time of one check, on both threads that take part.
pub(crate) fn ours(has_etag: bool) -> f64 {
    let (server, runtime) = (proxy(has_etag), TestRuntime::start());
    let http = Arc::new(Http::new(runtime.handle(), Options::default()));
    let mut source = ProxySource::new(http, Proxies::parse(&server.base()).expect("proxy"), None);
    let cancel = Cancel::new();
    assert!(source.check(MODULE, &cancel).expect("first answer").changed);
    let (sender, receiver) = std::sync::mpsc::channel();
    runtime.handle().spawn(async move { sender.send(thread()) });
    let threads = [thread(), receiver.recv().expect("thread of the runtime")];
    let used = || threads.iter().map(|thread| nanoseconds(thread)).sum::<u64>();
    let before = used();
    for _ in 0..CHECKS {
        assert!(!source.check(MODULE, &cancel).expect("answer").changed);
    }
    (used() - before) as f64 / 1e6 / f64::from(CHECKS)
}

/// The calling thread's directory.
fn thread() -> String {
    let link = std::fs::read_link("/proc/thread-self").expect("proc");
    format!("/proc/{}", link.display())
}

/// Time that a thread spent on a processor.
fn nanoseconds(thread: &str) -> u64 {
    let stat = std::fs::read_to_string(format!("{thread}/schedstat")).expect("schedstat");
    stat.split(' ').next().and_then(|field| field.parse().ok()).expect("a number")
}

/// Milliseconds of processor time of one `go list`, its caches warm.
pub(crate) fn go_list() -> Option<f64> {
    let output =
        Command::new("go").args(["env", "GOROOT"]).output().ok().filter(|output| output.status.success())?;
    // What PATH names may be a script that starts the real one.
    let go = Path::new(String::from_utf8_lossy(&output.stdout).trim()).join("bin/go");
    let (server, home) = (proxy(false), tempfile::tempdir().expect("directory"));
    let run = || {
        let output = Command::new(&go)
            .args(["list", "-m", "-json", &format!("{MODULE}@latest")])
            .current_dir(home.path())
            .env_clear()
            .env("HOME", home.path())
            .env("GOPROXY", server.base())
            .envs([
                ("GOSUMDB", "off"),
                ("GOENV", "off"),
                ("GOFLAGS", "-modcacherw"),
                ("GOTOOLCHAIN", "local"),
            ])
            .output()
            .expect("go runs");
        assert!(String::from_utf8_lossy(&output.stdout).contains("v1.39.0"));
    };
    run();
    let before = children_ticks();
    (0..GO_RUNS).for_each(|_| run());
    // A tick is 10 ms on every Linux.
    Some((children_ticks() - before) as f64 * 10.0 / f64::from(GO_RUNS))
}

/// Processor time of ended children, in ticks: fields 16 and 17.
fn children_ticks() -> u64 {
    let stat = std::fs::read_to_string("/proc/self/stat").expect("stat");
    let after_name = stat.rsplit_once(") ").expect("name").1;
    after_name.split(' ').skip(13).take(2).map(|field| field.parse::<u64>().expect("a number")).sum()
}
