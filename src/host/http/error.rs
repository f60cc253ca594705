//! Why there was no complete answer.

use std::error::Error;
use std::fmt;
use std::io;

use crate::host::text;
use crate::model::{Class, Failure};

/// What went wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The client could not be built from its options.
    Setup,
    /// No connection: name, route, refused.
    Connect,
    /// The server's certificate or the TLS handshake.
    Tls,
    /// A limit on time.
    Timeout(Phase),
    /// Redirects without end, or out of TLS.
    Redirect,
    /// The body is longer than allowed.
    TooLarge(u64),
    /// The connection broke in the middle of the body, after so many bytes.
    Truncated(u64),
    /// The caller lost interest.
    Cancelled,
    /// Anything else, such as an answer that is not HTTP.
    Other,
}

/// Which limit on time was reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// The connection did not stand in time.
    Connect,
    /// The headers did not come in time.
    FirstByte,
    /// The body stood still.
    Idle,
    /// The whole took too long.
    Total,
}

/// A request without a complete answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpError {
    /// What went wrong.
    pub fault: Fault,
    causes: Vec<String>,
}

impl HttpError {
    pub(super) fn new(fault: Fault) -> Self {
        Self { fault, causes: Vec::new() }
    }

    pub(super) fn because(mut self, cause: &str) -> Self {
        self.causes.push(text::clean(cause));
        self
    }

    /// Adds what lies behind reqwest's error; its own sentence and the URL, which may hold a password, stay out.
    pub(super) fn because_of(mut self, error: reqwest::Error) -> Self {
        let error = error.without_url();
        let mut next = error.source();
        while let Some(cause) = next {
            let text = text::clean(&cause.to_string());
            let is_frame = text.starts_with("client error");
            if !is_frame && !self.causes.last().is_some_and(|last| last.ends_with(&text)) {
                self.causes.push(text);
            }
            next = cause.source();
        }
        if self.causes.is_empty() {
            self.causes.push(text::clean(&error.to_string()));
        }
        self
    }

    /// Judges an error that came before the headers were complete.
    pub(super) fn before_headers(error: reqwest::Error) -> Self {
        let fault = if error.is_redirect() {
            Fault::Redirect
        } else if error.is_connect() && error.is_timeout() {
            Fault::Timeout(Phase::Connect)
        } else if is_tls(&error) {
            Fault::Tls
        } else if error.is_connect() {
            Fault::Connect
        } else {
            Fault::Other
        };
        let bare = Self::new(fault);
        if matches!(fault, Fault::Timeout(_)) { bare } else { bare.because_of(error) }
    }

    /// The failure of `what`, a sentence that names the URL.
    pub fn failure(&self, what: impl Into<String>) -> Failure {
        let class = match self.fault {
            Fault::Setup => Class::Config,
            Fault::Cancelled => Class::Cancelled,
            _ => Class::Network,
        };
        let mut failure = Failure::new(class, what);
        failure.causes.push(self.to_string());
        failure.causes.extend(self.causes.iter().cloned());
        failure
    }
}

impl fmt::Display for HttpError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.fault {
            Fault::Setup => f.write_str("the HTTP client cannot be set up"),
            Fault::Connect => f.write_str("no connection"),
            Fault::Tls => f.write_str("no secure connection"),
            Fault::Timeout(Phase::Connect) => f.write_str("the connection did not stand in time"),
            Fault::Timeout(Phase::FirstByte) => f.write_str("no answer in time"),
            Fault::Timeout(Phase::Idle) => f.write_str("the answer stood still in the middle"),
            Fault::Timeout(Phase::Total) => f.write_str("the answer took too long"),
            Fault::Redirect => f.write_str("the redirect was not followed"),
            Fault::TooLarge(limit) => write!(f, "the answer is longer than {limit} bytes"),
            Fault::Truncated(bytes) => write!(f, "the answer broke off after {bytes} bytes"),
            Fault::Cancelled => f.write_str("cancelled"),
            Fault::Other => f.write_str("no usable answer"),
        }
    }
}

impl Error for HttpError {}

/// True when a TLS error lies somewhere below.
fn is_tls(error: &(dyn Error + 'static)) -> bool {
    if error.is::<rustls::Error>() {
        return true;
    }
    // An input/output error gives the source of what it wraps as its own, and so hides what it wraps.
    let wrapped = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
    match wrapped {
        Some(inner) => is_tls(inner),
        None => error.source().is_some_and(is_tls),
    }
}
