//! A program on another machine, over the user's own `ssh`: its standard input and output are ours.

use std::ffi::OsString;
use std::process::Stdio;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::AsyncReadExt as _;
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

use super::text::{Lines, clean};
use crate::model::{Class, Failure, Outcome};

/// How long an ssh whose output has ended may take to say why.
const FAREWELL: Duration = Duration::from_secs(2);

/// Where and what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ssh {
    host: String,
    command: String,
}

/// Whether ssh may ask the user for a password or about a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Questions {
    /// It may, on the terminal.
    Asked,
    /// The terminal is in use: whatever needs an answer fails.
    Refused,
}

/// A program that runs there.
#[derive(Debug)]
pub struct Session {
    /// What it writes.
    pub reader: ChildStdout,
    /// What it reads.
    pub writer: ChildStdin,
    /// The process, for its end.
    pub process: Process,
}

/// An ssh that runs. It ends when this is dropped.
#[derive(Debug)]
pub struct Process {
    host: String,
    child: Child,
    /// The last thing that ssh, or the program there, said.
    last: Arc<Mutex<String>>,
}

impl Ssh {
    /// `host` is ssh's destination (`USER@HOST`); `command` are the words that run there.
    ///
    /// # Errors
    /// `Usage` for a destination that ssh would take for an option, or that is none.
    pub fn new(host: &str, command: &[&str]) -> Outcome<Self> {
        if host.is_empty()
            || host.starts_with('-')
            || host.chars().any(|symbol| symbol.is_whitespace() || symbol.is_control())
        {
            let what = format!("`{}` is no destination for ssh", clean(host));
            return Err(
                Failure::new(Class::Usage, what).hint("give USER@HOST, or a name from ssh's configuration")
            );
        }
        let command: Vec<String> = command.iter().map(|word| quoted(word)).collect();
        Ok(Self { host: host.to_owned(), command: command.join(" ") })
    }

    fn args(&self, questions: Questions) -> Vec<OsString> {
        let mut args = vec!["-T", "-o", "ServerAliveInterval=5", "-o", "ConnectTimeout=15"];
        if questions == Questions::Refused {
            args.extend(["-o", "BatchMode=yes"]);
        }
        args.extend(["--", &self.host, &self.command]);
        args.into_iter().map(OsString::from).collect()
    }

    /// Starts it; `said` gets every line of its standard error, cleaned. Within a runtime only.
    ///
    /// # Errors
    /// `Toolchain`: there is no ssh here.
    pub fn start(
        &self,
        questions: Questions,
        mut said: impl FnMut(&str) + Send + 'static,
    ) -> Outcome<Session> {
        let mut child = Command::new("ssh")
            .args(self.args(questions))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| {
                Failure::new(Class::Toolchain, "cannot start `ssh`")
                    .because(&error)
                    .hint("install the OpenSSH client")
            })?;
        let last = Arc::new(Mutex::new(String::new()));
        if let Some(mut errors) = child.stderr.take() {
            let last = last.clone();
            tokio::spawn(async move {
                let mut lines = Lines::default();
                let mut hear = move |line: &str| {
                    said(line);
                    if !line.trim().is_empty() {
                        line.trim().clone_into(&mut last.lock().unwrap_or_else(PoisonError::into_inner));
                    }
                };
                let mut buffer = vec![0; 4096];
                while let Ok(length @ 1..) = errors.read(&mut buffer).await {
                    lines.push(&buffer[..length], &mut hear);
                }
                lines.finish(&mut hear);
            });
        }
        match (child.stdout.take(), child.stdin.take()) {
            (Some(reader), Some(writer)) => {
                Ok(Session { reader, writer, process: Process { host: self.host.clone(), child, last } })
            }
            _ => Err(Failure::new(Class::Internal, "ssh was started without its pipes")),
        }
    }
}

/// How an ssh ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct End {
    /// The destination.
    pub host: String,
    /// The exit code; none: it did not end in time, or by a signal.
    pub code: Option<i32>,
    /// The last thing that ssh, or the program there, said; empty: nothing.
    pub last: String,
}

impl Process {
    /// Its end, which is near: what it writes has ended.
    pub async fn end(mut self) -> End {
        let code = match tokio::time::timeout(FAREWELL, self.child.wait()).await {
            Ok(Ok(status)) => status.code(),
            _ => None,
        };
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner).clone();
        End { host: self.host, code, last }
    }
}

/// A word for the shell on the other side.
fn quoted(word: &str) -> String {
    let plain = |symbol: char| symbol.is_ascii_alphanumeric() || "-_./=:@%+,".contains(symbol);
    match !word.is_empty() && word.chars().all(plain) {
        true => word.to_owned(),
        false => format!("'{}'", word.replace('\'', r"'\''")),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_destination_is_never_an_option() {
        for bad in ["", "-oProxyCommand=x", "a b", "a\nb", "a\u{1b}[m"] {
            assert_eq!(Ssh::new(bad, &["x"]).unwrap_err().class, Class::Usage, "{bad:?}");
        }
        let ssh = Ssh::new("root@host-1", &["sentinel-updater", "--config", "/a b/it's.toml"]).unwrap();
        let args = ssh.args(Questions::Refused);
        let args: Vec<_> = args.iter().map(|arg| arg.to_str().unwrap()).collect();
        assert_eq!(
            args[args.len() - 3..],
            ["--", "root@host-1", r"sentinel-updater --config '/a b/it'\''s.toml'"]
        );
        assert!(args.contains(&"BatchMode=yes"));
        assert!(!ssh.args(Questions::Asked).iter().any(|arg| arg == "BatchMode=yes"));
    }
}
