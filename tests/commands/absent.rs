//! No service, or none for us: what is said, and what to type next.

use std::fs;
use std::io::{Read as _, Write as _};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::Command;

use super::host::{Host, LONG, PROGRAM};
use super::kit::child;
use super::kit::trials::{self, Test, tests};

pub(crate) fn tests() -> Vec<Test> {
    tests![
        a_missing_or_stale_socket_is_named_with_what_to_type,
        who_answers_nonsense_is_no_service,
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

/// Serves `answer` to everybody, whatever is asked.
fn serve(socket: &Path, answer: &'static str) {
    fs::create_dir_all(socket.parent().expect("a folder")).expect("a directory");
    let listener = UnixListener::bind(socket).expect("a socket");
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.expect("a client");
            let mut some = [0; 64];
            // It may be gone already.
            let _ = stream.read(&mut some);
            let _ = stream.write_all(answer.as_bytes());
        }
    });
}

fn who_answers_nonsense_is_no_service() {
    let host = Host::quiet();
    serve(&host.socket(), "\u{1b}[31mHTTP/1.1 400 Bad Request\u{1b}[0m\n\n{]\n");
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

fn who_speaks_another_protocol_is_told_of() {
    let host = Host::quiet();
    serve(
        &host.socket(),
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"protocol\":99,\"program\":\"7.0.0\",\"epoch\":\"e\",\"role\":\"operator\"}}\n",
    );
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
