//! The task behind a connection.

use std::collections::HashMap;
use std::io;
use std::sync::Arc;

use serde_json::Value;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _};
use tokio::sync::{mpsc, oneshot};
use tokio_util::bytes::{Buf as _, BytesMut};

use super::inbox::Inbox;
use crate::control::Request;
use crate::control::codec::{self, Frame, Frames, Heard, Id};
use crate::control::protocol::ANSWER_LIMIT;
use crate::model::{Class, Failure, Outcome};

/// A request, and where its answer goes.
#[derive(Debug)]
pub(super) struct Ask {
    pub(super) request: Request,
    pub(super) answer: oneshot::Sender<Outcome<Value>>,
}

pub(super) struct Driver {
    asks: mpsc::Receiver<Ask>,
    inbox: Arc<Inbox>,
    frames: Frames,
    written: BytesMut,
    waiting: HashMap<u64, oneshot::Sender<Outcome<Value>>>,
    last: u64,
    /// What the service said about the connection itself.
    word: Option<Failure>,
}

enum Happens {
    Asked(Option<Ask>),
    Written(io::Result<usize>),
    Read(io::Result<usize>),
    Room,
}

impl Driver {
    pub(super) fn new(asks: mpsc::Receiver<Ask>, inbox: Arc<Inbox>) -> Self {
        Self {
            asks,
            inbox,
            frames: Frames::new(ANSWER_LIMIT),
            written: BytesMut::new(),
            waiting: HashMap::new(),
            last: 0,
            word: None,
        }
    }

    pub(super) async fn run(
        mut self,
        mut reader: impl AsyncRead + Unpin + Send,
        mut writer: impl AsyncWrite + Unpin + Send,
    ) {
        let reason = self.work(&mut reader, &mut writer).await;
        // The reason is there before anybody can miss an answer.
        self.inbox.close(self.word.take().unwrap_or(reason));
    }

    /// Reads and writes until the connection is over; says why it is.
    async fn work(
        &mut self,
        reader: &mut (impl AsyncRead + Unpin + Send),
        writer: &mut (impl AsyncWrite + Unpin + Send),
    ) -> Failure {
        let mut writes = true;
        loop {
            // An answer may be behind what nobody takes: then reading goes on.
            let full = self.waiting.is_empty() && self.inbox.is_full();
            let unwritten = writes && !self.written.is_empty();
            let happens = tokio::select! {
                asked = self.asks.recv(), if self.written.is_empty() => Happens::Asked(asked),
                written = writer.write(&self.written), if unwritten => Happens::Written(written),
                read = self.frames.fill(reader), if !full => Happens::Read(read),
                () = self.inbox.room(), if full => Happens::Room,
            };
            match happens {
                Happens::Asked(None) => return Failure::new(Class::Cancelled, "the connection was closed"),
                Happens::Asked(Some(ask)) => self.ask(ask),
                Happens::Written(Ok(count)) if count > 0 => self.written.advance(count),
                // Why is what the service said before it closed: it is read until then.
                Happens::Written(_) => writes = false,
                Happens::Read(Ok(count)) if count > 0 => {
                    if let Err(reason) = self.hear() {
                        return reason;
                    }
                }
                Happens::Read(Ok(_)) => return gone(None),
                Happens::Read(Err(error)) => return gone(Some(&error)),
                Happens::Room => {}
            }
            if !writes {
                // Nobody else is heard: what was asked cannot be answered.
                self.asks.close();
            }
        }
    }

    fn ask(&mut self, ask: Ask) {
        self.last += 1;
        let line = codec::request(&Id::number(self.last), &ask.request);
        self.written.extend_from_slice(line.as_bytes());
        self.written.extend_from_slice(b"\n");
        self.waiting.insert(self.last, ask.answer);
    }

    fn hear(&mut self) -> Result<(), Failure> {
        while let Some(frame) = self.frames.next() {
            let line = match frame {
                Frame::Line(line) => line,
                Frame::TooLong => {
                    return Err(Failure::new(Class::Internal, "the service said more than fits into memory")
                        .hint("use the same version of sentinel-updater on both sides"));
                }
                Frame::NotText => continue,
            };
            match codec::heard(&line) {
                Heard::Answer(id, outcome) => {
                    let answer = id.as_number().and_then(|id| self.waiting.remove(&id));
                    // Whoever asked may be gone.
                    drop(answer.map(|answer| answer.send(outcome)));
                }
                Heard::Failed(failure) => self.word = Some(failure),
                Heard::Notice(notice) => self.inbox.push(*notice)?,
                Heard::Unknown => {}
            }
        }
        Ok(())
    }
}

fn gone(error: Option<&io::Error>) -> Failure {
    let failure = Failure::new(Class::Unreachable, "the updater's service closed the connection")
        .hint("see whether it runs: `sentinel-updater status`");
    match error {
        Some(error) => failure.because(error),
        None => failure,
    }
}
