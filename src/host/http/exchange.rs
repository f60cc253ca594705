//! One exchange: headers, then the body piece by piece, each under its limit.

use std::sync::Arc;
use std::sync::mpsc::Sender;

use reqwest::Client;
use reqwest::header::CONTENT_LENGTH;
use tokio::sync::Semaphore;
use tokio::time::timeout;

use super::{Fault, HttpError, Limits, Phase, Reply, Request, Validators, headers};

/// Bodies are read into a buffer that starts at what the server announces, but not beyond this.
const FIRST_BUFFER: u64 = 64 * 1024;
/// How many pieces may wait for a caller that is slower than the network. One is some hundred KiB at most.
const AHEAD: usize = 8;

/// What the waiting caller is told.
pub(super) enum Said {
    /// A piece of the body, and the announced length of the whole.
    Piece(Vec<u8>, Option<u64>),
    /// The end.
    End(Result<Reply, HttpError>),
}

/// Where a body goes piece by piece, never more of them than there is room for.
pub(super) struct Pieces {
    sender: Sender<Said>,
    room: Arc<Semaphore>,
}

impl Pieces {
    pub(super) fn new(sender: Sender<Said>) -> Self {
        Self { sender, room: Arc::new(Semaphore::new(AHEAD)) }
    }

    /// To be given a permit for each piece that was taken.
    pub(super) fn room(&self) -> Arc<Semaphore> {
        self.room.clone()
    }

    async fn send(&self, piece: &[u8], announced: Option<u64>) {
        if let Ok(permit) = self.room.acquire().await {
            permit.forget();
        }
        // Nobody listens any more after a cancellation: the task is about to be aborted.
        let _ = self.sender.send(Said::Piece(piece.to_vec(), announced));
    }
}

pub(super) async fn run(
    client: &Client,
    request: Request,
    pieces: Option<Pieces>,
) -> Result<Reply, HttpError> {
    let total = request.limits.total;
    timeout(total, exchange(client, request, pieces))
        .await
        .unwrap_or(Err(HttpError::new(Fault::Timeout(Phase::Total))))
}

async fn exchange(client: &Client, request: Request, pieces: Option<Pieces>) -> Result<Reply, HttpError> {
    let mut builder = client.get(request.url);
    if let Some((name, value)) = request.unless.conditions() {
        builder = builder.header(name, value);
    }
    if let Some((user, password)) = &request.auth {
        builder = builder.basic_auth(user, Some(password));
    }
    let limits = request.limits;
    // The client ends an attempt to connect by itself, so what remains is the wait for the headers.
    let response = timeout(limits.connect + limits.first_byte, builder.send())
        .await
        .map_err(|_| HttpError::new(Fault::Timeout(Phase::FirstByte)))?
        .map_err(HttpError::before_headers)?;
    let map = response.headers();
    let mut reply = Reply {
        status: response.status().as_u16(),
        validators: Validators::of(map),
        retry_after: headers::retry_after(map, jiff::Timestamp::now()),
        content_type: headers::content_type(map),
        body: Vec::new(),
    };
    if request.wants_body {
        // Only what was asked for is passed on: the words of a refusal are for the caller to read.
        reply.body = body(response, limits, pieces.filter(|_| reply.status == 200)).await?;
    }
    Ok(reply)
}

async fn body(
    mut response: reqwest::Response,
    limits: Limits,
    pieces: Option<Pieces>,
) -> Result<Vec<u8>, HttpError> {
    let too_large = || HttpError::new(Fault::TooLarge(limits.max_bytes));
    // Absent when the body is compressed: only what comes out of it counts.
    let announced: Option<u64> =
        response.headers().get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    if announced.is_some_and(|announced| announced > limits.max_bytes) {
        return Err(too_large());
    }
    let first = if pieces.is_some() { 0 } else { announced.unwrap_or(0).min(FIRST_BUFFER) };
    let mut body = Vec::with_capacity(usize::try_from(first).unwrap_or(0));
    let mut length: u64 = 0;
    loop {
        let piece = timeout(limits.idle, response.chunk())
            .await
            .map_err(|_| HttpError::new(Fault::Timeout(Phase::Idle)))?
            .map_err(|error| HttpError::new(Fault::Truncated(length)).because_of(error))?;
        let Some(piece) = piece else { return Ok(body) };
        length += piece.len() as u64;
        if length > limits.max_bytes {
            return Err(too_large());
        }
        match &pieces {
            Some(pieces) => pieces.send(&piece, announced).await,
            None => body.extend_from_slice(&piece),
        }
    }
}
