//! HTTP for threads outside the runtime: one GET, every limit on it, a typed answer.
//!
//! The request runs on a runtime whose thread sits in `block_on` for the life of the process; the
//! calling thread waits on a channel, so a blocked caller never blocks signals, sockets or the watchdog.
//! The process' environment is not read: proxies and roots are what [`Options`] say (and the system's
//! store of roots, which may itself be moved by `SSL_CERT_FILE`).

mod client;
mod error;
mod exchange;
mod headers;
pub mod netrc;

use std::path::PathBuf;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

pub use error::{Fault, HttpError, Phase};
pub use headers::Validators;
pub use reqwest::Url;

use exchange::{Pieces, Said};

/// What takes a body piece by piece, with the announced length of the whole; `false` ends it.
pub type Take<'a> = &'a mut dyn FnMut(&[u8], Option<u64>) -> bool;

/// How often a waiting caller looks whether it should still wait. Most answers arrive before the first look.
const LOOK: Duration = Duration::from_millis(50);
/// What the runtime gets beyond the limit before the caller gives up on the runtime itself.
const SLACK: Duration = Duration::from_secs(1);

/// How to reach servers.
#[derive(Clone, Default)]
pub struct Options {
    /// More roots to trust, a PEM file.
    pub ca_file: Option<PathBuf>,
    /// The proxy for `http://`; may hold a password.
    pub http_proxy: Option<String>,
    /// The proxy for `https://`; may hold a password.
    pub https_proxy: Option<String>,
    /// Hosts that are reached without a proxy, separated by commas. Loopback always is.
    pub no_proxy: Option<String>,
    /// How we introduce ourselves.
    pub user_agent: String,
    /// What one GET may take, where the request does not say.
    pub limits: Limits,
}

/// What one GET may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Until the connection stands, TLS included.
    pub connect: Duration,
    /// From there until the headers are here.
    pub first_byte: Duration,
    /// Between two pieces of the body.
    pub idle: Duration,
    /// For everything.
    pub total: Duration,
    /// The longest body in bytes, after decompression.
    pub max_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            first_byte: Duration::from_secs(15),
            idle: Duration::from_secs(30),
            total: Duration::from_secs(600),
            max_bytes: 1 << 20,
        }
    }
}

/// One GET.
#[derive(Clone)]
pub struct Request {
    /// Where.
    pub url: Url,
    /// Send the body only if it is not the one that these belong to.
    pub unless: Validators,
    /// User and password, sent in clear to whoever the URL names: for https only.
    pub auth: Option<(String, String)>,
    /// Whether the body is of interest, or only the status.
    pub wants_body: bool,
    /// What it may take.
    pub limits: Limits,
}

impl Request {
    /// A plain GET of a body within the usual limits.
    pub fn get(url: Url) -> Self {
        Self { url, unless: Validators::default(), auth: None, wants_body: true, limits: Limits::default() }
    }
}

/// What the server said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// The status, as it is: the caller judges it.
    pub status: u16,
    /// By what the body can be recognised next time.
    pub validators: Validators,
    /// How long the server asks us to stay away.
    pub retry_after: Option<Duration>,
    /// The media type without parameters, in lower case.
    pub content_type: Option<String>,
    /// The body, decompressed; empty when it was not wanted.
    pub body: Vec<u8>,
}

/// A client with its connections. Nothing is built before the first request.
pub struct Http {
    handle: tokio::runtime::Handle,
    options: Options,
    client: Mutex<Option<reqwest::Client>>,
}

impl Http {
    /// A client on the runtime of `handle`.
    pub fn new(handle: tokio::runtime::Handle, options: Options) -> Self {
        Self { handle, options, client: Mutex::new(None) }
    }

    /// What one GET may take, where the request does not say.
    pub fn limits(&self) -> Limits {
        self.options.limits
    }

    /// Makes the request and waits for its end, at most as long as its limits say. `cancelled` is asked
    /// about every 50 ms.
    ///
    /// Must not be called on the runtime's own thread, which it would wait for.
    ///
    /// # Errors
    /// When there was no complete answer; any status is an answer.
    pub fn fetch(&self, request: Request, cancelled: &dyn Fn() -> bool) -> Result<Reply, HttpError> {
        self.exchange(request, None, cancelled)
    }

    /// As [`fetch`](Self::fetch), but the body of a 200 is not kept: each piece goes to `take` as it
    /// comes, with the announced length of the whole, on the calling thread. `false`: no more is wanted.
    ///
    /// # Errors
    /// As [`fetch`](Self::fetch); `Cancelled` when `take` wants no more.
    pub fn fetch_into(
        &self,
        request: Request,
        take: Take<'_>,
        cancelled: &dyn Fn() -> bool,
    ) -> Result<Reply, HttpError> {
        self.exchange(request, Some(take), cancelled)
    }

    fn exchange(
        &self,
        request: Request,
        mut take: Option<Take<'_>>,
        cancelled: &dyn Fn() -> bool,
    ) -> Result<Reply, HttpError> {
        if cancelled() {
            return Err(HttpError::new(Fault::Cancelled));
        }
        let client = self.client()?;
        let deadline = Instant::now() + request.limits.total + SLACK;
        let (sender, receiver) = mpsc::channel();
        let pieces = take.is_some().then(|| Pieces::new(sender.clone()));
        let room = pieces.as_ref().map(Pieces::room);
        let task = self.handle.spawn(async move {
            let end = exchange::run(&client, request, pieces).await;
            // Nobody listens any more after a cancellation: nothing is lost.
            let _ = sender.send(Said::End(end));
        });
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let fault = match receiver.recv_timeout(left.min(LOOK)) {
                Ok(Said::End(result)) => return result,
                Ok(Said::Piece(bytes, announced)) => {
                    let goes_on = take.as_mut().is_some_and(|take| take(&bytes, announced));
                    if goes_on && !cancelled() {
                        room.iter().for_each(|room| room.add_permits(1));
                        continue;
                    }
                    Fault::Cancelled
                }
                Err(RecvTimeoutError::Disconnected) => {
                    return Err(HttpError::new(Fault::Other).because("the program is ending"));
                }
                Err(RecvTimeoutError::Timeout) if cancelled() => Fault::Cancelled,
                Err(RecvTimeoutError::Timeout) if left.is_zero() => Fault::Timeout(Phase::Total),
                Err(RecvTimeoutError::Timeout) => continue,
            };
            task.abort();
            return Err(HttpError::new(fault));
        }
    }

    fn client(&self) -> Result<reqwest::Client, HttpError> {
        let mut slot = self.client.lock().unwrap_or_else(PoisonError::into_inner);
        match &*slot {
            Some(client) => Ok(client.clone()),
            None => Ok(slot.insert(client::build(&self.options)?).clone()),
        }
    }
}

/// A URL as it may be shown: without user and password.
pub fn shown(url: &Url) -> String {
    let mut url = url.clone();
    // Both fail only for URLs that cannot have a user.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url.to_string()
}

#[cfg(test)]
pub(crate) mod test_runtime;
#[cfg(test)]
pub(crate) mod test_server;
#[cfg(test)]
mod test_tls;
#[cfg(test)]
mod tests;
