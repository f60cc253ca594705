//! This program started again as somebody else: a client or a service, told what to do by its arguments.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use sentinel_updater::control::protocol::{Pause, Subscribe};
use sentinel_updater::control::{Access, Client, Listener, Request, serve};
use sentinel_updater::model::Failure;

use crate::fake::Fake;
use crate::house::{DEADLINE, runtime};
use crate::raw::Raw;

/// The first argument of a child.
const CHILD: &str = "--child";
/// A user without a name.
pub(crate) const STRANGER: u32 = 12_345;

/// Does what a child is there for, if this process is one.
pub(crate) fn play() -> bool {
    let args: Vec<String> = std::env::args().collect();
    let [_, child, part, socket, rest @ ..] = args.as_slice() else { return false };
    if child != CHILD {
        return false;
    }
    let socket = PathBuf::from(socket);
    let work = async {
        match part.as_str() {
            "ask" => ask(&socket, &rest[0]).await,
            "listen" => listen(&socket).await,
            "crowd" => crowd(&socket, rest[0].parse().expect("a number")).await,
            "serve" => serve_until_the_end(&socket).await,
            other => panic!("no part {other}"),
        }
    };
    runtime().block_on(async { tokio::time::timeout(DEADLINE, work).await.expect("in time") });
    true
}

/// The parent waits for it.
fn say(line: &str) {
    println!("{line}");
    std::io::stdout().flush().expect("written");
}

fn shown(failure: &Failure) -> String {
    format!("{:?}: {failure}", failure.class)
}

async fn ask(socket: &Path, method: &str) {
    let request = match method {
        "status" => Request::Status,
        "pause" => Request::Pause(Pause::default()),
        other => panic!("no request {other}"),
    };
    let answer = match Client::connect(socket, "1.0.0").await {
        Ok(talk) => talk.client.send(&request).await,
        Err(failure) => return say(&format!("not let in: {}", shown(&failure))),
    };
    match answer {
        Ok(answer) => say(&format!("answer {answer}")),
        Err(failure) => say(&format!("refused {}", shown(&failure))),
    }
}

async fn listen(socket: &Path) {
    let mut talk = Client::connect(socket, "1.0.0").await.expect("let in");
    talk.client.send(&Request::Subscribe(Subscribe::default())).await.expect("subscribed");
    say(&format!("in as {:?}", talk.welcome.role));
    loop {
        if let Err(failure) = talk.notices.next().await {
            return say(&format!("closed {}", shown(&failure)));
        }
    }
}

async fn crowd(socket: &Path, count: usize) {
    let mut all = Vec::new();
    for at in 0..count {
        let mut raw = Raw::connect(socket).await;
        raw.line(r#"{"jsonrpc":"2.0","id":1,"method":"hello"}"#).await;
        let answer = raw.hear().await.expect("an answer");
        if answer.get("error").is_some() {
            return say(&format!("{at} let in, then {}", answer["error"]["message"]));
        }
        all.push(raw);
    }
    say(&format!("{count} let in"));
}

async fn serve_until_the_end(socket: &Path) {
    let (listener, _) = Listener::bind(socket, &Access::default()).expect("bound");
    say("ready");
    serve(listener, Fake::new(), std::future::pending()).await.expect("served");
}

/// A program that other users can start, in a folder that they can enter.
pub(crate) struct Program {
    folder: tempfile::TempDir,
}

impl Program {
    pub(crate) fn new() -> Self {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::set_permissions(folder.path(), PermissionsExt::from_mode(0o755)).expect("mode");
        let program = folder.path().join("program");
        std::fs::copy(std::env::current_exe().expect("this program"), &program).expect("copied");
        std::fs::set_permissions(&program, PermissionsExt::from_mode(0o755)).expect("mode");
        Self { folder }
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Starts `part` as `user` (and group) with these supplementary groups; `None`: as this user.
    pub(crate) fn start(
        &self,
        user: Option<(u32, &str)>,
        part: &str,
        socket: &Path,
        rest: &[&str],
    ) -> Running {
        let program = self.folder.path().join("program");
        let mut command = match user {
            None => Command::new(program),
            Some((uid, groups)) => {
                let mut command = Command::new("setpriv");
                command.args([format!("--reuid={uid}"), format!("--regid={uid}")]);
                match groups {
                    "" => command.arg("--clear-groups"),
                    groups => command.arg(format!("--groups={groups}")),
                };
                command.arg(program);
                command
            }
        };
        command.args([CHILD, part]).arg(socket).args(rest);
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().expect("started");
        let out = BufReader::new(child.stdout.take().expect("piped"));
        Running { child, out }
    }

    /// All that `part` says.
    pub(crate) fn said(&self, user: Option<(u32, &str)>, part: &str, socket: &Path, rest: &[&str]) -> String {
        let mut running = self.start(user, part, socket, rest);
        let mut said = String::new();
        running.out.read_to_string(&mut said).expect("read");
        said.trim_end().to_owned()
    }
}

/// A child, killed when dropped.
pub(crate) struct Running {
    child: Child,
    out: BufReader<std::process::ChildStdout>,
}

impl Running {
    /// The next line that it says.
    pub(crate) fn line(&mut self) -> String {
        let mut line = String::new();
        self.out.read_line(&mut line).expect("read");
        line.trim_end().to_owned()
    }

    pub(crate) fn kill(&mut self) {
        self.child.kill().expect("killed");
        self.child.wait().expect("ended");
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
