//! Another program on our terminal that shows a text: the user's pager.

use std::process::Stdio;

use tokio::io::AsyncWriteExt as _;
use tokio::process::{Child, Command};

use crate::model::{Class, Failure, Outcome};

/// What is tried where the user has not said.
const USUAL: &str = "less || more";

/// A pager that runs.
pub struct Pager {
    child: Child,
    line: String,
}

/// Starts the pager with `text`; `wanted` is the user's (`$PAGER`). The terminal must have been left, and
/// nobody else may read keys. Within a runtime only.
///
/// # Errors
/// `Internal`: there is no shell to start it.
pub fn show(wanted: Option<&str>, text: String) -> Outcome<Pager> {
    let line = wanted.filter(|wanted| !wanted.trim().is_empty()).unwrap_or(USUAL).to_owned();
    let mut child = shell(&line).stdin(Stdio::piped()).kill_on_drop(true).spawn().map_err(|error| {
        Failure::new(Class::Internal, format!("cannot start the pager `{line}`")).because(&error)
    })?;
    if let Some(mut input) = child.stdin.take() {
        // A pager that is left early does not read to the end.
        tokio::spawn(async move { drop(input.write_all(text.as_bytes()).await) });
    }
    Ok(Pager { child, line })
}

impl Pager {
    /// Waits for its end. May be dropped and called again.
    ///
    /// # Errors
    /// `Internal`: it could not run.
    pub async fn ended(&mut self) -> Outcome<()> {
        let failure = |line: &str| {
            Failure::new(Class::Internal, format!("the pager `{line}` failed"))
                .hint("set PAGER to a program that shows what it reads")
        };
        match self.child.wait().await {
            Ok(status) if status.code().is_some_and(|code| code == 126 || code == 127) => {
                Err(failure(&self.line).cause("it is not there or cannot be run"))
            }
            Ok(_) => Ok(()),
            Err(error) => Err(failure(&self.line).because(&error)),
        }
    }
}

#[cfg(unix)]
fn shell(line: &str) -> Command {
    let mut command = Command::new("/bin/sh");
    command.args(["-c", line]);
    command
}

#[cfg(not(unix))]
fn shell(line: &str) -> Command {
    let mut command = Command::new("cmd");
    command.args(["/C", line]);
    command
}
