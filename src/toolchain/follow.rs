//! Follows a running program: its lines as they come, and a tick when none comes.

use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use crate::model::{Class, Failure, Outcome};
use crate::ports::{Cancel, Exit, Program, Runner, Stream};

/// How often there is a tick while a program is silent.
const TICK: Duration = Duration::from_millis(100);
/// Lines that may wait. A slow reader slows the program, it does not fill our memory.
const WAITING: usize = 256;

/// Takes each line with its stream; `None` is a tick.
pub(super) type OnLine<'a> = &'a mut dyn FnMut(Option<(Stream, &str)>);

/// Runs `program` and hands over each line; `None` is a tick. Without ticks the last news before a long
/// silence would be held back by the pace of reports until the silence ends.
///
/// # Errors
/// The runner's.
pub(super) fn run(
    runner: &mut dyn Runner,
    program: &Program,
    cancel: &Cancel,
    on_line: OnLine<'_>,
) -> Outcome<Exit> {
    thread::scope(|scope| {
        let (sender, lines) = mpsc::sync_channel::<(Stream, String)>(WAITING);
        let running = scope.spawn(move || {
            runner.run(program, cancel, &mut |stream, line| {
                // The other end lives as long as this.
                let _ = sender.send((stream, line.to_owned()));
            })
        });
        let mut fresh = false;
        loop {
            match lines.recv_timeout(TICK) {
                Ok((stream, line)) => {
                    on_line(Some((stream, &line)));
                    fresh = true;
                }
                Err(RecvTimeoutError::Timeout) if fresh => {
                    on_line(None);
                    fresh = false;
                }
                Err(RecvTimeoutError::Timeout) => {
                    // Nothing can change any more until the next line: no need to wake up for nothing.
                    match lines.recv() {
                        Ok((stream, line)) => on_line(Some((stream, &line))),
                        Err(_) => break,
                    }
                    fresh = true;
                }
                Err(RecvTimeoutError::Disconnected) => break,
            }
        }
        running
            .join()
            .unwrap_or_else(|_| Err(Failure::new(Class::Internal, "the runner of a build panicked")))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ports::Limits;

    /// Prints, is silent until it is heard, and prints again.
    struct Silent(mpsc::Receiver<()>);

    impl Runner for Silent {
        fn run(&mut self, _: &Program, _: &Cancel, on_line: &mut dyn FnMut(Stream, &str)) -> Outcome<Exit> {
            on_line(Stream::Out, "one");
            self.0.recv().expect("a tick came");
            on_line(Stream::Err, "two");
            Ok(Exit { code: Some(0), signal: None, out_of_memory: false })
        }
    }

    #[test]
    fn silence_ticks() {
        let (heard, silent) = mpsc::channel();
        let program = Program {
            executable: "/x".into(),
            args: Vec::new(),
            env: Vec::new(),
            directory: "/".into(),
            stdin: None,
            limits: Limits { timeout: Duration::from_secs(60), memory_max: None, offline: false, user: None },
        };
        let mut seen = Vec::new();
        let exit = run(&mut Silent(silent), &program, &Cancel::new(), &mut |line| {
            seen.push(line.map(|(_, text)| text.to_owned()));
            if line.is_none() {
                let _ = heard.send(());
            }
        });
        assert!(exit.expect("ran").success());
        assert_eq!(seen[..3], [Some("one".to_owned()), None, Some("two".to_owned())]);
    }
}
