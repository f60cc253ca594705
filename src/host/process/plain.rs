//! Children where there is neither `poll` nor process groups: a thread reads each output, and only the
//! child itself can be ended. A guard is not used.

use std::fs::File;
use std::io::{Read, Write};
use std::process::{Command as StdCommand, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use super::{Cancel, Command, Ended, Exit, Stop, Stream, Take, start_failure};
use crate::model::{Failure, Outcome};

/// How often the child and the cancellation are looked at.
const SLICE: Duration = Duration::from_millis(20);

pub(super) fn run(command: &Command, timeout: Duration, cancel: &Cancel, take: Take<'_>) -> Outcome<Exit> {
    let started = Instant::now();
    let fail = |error: std::io::Error| start_failure(&command.program, &error);
    let stdin = match (&command.input, &command.stdin) {
        (Some(_), _) => Stdio::piped(),
        (None, Some(path)) => {
            Stdio::from(File::open(path).map_err(|error| Failure::io("open", path, &error))?)
        }
        (None, None) => Stdio::null(),
    };
    let mut child = StdCommand::new(&command.program);
    child.args(&command.args).env_clear().envs(&command.env);
    child.stdin(stdin).stdout(Stdio::piped()).stderr(Stdio::piped());
    if let Some(directory) = &command.cwd {
        child.current_dir(directory);
    }
    let mut child = child.spawn().map_err(fail)?;

    if let (Some(mut pipe), Some(bytes)) = (child.stdin.take(), command.input.clone()) {
        // One who does not read keeps nobody waiting but this thread, which ends with the child.
        thread::spawn(move || drop(pipe.write_all(&bytes)));
    }
    let (sender, receiver) = mpsc::sync_channel(16);
    if let Some(out) = child.stdout.take() {
        forward(out, Stream::Out, sender.clone());
    }
    if let Some(err) = child.stderr.take() {
        forward(err, Stream::Err, sender);
    }
    let mut stop = None;
    loop {
        match receiver.recv_timeout(SLICE) {
            Ok((stream, bytes)) => take(stream, bytes.as_deref()),
            Err(RecvTimeoutError::Disconnected) => thread::sleep(SLICE),
            Err(RecvTimeoutError::Timeout) => {}
        }
        if stop.is_none() {
            if cancel.is_cancelled() {
                stop = Some(Stop::Cancelled);
            } else if started.elapsed() >= timeout {
                stop = Some(Stop::TimedOut);
            }
            if stop.is_some() {
                child.kill().map_err(fail)?;
            }
        }
        if let Some(status) = child.try_wait().map_err(fail)? {
            // What is left in the pipes; a grandchild that holds them open is not waited for.
            while let Ok((stream, bytes)) = receiver.recv_timeout(5 * SLICE) {
                take(stream, bytes.as_deref());
            }
            return match stop {
                Some(stop) => Err(stop.failure(command, timeout)),
                None => Ok(Exit {
                    ended: Ended::Code(status.code().unwrap_or(-1)),
                    out_of_memory: false,
                    elapsed: started.elapsed(),
                }),
            };
        }
    }
}

type Chunk = (Stream, Option<Vec<u8>>);

fn forward(mut from: impl Read + Send + 'static, stream: Stream, to: mpsc::SyncSender<Chunk>) {
    thread::spawn(move || {
        let mut buffer = vec![0; 64 * 1024];
        while let Ok(length @ 1..) = from.read(&mut buffer) {
            if to.send((stream, Some(buffer[..length].to_vec()))).is_err() {
                return;
            }
        }
        // Nobody listens any more when this fails.
        let _ = to.send((stream, None));
    });
}
