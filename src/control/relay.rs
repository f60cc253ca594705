//! The socket carried on over any other pair of streams: what a client at the far end of a remote shell
//! speaks to.

use std::io;
use std::path::Path;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::sync::mpsc::Receiver;

use super::endpoint;
use crate::model::Outcome;

/// Connects to the service at `socket` and carries bytes both ways until either side ends. `input` is what
/// the client says, in pieces; `output` takes what the service says, and may block: nothing else waits for it.
///
/// # Errors
/// As [`Client::connect`](super::Client::connect) when the service is not there; what breaks later is an end.
pub async fn relay(
    socket: &Path,
    mut input: Receiver<Vec<u8>>,
    mut output: impl FnMut(&[u8]) -> io::Result<()>,
) -> Outcome<()> {
    let stream = endpoint::dial(socket).await?;
    let (mut reader, mut writer) = tokio::io::split(stream);
    let mut buffer = vec![0; 64 * 1024];
    loop {
        tokio::select! {
            piece = input.recv() => match piece {
                Some(piece) if writer.write_all(&piece).await.is_ok() => {}
                _ => return Ok(()),
            },
            read = reader.read(&mut buffer) => match read {
                Ok(length @ 1..) if output(&buffer[..length]).is_ok() => {}
                _ => return Ok(()),
            },
        }
    }
}
