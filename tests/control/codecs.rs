//! The codec with whatever bytes there are.

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use sentinel_updater::control::Request;
use sentinel_updater::control::codec::{self, Fault, Heard, Id, Parsed};
use sentinel_updater::control::protocol::{
    Database, Hello, History, Hold, Log, Logs, Pause, Plan, Rollback, Subscribe, Unhold, Update,
};
use sentinel_updater::model::{Class, Failure, Version};
use serde_json::Value;

use crate::kit::cases::cases;
use crate::kit::trials::{Test, tests};

pub(crate) fn tests() -> Vec<Test> {
    tests![
        requests_come_back_as_they_were,
        any_line_is_a_request_or_a_fault,
        harmed_requests_are_requests_or_faults,
        failures_come_back_as_they_were,
        any_line_of_a_server_is_heard,
    ]
}

fn hold<S: Strategy>(strategy: &S, test: impl Fn(S::Value) -> Result<(), TestCaseError>)
where
    S::Value: std::fmt::Debug,
{
    let config = Config { cases: cases(2_000), failure_persistence: None, ..Config::default() };
    TestRunner::new(config).run(strategy, test).unwrap_or_else(|error| panic!("{error}"));
}

fn version() -> impl Strategy<Value = Version> {
    "v[0-9]{1,3}\\.[0-9]{1,3}\\.[0-9]{1,3}(-rc\\.[1-9])?"
        .prop_filter_map("a version", |text| Version::parse(&text).ok())
}

fn text() -> impl Strategy<Value = Option<String>> {
    prop::option::of(any::<String>())
}

fn request() -> impl Strategy<Value = Request> {
    let database = prop_oneof![Just(Database::Ask), Just(Database::Restore), Just(Database::Keep)];
    let log = prop_oneof![Just(Log::Updater), Just(Log::Agent), Just(Log::Build)];
    prop_oneof![
        (any::<u32>(), any::<String>())
            .prop_map(|(protocol, program)| Request::Hello(Hello { protocol, program })),
        prop::sample::select(vec![
            Request::Status,
            Request::Settings,
            Request::Check,
            Request::Cancel,
            Request::Resume,
            Request::Versions,
        ]),
        prop::option::of(version()).prop_map(|version| Request::Plan(Plan { version })),
        (text(), any::<u64>()).prop_map(|(epoch, from)| Request::Subscribe(Subscribe { epoch, from })),
        (prop::option::of(version()), any::<bool>(), any::<bool>())
            .prop_map(|(version, force, stage_only)| Request::Update(Update { version, force, stage_only })),
        (prop::option::of(any::<u64>()), text())
            .prop_map(|(for_ms, reason)| Request::Pause(Pause { for_ms, reason })),
        (text(), database).prop_map(|(version, database)| Request::Rollback(Rollback { version, database })),
        (version(), text()).prop_map(|(version, reason)| Request::Hold(Hold { version, reason })),
        version().prop_map(|version| Request::Unhold(Unhold { version })),
        prop::option::of(any::<usize>()).prop_map(|limit| Request::History(History { limit })),
        (log, any::<usize>(), any::<bool>()).prop_map(|(log, lines, follow)| Request::Logs(Logs {
            log,
            lines,
            follow
        })),
    ]
}

fn requests_come_back_as_they_were() {
    hold(&(any::<u64>(), request()), |(id, request)| {
        let id = Id::number(id);
        let line = codec::request(&id, &request);
        prop_assert!(!line.contains('\n'));
        prop_assert!(codec::METHODS.contains(&request.method()));
        prop_assert_eq!(codec::parse(&line), Parsed::Request(id, request));
        Ok(())
    });
}

fn is_proper(line: &str) -> Result<(), TestCaseError> {
    if let Parsed::Bad(id, fault) = codec::parse(line) {
        let known = [codec::NOT_JSON, codec::NOT_A_REQUEST, codec::NO_SUCH_METHOD, codec::BAD_PARAMETERS];
        prop_assert!(known.contains(&fault.code));
        prop_assert!(!fault.failure.to_string().chars().any(char::is_control), "{:?}", fault);
        let answer = codec::fault(id.as_ref(), &fault);
        prop_assert!(!answer.contains('\n'));
        let value: Value = serde_json::from_str(&answer).expect("JSON");
        prop_assert_eq!(&value["jsonrpc"], "2.0");
    }
    Ok(())
}

fn json() -> impl Strategy<Value = String> {
    let word = prop::sample::select(vec![
        "{",
        "}",
        "[",
        "]",
        ":",
        ",",
        "\"jsonrpc\"",
        "\"2.0\"",
        "\"id\"",
        "\"method\"",
        "\"params\"",
        "\"status\"",
        "\"hold\"",
        "\"version\"",
        "\"v1.0.0\"",
        "null",
        "1",
        "-1e999",
        "\"\u{1b}\"",
        "\"\\u0000\"",
    ]);
    prop::collection::vec(word, 0..30).prop_map(|words| words.concat())
}

fn any_line_is_a_request_or_a_fault() {
    let line = prop_oneof![
        any::<String>(),
        json(),
        prop::collection::vec(any::<u8>(), 0..200)
            .prop_map(|bytes| String::from_utf8_lossy(&bytes).into_owned()),
    ];
    hold(&line, |line| is_proper(&line));
}

fn harmed_requests_are_requests_or_faults() {
    let harm = (any::<prop::sample::Index>(), any::<prop::sample::Index>(), "[\\[\\]{}\",:0a\u{1b}]{0,3}");
    hold(&(request(), harm), |(request, (from, to, patch))| {
        let line: Vec<char> = codec::request(&Id::number(1), &request).chars().collect();
        let (from, to) = (from.index(line.len()), to.index(line.len()));
        let (from, to) = (from.min(to), from.max(to));
        let harmed: String =
            line[..from].iter().copied().chain(patch.chars()).chain(line[to..].iter().copied()).collect();
        is_proper(&harmed)
    });
}

fn failures_come_back_as_they_were() {
    let clean = "[a-z`/.]{0,9}( [a-z`/.]{1,9}){0,5}";
    let class = prop::sample::select(vec![Class::Usage, Class::OutOfMemory, Class::Refused, Class::Internal]);
    let failure = (class, clean, prop::collection::vec(clean, 0..3), prop::option::of(clean), any::<u32>());
    hold(&failure, |(class, what, causes, hint, wait)| {
        let retry_after = (wait % 2 == 0).then(|| std::time::Duration::from_millis(wait.into()));
        let failure = Failure { class, what, causes, hint, retry_after };
        let line = codec::fault(Some(&Id::number(3)), &Fault::from(failure.clone()));
        prop_assert_eq!(codec::heard(&line), Heard::Answer(Id::number(3), Err(failure.clone())));
        let line = codec::fault(None, &Fault::from(failure.clone()));
        prop_assert_eq!(codec::heard(&line), Heard::Failed(failure));
        Ok(())
    });
}

fn any_line_of_a_server_is_heard() {
    let error = prop::sample::select(vec![
        r#"{"jsonrpc":"2.0","id":1,"error":{"code":-32000,"message":"m","data":{"class":"busy","what":"w"}}}"#,
        r#"{"jsonrpc":"2.0","method":"event","params":{"seq":1,"at":"2026-01-02T03:04:05Z","event":"output","line":"x"}}"#,
        r#"{"jsonrpc":"2.0","method":"dropped","params":{"count":7}}"#,
        r#"{"jsonrpc":"2.0","id":1,"result":{"a":[1,2]}}"#,
    ]);
    let harm = (any::<prop::sample::Index>(), any::<prop::sample::Index>(), "[\\[\\]{}\",:0a\u{1b}]{0,3}");
    let line = prop_oneof![
        any::<String>(),
        json(),
        (error, harm).prop_map(|(line, (from, to, patch))| {
            let (from, to) = (from.index(line.len()), to.index(line.len()));
            format!("{}{patch}{}", &line[..from.min(to)], &line[from.max(to)..])
        }),
    ];
    hold(&line, |line| {
        if let Heard::Answer(_, Err(failure)) | Heard::Failed(failure) = codec::heard(&line) {
            prop_assert!(!failure.to_string().chars().any(char::is_control), "{:?}", failure);
        }
        Ok(())
    });
}
