//! What is to be written to a client, and how long it may take to read.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncWrite, AsyncWriteExt as _};
use tokio::time::Instant;
use tokio_util::bytes::{Buf as _, BytesMut};

/// The longest that a client may read nothing at all.
const PATIENCE: Duration = Duration::from_secs(5);
/// No more lines are taken from a queue while so many bytes wait. A single answer may be longer.
const BATCH: usize = 64 * 1024;

/// Lines on their way.
#[derive(Debug)]
pub(super) struct Outbox {
    bytes: BytesMut,
    /// When the client is given up.
    until: Instant,
}

impl Outbox {
    /// An empty one.
    pub(super) fn new(now: Instant) -> Self {
        Self { bytes: BytesMut::new(), until: now }
    }

    /// Adds a line.
    pub(super) fn push(&mut self, line: &str) {
        if self.bytes.is_empty() {
            self.until = Instant::now() + PATIENCE;
        }
        self.bytes.reserve(line.len() + 1);
        self.bytes.extend_from_slice(line.as_bytes());
        self.bytes.extend_from_slice(b"\n");
    }

    pub(super) fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    pub(super) fn is_full(&self) -> bool {
        self.bytes.len() >= BATCH
    }

    /// Writes some of it. May be dropped and called again.
    ///
    /// # Errors
    /// `TimedOut` when the client reads nothing; the system's otherwise.
    pub(super) async fn write(&mut self, stream: &mut (impl AsyncWrite + Unpin)) -> io::Result<()> {
        let written = tokio::time::timeout_at(self.until, stream.write(&self.bytes)).await??;
        if written == 0 {
            return Err(io::ErrorKind::WriteZero.into());
        }
        self.bytes.advance(written);
        self.until = Instant::now() + PATIENCE;
        if self.bytes.is_empty() && written >= BATCH {
            // What a long answer needed is not kept for the life of the connection.
            self.bytes = BytesMut::new();
        }
        Ok(())
    }
}
