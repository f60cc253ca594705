//! The faults and lies, and the clock.

use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use crate::fault_table::{Met, tell};
use crate::test_runtime::TestRuntime;
use crate::test_server::{Asked, Play, TestServer, gzip_of_zeros, text};
use crate::trials;
use sentinel_updater::host::http::{Http, Limits, Options};
use sentinel_updater::model::{Class, Failure, Version};
use sentinel_updater::ports::{Cancel, ModuleSource as _};
use sentinel_updater::source::{Proxies, ProxySource};

pub(crate) fn main() {
    trials::run(trials::tests![
        every_fault_of_a_proxy_ends_in_time_in_its_class_and_names_the_url,
        hosts_that_are_not_there,
        lies_are_told_from_mistakes,
        floods_of_every_file_are_stopped,
        the_program_under_a_clock_that_is_a_year_off,
    ]);
}

const MODULE: &str = "example.test/agent";
const LIST: &str = "/example.test/agent/@v/list";
/// Far more than any fault takes with short limits: it stops what hangs and judges nothing.
const BOUND: Duration = Duration::from_secs(20);

/// Short where a test waits for one of them.
const LIMITS: Limits = Limits {
    connect: Duration::from_secs(1),
    first_byte: Duration::from_secs(1),
    idle: Duration::from_secs(1),
    total: Duration::from_millis(2500),
    max_bytes: 0,
};

/// What a proxy does with every request for the list, and what is said of it.
struct Fault {
    kind: &'static str,
    play: fn(&Asked) -> Play,
    class: Class,
    says: &'static str,
    /// The wait that the server asked for, at most.
    wait_s: Option<u64>,
    /// It is over at once: the program itself can be asked.
    quick: bool,
}

const fn fault(kind: &'static str, play: fn(&Asked) -> Play, says: &'static str) -> Fault {
    Fault { kind, play, class: Class::Network, says, wait_s: None, quick: true }
}

fn faults() -> Vec<Fault> {
    let slow = |fault: Fault| Fault { quick: false, ..fault };
    let asks = |fault: Fault, seconds| Fault { wait_s: Some(seconds), ..fault };
    vec![
        slow(fault("proxy-stalls-before-headers", |_| Play::Stall, "no answer in time")),
        slow(fault(
            "proxy-stalls-in-body",
            |_| Play::StallInBody(99, b"v1.".to_vec()),
            "stood still in the middle",
        )),
        slow(fault("proxy-drips", |_| Play::Drip(1 << 20, Duration::from_millis(20)), "took too long")),
        fault(
            "proxy-truncates",
            |_| Play::BreakOff(99, b"v1.0.0\nv1.1".to_vec()),
            "broke off after 11 bytes",
        ),
        fault("proxy-closes", |_| Play::Close, "no usable answer"),
        fault("proxy-floods", |_| Play::Flood(b"v1.0.0\n".repeat(1000)), "longer than 1048576 bytes"),
        fault(
            "proxy-announces-too-much",
            |_| Play::StallInBody(1 << 40, vec![]),
            "longer than 1048576 bytes",
        ),
        fault("proxy-gzip-bomb", |_| bomb(), "longer than 1048576 bytes"),
        fault("proxy-redirects-in-a-circle", |_| to(LIST), "circle"),
        fault("proxy-redirects-without-end", |_| further(), "more than 10 redirects"),
        asks(fault("proxy-429-seconds", |_| refuse(429, "120"), "429 Too Many Requests"), 120),
        asks(
            fault(
                "proxy-429-date",
                |_| refuse(429, "Thu, 01 Jan 2026 00:10:00 GMT"),
                "429 Too Many Requests",
            ),
            600,
        ),
        fault("proxy-403", |_| text(403, "not for you"), "403 Forbidden"),
        fault("proxy-500", |_| text(500, "oops\u{1b}[2J"), "500 Internal Server Error"),
        fault("proxy-503", |_| refuse(503, ""), "503 Service Unavailable"),
        fault("proxy-captive-portal", |_| portal(), "a web page"),
        Fault { class: Class::Module, ..fault("proxy-404", |_| text(404, "not found"), "404 Not Found") },
        Fault { class: Class::Module, ..fault("proxy-410", |_| text(410, "gone"), "410") },
    ]
}

fn bomb() -> Play {
    static BOMB: LazyLock<Vec<u8>> = LazyLock::new(|| gzip_of_zeros(8 << 20));
    Play::Answer(200, vec![("Content-Encoding", "gzip".into())], BOMB.clone())
}

fn to(path: &str) -> Play {
    Play::Answer(302, vec![("Location", path.into())], vec![])
}

fn further() -> Play {
    static STEP: AtomicUsize = AtomicUsize::new(0);
    to(&format!("/{}", STEP.fetch_add(1, Ordering::SeqCst)))
}

/// A refusal on the first of January of 2026.
fn refuse(status: u16, retry_after: &str) -> Play {
    let date = ("Date", "Thu, 01 Jan 2026 00:00:00 GMT".to_owned());
    Play::Answer(status, vec![date, ("Retry-After", retry_after.into())], vec![])
}

fn portal() -> Play {
    let page = b"<!DOCTYPE html><title>Welcome to our network</title>".to_vec();
    Play::Answer(200, vec![("Content-Type", "text/html".into())], page)
}

fn source(runtime: &TestRuntime, goproxy: &str) -> ProxySource {
    let http = Arc::new(Http::new(runtime.handle(), Options { limits: LIMITS, ..Options::default() }));
    ProxySource::new(http, Proxies::parse(goproxy).unwrap(), None)
}

fn check(goproxy: &str) -> Failure {
    let runtime = TestRuntime::start();
    let began = Instant::now();
    let failure = source(&runtime, goproxy).check(MODULE, &Cancel::new()).unwrap_err();
    assert!(began.elapsed() < BOUND, "{:?}", began.elapsed());
    failure
}

/// A host of its own for the program.
struct Place(tempfile::TempDir);

impl Place {
    fn new(goproxy: &str) -> Self {
        let place = Self(tempfile::tempdir().unwrap());
        // Any program that Go did not build: an agent of unknown version.
        std::fs::copy("/bin/true", place.path("agent")).unwrap();
        let config = format!(
            "[updater]\nservice_name = \"hostile-test-updater\"\n[service]\nmanager = \"process\"\n\
             [build]\ngoproxy = \"{goproxy}\"\n\
             [agent]\nmodule = \"{MODULE}\"\nservice_name = \"hostile-test-agent\"\nbinary = \"{}\"\n\
             [paths]\ndata = \"{}\"\nstate = \"{}\"\ncache = \"{}\"\n",
            place.path("agent"),
            place.path("data"),
            place.path("state"),
            place.path("cache"),
        );
        std::fs::write(place.path("updater.toml"), config).unwrap();
        place
    }

    fn path(&self, name: &str) -> String {
        self.0.path().join(name).display().to_string()
    }

    /// Runs a command with these variables: its exit code and everything that it said.
    fn run(&self, word: &str, variables: &[(&str, &str)]) -> (Option<i32>, String) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sentinel-updater"));
        command.env_clear().envs(variables.iter().copied());
        let output = command.args(["--config", &self.path("updater.toml"), word]).output().unwrap();
        let agent = std::fs::read(self.path("agent")).unwrap();
        assert_eq!(agent, std::fs::read("/bin/true").unwrap(), "the agent is untouched");
        (output.status.code(), String::from_utf8([output.stdout, output.stderr].concat()).unwrap())
    }
}

/// `check` by the program.
fn program(goproxy: &str) -> (Option<i32>, String) {
    Place::new(goproxy).run("check", &[])
}

fn every_fault_of_a_proxy_ends_in_time_in_its_class_and_names_the_url() {
    for Fault { kind, play, class, says, wait_s, quick } in faults() {
        let server = TestServer::start(play);
        let url = format!("{}{LIST}", server.base());
        let failure = check(&server.base());
        assert_eq!(failure.class, class, "{kind}: {failure}");
        assert!(failure.line().contains(&url) && failure.line().contains(says), "{kind}: {failure}");
        assert!(failure.hint.is_some() && !failure.line().chars().any(char::is_control), "{kind}: {failure}");
        assert_eq!(failure.retry_after.map(|wait| wait.as_secs()), wait_s, "{kind}: {failure}");
        // What fails for now is tried elsewhere after `|`, and never hides a proxy that works.
        let good = TestServer::start(good);
        let runtime = TestRuntime::start();
        let both = format!("{}|{}", server.base(), good.base());
        let answer = source(&runtime, &both).check(MODULE, &Cancel::new());
        assert_eq!(answer.unwrap().offered.len(), 2, "{kind}");
        tell(kind, 2, 2, Met::Memory);
        if quick {
            let (code, said) = program(&server.base());
            assert_eq!(code, Some(1), "{kind}: {said}");
            assert!(said.contains(&url) && said.contains(says), "{kind}: {said}");
            assert!(!said.contains('\u{1b}'), "{kind}: {said:?}");
            tell(kind, 1, 1, Met::Real);
        }
    }
}

fn hosts_that_are_not_there() {
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let plain = TestServer::start(|_| text(200, "v1.0.0"));
    for (kind, goproxy, says) in [
        ("proxy-name-unknown", "http://no-such-host.invalid".to_owned(), "no connection"),
        ("proxy-refuses-connections", format!("http://{closed}"), "refused"),
        ("proxy-without-tls", plain.base().replace("http:", "https:"), "tls handshake"),
    ] {
        // A resolver that nobody answers takes its time before it gives up.
        let is_slow = kind == "proxy-name-unknown";
        let failure = check(&goproxy);
        assert_eq!(failure.class, Class::Network, "{kind}: {failure}");
        assert!(
            failure.line().contains(&format!("{goproxy}{LIST}"))
                && (failure.line().contains(says) || is_slow),
            "{failure}"
        );
        let (code, said) = program(&goproxy);
        assert_eq!(code, Some(1), "{kind}: {said}");
        assert!(said.contains(&goproxy) && (said.contains(says) || is_slow), "{kind}: {said}");
        tell(kind, 1, 1, Met::Memory);
        tell(kind, 1, 1, Met::Real);
    }
}

fn good(asked: &Asked) -> Play {
    match asked.path.rsplit('/').next() {
        Some("list") => text(200, "v1.0.0\nv1.1.0\n"),
        Some(name) if name.ends_with(".mod") => text(200, &format!("module {MODULE}\n\ngo 1.21\n")),
        Some(name) if name.ends_with(".info") => {
            text(200, &format!("{{\"Version\":\"{}\"}}", name.trim_end_matches(".info")))
        }
        _ => text(404, "not found"),
    }
}

fn lies_are_told_from_mistakes() {
    let liar = TestServer::start(|asked| match asked.path.ends_with(".info") {
        true => text(200, r#"{"Version":"v9.9.9"}"#),
        false if asked.path.ends_with(".mod") => text(200, "module example.test/other\n\ngo 1.21\n"),
        false => good(asked),
    });
    let runtime = TestRuntime::start();
    let mut source = source(&runtime, &liar.base());
    let version = Version::parse("v1.1.0").unwrap();
    let failure = source.info(MODULE, &version, &Cancel::new()).unwrap_err();
    assert_eq!(failure.class, Class::Security, "{failure}");
    assert!(failure.line().contains(&liar.base()) && failure.line().contains("v9.9.9"), "{failure}");
    let go_mod = source.go_mod(MODULE, &version, &Cancel::new()).unwrap();
    let failure = go_mod.check_declares(MODULE, &version).unwrap_err();
    assert_eq!(failure.class, Class::Module, "{failure}");
    assert!(failure.line().contains("example.test/other"), "{failure}");
    tell("proxy-lies", 2, 2, Met::Memory);
}

fn floods_of_every_file_are_stopped() {
    for name in ["list", ".info", ".mod"] {
        let server = TestServer::start(match name {
            "list" => |_: &Asked| Play::Flood(vec![b'x'; 4096]),
            ".info" => |asked: &Asked| {
                if asked.path.ends_with(".info") { Play::Flood(vec![b' '; 4096]) } else { good(asked) }
            },
            _ => |asked: &Asked| {
                if asked.path.ends_with(".mod") { Play::Flood(b"// x\n".repeat(900)) } else { good(asked) }
            },
        });
        let runtime = TestRuntime::start();
        let mut source = source(&runtime, &server.base());
        let version = Version::parse("v1.1.0").unwrap();
        let failure = match name {
            ".info" => source.info(MODULE, &version, &Cancel::new()).unwrap_err(),
            _ => source.check(MODULE, &Cancel::new()).unwrap_err(),
        };
        assert_eq!(failure.class, Class::Network, "{name}: {failure}");
        assert!(failure.line().contains("longer than"), "{name}: {failure}");
    }
    tell("proxy-floods-files", 3, 3, Met::Memory);
}

/// The real program under a wall clock that is a year off, or jumps while it runs.
fn the_program_under_a_clock_that_is_a_year_off() {
    let Some(library) = faketime() else {
        return trials::skip("there is no libfaketime (package libfaketime)");
    };
    let server = TestServer::start(good);
    let mut tried = 0;
    for jump in ["+365d", "-365d", "-20000d"] {
        let place = Place::new(&server.base());
        // The year is off for the first command, right for the next, and off again.
        for (word, offset) in
            [("check", jump), ("status", "+0"), ("check", "+0"), ("status", jump), ("history", jump)]
        {
            let variables = [
                ("LD_PRELOAD", library.as_str()),
                ("FAKETIME", offset),
                ("FAKETIME_DONT_FAKE_MONOTONIC", "1"),
            ];
            let (code, said) = place.run(word, &variables);
            assert!(code.is_some() && !said.contains("panicked"), "{word} {offset}: {said}");
            assert!(word != "check" || code == Some(0), "{word} {offset}: {said}");
            tried += 1;
        }
    }
    tell("clock-a-year-off", tried, tried, Met::Real);
}

fn faketime() -> Option<String> {
    let places = std::fs::read_dir("/usr/lib").ok()?.filter_map(Result::ok);
    let mut libraries = places.map(|place| place.path().join("faketime/libfaketimeMT.so.1"));
    libraries.find(|path| path.exists()).map(|path| path.display().to_string())
}
