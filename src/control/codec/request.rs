//! Requests and their lines.

use serde::Deserialize;
use serde::Serialize;
use serde_json::{Map, Value};

use super::answer::Fault;
use super::{BAD_PARAMETERS, JSON_RPC, NO_SUCH_METHOD, NOT_A_REQUEST, NOT_JSON};
use crate::control::Request;
use crate::host::text::clean;
use crate::model::{Class, Failure};

/// What ties an answer to its request: a number or a text, chosen by the client.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Id(Value);

impl Id {
    /// A number.
    pub fn number(number: u64) -> Self {
        Self(number.into())
    }

    /// The number again, if it is one that [`number`](Self::number) can make.
    pub fn as_number(&self) -> Option<u64> {
        self.0.as_u64()
    }

    pub(super) fn of(value: Value) -> Option<Self> {
        matches!(value, Value::Number(_) | Value::String(_)).then_some(Self(value))
    }

    pub(super) fn value(&self) -> &Value {
        &self.0
    }
}

/// What a line of a client is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Parsed {
    /// A request to be answered under its id.
    Request(Id, Request),
    /// It asks for no answer: there is none, and nothing is done.
    Notification,
    /// Nothing that can be done; answered under its id if it has one.
    Bad(Option<Id>, Fault),
}

/// The names of all methods.
pub const METHODS: [&str; 16] = [
    "hello",
    "status",
    "settings",
    "plan",
    "subscribe",
    "check",
    "update",
    "cancel",
    "pause",
    "resume",
    "rollback",
    "hold",
    "unhold",
    "history",
    "versions",
    "logs",
];

impl Request {
    /// Its name on the wire.
    pub fn method(&self) -> &'static str {
        match self {
            Self::Hello(_) => "hello",
            Self::Status => "status",
            Self::Settings => "settings",
            Self::Plan(_) => "plan",
            Self::Subscribe(_) => "subscribe",
            Self::Check => "check",
            Self::Update(_) => "update",
            Self::Cancel => "cancel",
            Self::Pause(_) => "pause",
            Self::Resume => "resume",
            Self::Rollback(_) => "rollback",
            Self::Hold(_) => "hold",
            Self::Unhold(_) => "unhold",
            Self::History(_) => "history",
            Self::Versions => "versions",
            Self::Logs(_) => "logs",
        }
    }

    /// Whether it steers, which a [`Viewer`](crate::control::Role::Viewer) may not.
    pub fn steers(&self) -> bool {
        match self {
            Self::Check
            | Self::Update(_)
            | Self::Cancel
            | Self::Pause(_)
            | Self::Resume
            | Self::Rollback(_)
            | Self::Hold(_)
            | Self::Unhold(_) => true,
            Self::Hello(_)
            | Self::Status
            | Self::Settings
            | Self::Plan(_)
            | Self::Subscribe(_)
            | Self::History(_)
            | Self::Versions
            | Self::Logs(_) => false,
        }
    }

    /// Its parameters as JSON; null: it has none.
    pub fn params(&self) -> Value {
        match self {
            Self::Status | Self::Settings | Self::Check | Self::Cancel | Self::Resume | Self::Versions => {
                Value::Null
            }
            Self::Hello(params) => json(params),
            Self::Plan(params) => json(params),
            Self::Subscribe(params) => json(params),
            Self::Update(params) => json(params),
            Self::Pause(params) => json(params),
            Self::Rollback(params) => json(params),
            Self::Hold(params) => json(params),
            Self::Unhold(params) => json(params),
            Self::History(params) => json(params),
            Self::Logs(params) => json(params),
        }
    }
}

/// Plain data of ours, which JSON can always say.
fn json(params: &impl Serialize) -> Value {
    serde_json::to_value(params).unwrap_or_default()
}

/// The line of a request, without its line end.
pub fn request(id: &Id, request: &Request) -> String {
    let mut object = Map::new();
    object.insert("jsonrpc".into(), JSON_RPC.into());
    object.insert("id".into(), id.0.clone());
    object.insert("method".into(), request.method().into());
    match request.params() {
        Value::Null => {}
        params => drop(object.insert("params".into(), params)),
    }
    Value::Object(object).to_string()
}

/// Reads the line of a client.
pub fn parse(line: &str) -> Parsed {
    let value: Value = match serde_json::from_str(line) {
        Ok(value) => value,
        Err(error) => {
            let failure = Failure::new(Class::Usage, "the line is not JSON").because(&error);
            return Parsed::Bad(None, Fault::new(NOT_JSON, failure));
        }
    };
    let Value::Object(mut object) = value else {
        let what = match value {
            Value::Array(_) => "batches are not supported: send one object a line",
            _ => "a request is a JSON object",
        };
        return Parsed::Bad(None, Fault::of_request(what));
    };
    let id = match object.remove("id") {
        None => None,
        Some(value) => match Id::of(value) {
            Some(id) => Some(id),
            None => return Parsed::Bad(None, Fault::of_request("`id` must be a number or a string")),
        },
    };
    if object.get("jsonrpc").and_then(Value::as_str) != Some(JSON_RPC) {
        return Parsed::Bad(id, Fault::of_request("`jsonrpc` must be \"2.0\""));
    }
    let Some(Value::String(method)) = object.remove("method") else {
        return Parsed::Bad(id, Fault::of_request("`method` must be a string"));
    };
    let Some(id) = id else { return Parsed::Notification };
    match named(&method, object.remove("params")) {
        Ok(request) => Parsed::Request(id, request),
        Err(fault) => Parsed::Bad(Some(id), fault),
    }
}

fn named(method: &str, params: Option<Value>) -> Result<Request, Fault> {
    let params = match params {
        None | Some(Value::Null) => Map::new(),
        Some(Value::Object(params)) => params,
        Some(_) => return Err(bad_parameters(method, "`params` must be an object")),
    };
    Ok(match method {
        "hello" => Request::Hello(fill(method, params)?),
        "status" => Request::Status,
        "settings" => Request::Settings,
        "plan" => Request::Plan(fill(method, params)?),
        "subscribe" => Request::Subscribe(fill(method, params)?),
        "check" => Request::Check,
        "update" => Request::Update(fill(method, params)?),
        "cancel" => Request::Cancel,
        "pause" => Request::Pause(fill(method, params)?),
        "resume" => Request::Resume,
        "rollback" => Request::Rollback(fill(method, params)?),
        "hold" => Request::Hold(fill(method, params)?),
        "unhold" => Request::Unhold(fill(method, params)?),
        "history" => Request::History(fill(method, params)?),
        "versions" => Request::Versions,
        "logs" => Request::Logs(fill(method, params)?),
        _ => {
            let failure = Failure::new(Class::Usage, format!("there is no method `{}`", clean(method)))
                .hint(format!("known are {}; a newer service may know more", METHODS.join(", ")));
            return Err(Fault::new(NO_SUCH_METHOD, failure));
        }
    })
}

fn fill<T: for<'de> Deserialize<'de>>(method: &str, params: Map<String, Value>) -> Result<T, Fault> {
    match serde_json::from_value(Value::Object(params.clone())) {
        Ok(filled) => Ok(filled),
        Err(error) => Err(bad_parameters(method, &which::<T>(params, &error))),
    }
}

/// Which parameter it was: serde says what is wrong with a value, not where.
fn which<T: for<'de> Deserialize<'de>>(params: Map<String, Value>, whole: &serde_json::Error) -> String {
    for (key, value) in params {
        let mut alone = Map::new();
        alone.insert(key.clone(), value);
        match serde_json::from_value::<T>(Value::Object(alone)) {
            Err(error) if !error.to_string().starts_with("missing field") => {
                return format!("`{}`: {}", clean(&key), clean(&error.to_string()));
            }
            _ => {}
        }
    }
    clean(&whole.to_string())
}

fn bad_parameters(method: &str, why: &str) -> Fault {
    let failure = Failure::new(Class::Usage, format!("the parameters of `{method}` are wrong")).cause(why);
    Fault::new(BAD_PARAMETERS, failure)
}

impl Fault {
    /// The object is not a request; `what` says why.
    pub(in crate::control) fn of_request(what: &str) -> Self {
        Self::new(NOT_A_REQUEST, Failure::new(Class::Usage, what))
    }
}
