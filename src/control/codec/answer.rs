//! Answers and their lines, and whatever else a server says.

use std::borrow::Cow;

use serde_json::{Map, Value, json};

use super::notice;
use super::request::Id;
use super::{FAILED, JSON_RPC, NO_SUCH_METHOD};
use crate::control::Notice;
use crate::host::text::{clean, cleaned};
use crate::model::{Class, Failure, Outcome};

/// An error on the wire: JSON-RPC's number and ours in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// JSON-RPC's number.
    pub code: i64,
    /// What failed.
    pub failure: Failure,
}

impl Fault {
    /// An error with that number.
    pub fn new(code: i64, failure: Failure) -> Self {
        Self { code, failure }
    }
}

impl From<Failure> for Fault {
    fn from(failure: Failure) -> Self {
        Self::new(FAILED, failure)
    }
}

/// The line of an answer, without its line end.
pub fn answer(id: &Id, result: &Value) -> String {
    // Results may be large: the object is written around them, not built.
    format!(r#"{{"jsonrpc":"{JSON_RPC}","id":{},"result":{result}}}"#, id.value())
}

/// The line of an error, without its line end. Without an id it is about the connection.
pub fn fault(id: Option<&Id>, fault: &Fault) -> String {
    let id = id.map_or(&Value::Null, Id::value);
    let data = serde_json::to_value(&fault.failure).unwrap_or_default();
    let error = json!({"code": fault.code, "message": fault.failure.line(), "data": data});
    json!({"jsonrpc": JSON_RPC, "id": id, "error": error}).to_string()
}

/// What a client hears.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Heard {
    /// The answer to the request with that id.
    Answer(Id, Outcome<Value>),
    /// Something is wrong with the connection: usually the last line of it.
    Failed(Failure),
    /// Something that was not asked for.
    Notice(Box<Notice>),
    /// Nothing that this version understands. A newer server may say it.
    Unknown,
}

/// Reads the line of a server. What it holds beyond our knowledge is left out.
///
/// This is where its texts enter: each is cleaned here, before anything is made of it. What is shown or printed
/// afterwards, as text or as JSON, can neither steer a terminal nor reorder a line.
pub fn heard(line: &str) -> Heard {
    let Ok(mut said) = serde_json::from_str::<Value>(line) else { return Heard::Unknown };
    cleanse(&mut said);
    let Value::Object(mut object) = said else { return Heard::Unknown };
    if let Some(method) = object.get("method") {
        let params = object.get("params").unwrap_or(&Value::Null);
        let notice = method.as_str().and_then(|method| notice::read(method, params));
        return notice.map_or(Heard::Unknown, |notice| Heard::Notice(Box::new(notice)));
    }
    let result = object.remove("result");
    let outcome = match (object.remove("error"), result) {
        (Some(Value::Object(error)), _) => Err(failure(error)),
        (None, Some(result)) => Ok(result),
        _ => return Heard::Unknown,
    };
    match (object.remove("id").and_then(Id::of), outcome) {
        (Some(id), outcome) => Heard::Answer(id, outcome),
        (None, Err(failure)) => Heard::Failed(failure),
        (None, Ok(_)) => Heard::Unknown,
    }
}

/// Cleans every string in a value, the names of fields too.
fn cleanse(value: &mut Value) {
    match value {
        // Most are clean, and at ten thousand events a second copies would count.
        Value::String(text) => {
            if let Cow::Owned(clean) = cleaned(text) {
                *text = clean;
            }
        }
        Value::Array(values) => values.iter_mut().for_each(cleanse),
        Value::Object(fields) => {
            fields.values_mut().for_each(cleanse);
            // Ours are clean: they are taken apart only where somebody else's is among them.
            if fields.keys().any(|name| cleaned(name) != *name) {
                *fields =
                    std::mem::take(fields).into_iter().map(|(name, value)| (clean(&name), value)).collect();
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// The failure again.
fn failure(mut error: Map<String, Value>) -> Failure {
    let code = error.get("code").and_then(Value::as_i64).unwrap_or(FAILED);
    let message = error.get("message").and_then(Value::as_str).unwrap_or("the service gives no reason");
    let message = message.to_owned();
    let mut failure = error.remove("data").and_then(ours).unwrap_or_else(|| {
        let class = if code == FAILED { Class::Internal } else { Class::Usage };
        Failure::new(class, message)
    });
    if code == NO_SUCH_METHOD {
        failure.hint = Some("the service is older than this program: update it".into());
    }
    failure
}

/// A failure as a server of ours sends it. A class that is not known here is `Internal`.
fn ours(data: Value) -> Option<Failure> {
    let Value::Object(mut data) = data else { return None };
    let known = |class: &Value| serde_json::from_value::<Class>(class.clone()).is_ok();
    if !data.get("class").is_some_and(known) {
        data.insert("class".into(), json!(Class::Internal));
    }
    serde_json::from_value(Value::Object(data)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_steers_a_terminal_comes_in() {
        let dirty = json!({"id": 1, "result": {"a\u{202e}": ["\u{1b}[31mred", {"b": "x\u{9b}2Jy\u{202e}z", "c": 7}]}});
        let clean = json!({"a": ["red", {"b": "xyz", "c": 7}]});
        assert_eq!(heard(&dirty.to_string()), Heard::Answer(Id::number(1), Ok(clean)));
        let at = "2026-01-02T03:04:05Z";
        for params in [
            json!({"seq": 1, "at": at, "event": "output", "line": "\u{1b}]0;title\u{7}text"}),
            json!({"seq": 1, "at": at, "event": "turned_back", "error": "te\u{85}xt\u{2066}"}),
        ] {
            let line = json!({"method": "event", "params": params}).to_string();
            let Heard::Notice(notice) = heard(&line) else { panic!("{line}") };
            let json = serde_json::to_string(&notice).expect("JSON");
            assert!(json.contains(r#""text""#), "{json}");
        }
    }
}
