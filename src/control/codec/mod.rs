//! Words to lines and lines to words: JSON-RPC 2.0, one object a line, UTF-8.
//!
//! Nothing here reads or writes a stream. Whatever bytes come in, what comes out is a request, an answer, a
//! notice or a fault in words.

mod answer;
mod frames;
mod notice;
mod request;

pub use answer::{Fault, Heard, answer, fault, heard};
pub(super) use frames::{Frame, Frames};
pub use notice::{event, notice};
pub use request::{Id, METHODS, Parsed, parse, request};

/// The version of JSON-RPC, as each object says it.
const JSON_RPC: &str = "2.0";

/// JSON-RPC: the line is not JSON.
pub const NOT_JSON: i64 = -32700;
/// JSON-RPC: the object is not a request.
pub const NOT_A_REQUEST: i64 = -32600;
/// JSON-RPC: no such method.
pub const NO_SUCH_METHOD: i64 = -32601;
/// JSON-RPC: the parameters do not fit the method.
pub const BAD_PARAMETERS: i64 = -32602;
/// Every failure of ours: `data` is the [`Failure`](crate::model::Failure).
pub const FAILED: i64 = -32000;
