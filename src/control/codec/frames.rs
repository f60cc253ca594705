//! Lines out of a stream of bytes.

use std::io;

use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio_util::bytes::BytesMut;
use tokio_util::codec::{Decoder as _, LinesCodec, LinesCodecError};

/// What a stream is read in at least.
const PIECE: usize = 4 * 1024;

/// Bytes that were read and are not lines yet.
pub(crate) struct Frames {
    codec: LinesCodec,
    bytes: BytesMut,
}

/// A line, or what it is instead.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Frame {
    /// A line without its end.
    Line(String),
    /// It is longer than allowed. What is left of it is skipped; the next line is read as usual.
    TooLong,
    /// It is not UTF-8.
    NotText,
}

impl Frames {
    /// Lines up to `limit` bytes.
    pub(crate) fn new(limit: usize) -> Self {
        Self { codec: LinesCodec::new_with_max_length(limit), bytes: BytesMut::new() }
    }

    /// The next line that is whole. Empty lines are none.
    pub(crate) fn next(&mut self) -> Option<Frame> {
        loop {
            match self.codec.decode(&mut self.bytes) {
                Ok(None) => return None,
                Ok(Some(line)) if line.trim().is_empty() => {}
                Ok(Some(line)) => return Some(Frame::Line(line)),
                Err(LinesCodecError::MaxLineLengthExceeded) => return Some(Frame::TooLong),
                // The codec does no input or output: it means the text.
                Err(LinesCodecError::Io(_)) => return Some(Frame::NotText),
            }
        }
    }

    /// Reads more; 0: the stream has ended. May be dropped: nothing is lost.
    pub(crate) async fn fill(&mut self, stream: &mut (impl AsyncRead + Unpin)) -> io::Result<usize> {
        self.bytes.reserve(PIECE);
        stream.read_buf(&mut self.bytes).await
    }
}
