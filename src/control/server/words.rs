//! What the server itself says.

use std::time::Duration;

use super::super::protocol::{PROTOCOL, REQUEST_LIMIT};
use super::super::{Request, codec::Fault};
use super::rate::RATE;
use crate::host::text::clean;
use crate::model::{Class, Failure};

pub(super) fn too_long() -> Fault {
    Fault::of_request(&format!("a request has {REQUEST_LIMIT} bytes at most, and this one has more"))
}

pub(super) fn not_text() -> Fault {
    Fault::of_request("the line is not UTF-8")
}

pub(super) fn hello_first() -> Fault {
    Fault::of_request("the first request of a connection is `hello`")
}

pub(super) fn hello_twice() -> Fault {
    Fault::of_request("`hello` was said already")
}

pub(super) fn no_hello(after: Duration) -> Fault {
    Failure::new(Class::Timeout, format!("no `hello` within {} s", after.as_secs())).into()
}

pub(super) fn idle(after: Duration) -> Fault {
    Failure::new(Class::Timeout, format!("nothing was asked for {} s", after.as_secs())).into()
}

pub(super) fn too_fast(retry: Duration) -> Fault {
    let mut failure = Failure::new(Class::Busy, format!("too many requests: {RATE} a second are served"))
        .hint("ask again later, or subscribe instead of asking");
    failure.retry_after = Some(retry);
    failure.into()
}

pub(super) fn much_too_fast() -> Fault {
    Failure::new(Class::Busy, "far too many requests: the connection is closed").into()
}

pub(super) fn broken(request: &str) -> Failure {
    Failure::new(Class::Internal, format!("the answer to `{request}` was lost to a fault in the service"))
        .hint("look into the updater's log")
}

/// What a client of another protocol may not ask.
pub(super) fn other_protocol(theirs: u32, request: &Request) -> Fault {
    let what = format!(
        "this client speaks protocol {theirs} and the service protocol {PROTOCOL}: `{}` is refused",
        request.method()
    );
    Failure::new(Class::Usage, what).hint("use the same version of sentinel-updater on both sides").into()
}

/// The parameters of a request, for the log.
pub(super) fn parameters(request: &Request) -> String {
    match request.params() {
        serde_json::Value::Null => String::new(),
        params => format!(" {}", clean(&params.to_string())),
    }
}
