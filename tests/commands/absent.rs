//! No service, or none for us: what is said, and what to type next.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::Command;

use sentinel_updater::control::protocol::PROTOCOL;
use sentinel_updater::model::status::Alert;
use sentinel_updater::model::{Status, Timestamp};
use serde_json::json;

use super::host::{Host, LONG};
use super::kit::child;
use super::kit::instance::PROGRAM;
use super::kit::trials::{self, Test, tests};

pub(crate) fn tests() -> Vec<Test> {
    tests![
        a_missing_or_stale_socket_is_named_with_what_to_type,
        who_answers_nonsense_is_no_service,
        what_a_service_says_cannot_steer_the_terminal,
        who_speaks_another_protocol_is_told_of,
        who_may_not_is_told_how_he_might,
    ]
}

/// Commands that need the service, or that it alone can do here, where the agent is its child.
const NEEDY: [&str; 4] = ["cancel", "update", "update --detach", "rollback"];

fn a_missing_or_stale_socket_is_named_with_what_to_type() {
    if !rustix::process::geteuid().is_root() {
        return trials::skip("needs root");
    }
    let host = Host::quiet();
    let socket = host.socket().display().to_string();
    for stale in [false, true] {
        if stale {
            fs::create_dir_all(host.path("run")).expect("a directory");
            drop(UnixListener::bind(host.socket()).expect("a socket"));
        }
        for line in NEEDY.into_iter().chain(["status"]) {
            let answer = host.ask(line);
            assert_eq!(answer.code, Some(4), "{line}: {answer}");
            assert!(answer.stderr.contains(&socket), "{line}: {answer}");
            assert!(answer.stderr.contains("\n  next: start `sentinel-updater run`"), "{line}: {answer}");
        }
        for line in ["history", "versions", "logs", "pause", "resume", "config show"] {
            let answer = host.ask(line);
            assert_eq!(answer.code, Some(0), "it works without: {line}: {answer}");
        }
    }
}

/// Serves `answers` to everybody, one for each thing that is asked, whatever it is.
fn serve(socket: &Path, answers: Vec<String>) {
    fs::create_dir_all(socket.parent().expect("a folder")).expect("a directory");
    let listener = UnixListener::bind(socket).expect("a socket");
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut asked = BufReader::new(stream.expect("a client"));
            for answer in &answers {
                // It may be gone already.
                let _ = asked.read_line(&mut String::new());
                let _ = asked.get_mut().write_all(answer.as_bytes());
            }
        }
    });
}

fn who_answers_nonsense_is_no_service() {
    let host = Host::quiet();
    serve(&host.socket(), vec!["\u{1b}[31mHTTP/1.1 400 Bad Request\u{1b}[0m\n\n{]\n".into()]);
    for line in ["cancel", "status"] {
        let answer = host.ask(line);
        assert_eq!(answer.code, Some(4), "{line}: {answer}");
        assert!(
            answer.stderr.contains("\n  next: ") && !answer.stderr.contains('\u{1b}'),
            "{line}: {answer}"
        );
    }
    let answer = host.ask("history");
    assert_eq!(answer.code, Some(0), "files are read: {answer}");
}

/// The answer to `hello`.
fn welcome(protocol: u32) -> String {
    let welcome = json!({"protocol": protocol, "program": "7.0.0", "epoch": "e", "role": "operator"});
    format!("{}\n", json!({"jsonrpc": "2.0", "id": 1, "result": welcome}))
}

fn what_a_service_says_cannot_steer_the_terminal() {
    let hostile = "\u{1b}]0;title\u{7}so\u{1b}[2J\u{9b}31m\u{202e}tfos\u{2066}\u{85}";
    let mut status = Status::default();
    status.alerts.push(Alert { id: "a".into(), text: hostile.into(), since: Timestamp::UNIX_EPOCH });
    status.agent.service = hostile.into();
    let answer = format!("{}\n", json!({"jsonrpc": "2.0", "id": 2, "result": status}));
    let host = Host::quiet();
    serve(&host.socket(), vec![welcome(PROTOCOL), answer]);
    for line in ["status", "status --json"] {
        let answer = host.ask(line);
        assert_eq!(answer.code, Some(0), "{answer}");
        assert!(answer.stdout.contains("sotfos"), "{answer}");
        let odd = |symbol: char| {
            symbol != '\n' && symbol.is_control()
                || matches!(symbol, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
        };
        assert_eq!(answer.stdout.find(odd), None, "{:?}", answer.stdout);
        assert!(!answer.stdout.contains("u001b"), "{answer}");
    }
}

fn who_speaks_another_protocol_is_told_of() {
    let host = Host::quiet();
    serve(&host.socket(), vec![welcome(99)]);
    for line in ["cancel", "status", "history", "update", "pause"] {
        let answer = host.ask(line);
        assert_eq!(answer.code, Some(2), "{line}: {answer}");
        for said in ["7.0.0", "protocol 99", "same version"] {
            assert!(answer.stderr.contains(said), "{line}: {answer}");
        }
    }
}

fn who_may_not_is_told_how_he_might() {
    let setpriv = ["/usr/bin/setpriv", "/bin/setpriv"].into_iter().find(|path| Path::new(path).exists());
    let (true, Some(setpriv)) = (rustix::process::geteuid().is_root(), setpriv) else {
        return trials::skip("needs root and setpriv");
    };
    let host = Host::running();
    // The test's own program may lie where only its owner looks.
    let program = host.path("program");
    fs::copy(PROGRAM, &program).expect("copied");
    fs::set_permissions(host.path(""), PermissionsExt::from_mode(0o755)).expect("a mode");
    for line in
        ["status", "cancel", "update", "pause", "history", "versions", "hold v1.0.0", "status --watch"]
    {
        let mut command = Command::new(setpriv);
        command.args(["--reuid", "65534", "--regid", "65534", "--clear-groups"]).arg(&program);
        command.arg("--config").arg(host.path("updater.toml")).args(line.split_whitespace());
        let answer = child::run(command, LONG).expect("it ends");
        assert_eq!(answer.code, Some(5), "{line}: {answer}");
        assert!(answer.stderr.contains("\n  next: use sudo"), "{line}: {answer}");
    }
}
