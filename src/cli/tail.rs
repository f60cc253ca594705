//! `logs` over the socket: the end of a log as the service reads it, and what comes after it.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::sleep;

use super::args::{Log, Logs};
use super::console::{Console, Stop};
use super::exit::Exit;
use super::service::{Link, Service, may_pass};
use super::{Call, Ended};
use crate::control::protocol::{self, LogTail};
use crate::control::{Notice, Request};
use crate::host::signals::Signals;
use crate::model::Failure;

/// Between two tries to reach the service again.
const PAUSE: Duration = Duration::from_secs(1);
/// How many lines are asked for after a gap, to find where we were.
const GAP: usize = 1_000;
/// How many of the last lines are remembered for that.
const REMEMBERED: usize = 20;

/// Prints the end of a log, and goes on with it if asked to, until Ctrl-C.
pub(super) fn run(call: &Call<'_>, service: Service, request: &Logs) -> Ended {
    let (runtime, link) = service.into_parts();
    let mut printer = Printer { console: call.console, last: VecDeque::new() };
    let ended = runtime.block_on(async {
        let tail: LogTail = link.ask(asked(request, request.lines)).await?;
        if tail.source.is_none() {
            call.console.talk(nothing_yet(request.log));
        }
        printer.print(&tail.lines)?;
        if !request.follow {
            return Ok(());
        }
        let mut signals = Signals::listen();
        tokio::select! {
            ended = printer.follow(link, request) => ended,
            // It is how a look ends.
            _ = signals.next() => Ok(()),
        }
    });
    runtime.shutdown_background();
    ended.map(|()| Exit::Done)
}

fn asked(request: &Logs, lines: usize) -> Request {
    Request::Logs(protocol::Logs { log: request.log.into(), lines, follow: request.follow })
}

/// What is said of a log that is not there.
pub(super) fn nothing_yet(log: Log) -> &'static str {
    match log {
        Log::Updater => "the updater has written nothing yet",
        Log::Agent => "the agent has written nothing yet",
        Log::Build => "nothing has been built yet",
    }
}

struct Printer<'a> {
    console: &'a Console,
    /// The last lines that were printed.
    last: VecDeque<String>,
}

impl Printer<'_> {
    fn print(&mut self, lines: &[String]) -> Result<(), Stop> {
        self.console.lines(lines)?;
        self.last.extend(lines.iter().skip(lines.len().saturating_sub(REMEMBERED)).cloned());
        self.last.drain(..self.last.len().saturating_sub(REMEMBERED));
        Ok(())
    }

    /// Never ends well.
    async fn follow(&mut self, mut link: Link, request: &Logs) -> Result<(), Stop> {
        loop {
            match link.next().await {
                Ok(Notice::Log(log)) => self.print(&log.lines)?,
                Ok(Notice::Dropped(dropped)) => {
                    self.console.talk(&format!(
                        "… {} times lines are missing here: they came too fast",
                        dropped.count
                    ));
                }
                Ok(Notice::Event(_) | Notice::Resync(_)) => {}
                Err(failure) => {
                    let why = failure.line();
                    self.console.talk(&format!(
                        "the connection to the service is lost ({why}); trying to reach it again"
                    ));
                    link = self.again(&link, request).await?;
                }
            }
        }
    }

    /// Reaches the service again and prints what was missed.
    async fn again(&mut self, link: &Link, request: &Logs) -> Result<Link, Stop> {
        loop {
            let attempt = async {
                let link = link.again().await?;
                let tail: LogTail = link.ask(asked(request, GAP)).await?;
                Ok::<_, Failure>((link, tail))
            };
            match attempt.await {
                Ok((link, tail)) => {
                    let new = after(self.last.make_contiguous(), &tail.lines).to_vec();
                    self.print(&new)?;
                    return Ok(link);
                }
                Err(failure) if may_pass(&failure) => sleep(PAUSE).await,
                Err(failure) => return Err(failure.into()),
            }
        }
    }
}

/// The lines of `tail` after those that end with `last`; all of them, if these are not there any more.
fn after<'a>(last: &[String], tail: &'a [String]) -> &'a [String] {
    let is_where_we_were = |end: &usize| {
        let common = last.len().min(*end);
        common > 0 && last[last.len() - common..] == tail[end - common..*end]
    };
    let end = (1..=tail.len()).rev().find(is_where_we_were).unwrap_or(0);
    &tail[end..]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn after_a_gap_no_line_comes_twice() {
        let lines = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        for (last, tail, new) in [
            ("a b c", "x a b c d e", "d e"),
            ("a b c", "b c d", "d"),
            ("a b c", "a b c", ""),
            ("a b c", "x y", "x y"),
            ("", "x y", "x y"),
            ("a a", "a a a", ""),
            ("a b", "", ""),
        ] {
            let (last, tail) = (lines(last), lines(tail));
            assert_eq!(after(&last, &tail), lines(new), "{last:?} {tail:?}");
        }
    }
}
