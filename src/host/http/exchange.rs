//! One exchange: headers, then the body piece by piece, each under its limit.

use reqwest::Client;
use reqwest::header::CONTENT_LENGTH;
use tokio::time::timeout;

use super::{Fault, HttpError, Limits, Phase, Reply, Request, Validators, headers};

/// Bodies are read into a buffer that starts at what the server announces, but not beyond this.
const FIRST_BUFFER: u64 = 64 * 1024;

pub(super) async fn run(client: &Client, request: Request) -> Result<Reply, HttpError> {
    let total = request.limits.total;
    timeout(total, exchange(client, request))
        .await
        .unwrap_or(Err(HttpError::new(Fault::Timeout(Phase::Total))))
}

async fn exchange(client: &Client, request: Request) -> Result<Reply, HttpError> {
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
        reply.body = body(response, limits).await?;
    }
    Ok(reply)
}

async fn body(mut response: reqwest::Response, limits: Limits) -> Result<Vec<u8>, HttpError> {
    let too_large = || HttpError::new(Fault::TooLarge(limits.max_bytes));
    // Absent when the body is compressed: only what comes out of it counts.
    let announced =
        response.headers().get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    let announced: u64 = announced.unwrap_or(0);
    if announced > limits.max_bytes {
        return Err(too_large());
    }
    let mut body = Vec::with_capacity(announced.min(FIRST_BUFFER) as usize);
    loop {
        let piece = timeout(limits.idle, response.chunk())
            .await
            .map_err(|_| HttpError::new(Fault::Timeout(Phase::Idle)))?
            .map_err(|error| HttpError::new(Fault::Truncated(body.len() as u64)).because_of(error))?;
        let Some(piece) = piece else { return Ok(body) };
        if (body.len() + piece.len()) as u64 > limits.max_bytes {
            return Err(too_large());
        }
        body.extend_from_slice(&piece);
    }
}
