//! Notices and their lines.

use std::sync::Arc;

use serde::Serialize;
use serde_json::{Value, json};

use super::JSON_RPC;
use crate::control::Notice;
use crate::control::queue::Line;
use crate::host::text::clean;
use crate::model::event::Level;
use crate::model::{Event, EventKind};

#[derive(Serialize)]
struct Said<'a, T> {
    jsonrpc: &'static str,
    method: &'static str,
    params: &'a T,
}

fn said<T: Serialize>(method: &'static str, params: &T) -> Arc<str> {
    // Plain data of ours, which JSON can always say.
    serde_json::to_string(&Said { jsonrpc: JSON_RPC, method, params }).unwrap_or_default().into()
}

/// The line of an event, for every [`Queue`](crate::control::Queue): encoded once for all clients.
pub fn event(event: &Event) -> Line {
    Line { text: said("event", event), may_be_dropped: event.kind.may_be_dropped() }
}

/// The line of a notice. Lines of logs may be dropped.
pub fn notice(notice: &Notice) -> Line {
    match notice {
        Notice::Event(inner) => event(inner),
        Notice::Dropped(dropped) => Line { text: said("dropped", dropped), may_be_dropped: false },
        Notice::Resync(view) => Line { text: said("resync", view), may_be_dropped: false },
        Notice::Log(lines) => Line { text: said("log", lines), may_be_dropped: true },
    }
}

/// The notice again; `None` when this version does not understand it. An event of a kind that it does not
/// know becomes a remark for developers with the same number: it changes no view, and none is missing.
pub(super) fn read(method: Value, params: Value) -> Option<Notice> {
    if method != "event" {
        return serde_json::from_value(json!({"method": method, "params": params})).ok();
    }
    let event = serde_json::from_value(params.clone()).ok().or_else(|| unknown(&params))?;
    Some(Notice::Event(Box::new(event)))
}

fn unknown(params: &Value) -> Option<Event> {
    let seq = params.get("seq")?.as_u64()?;
    let at = serde_json::from_value(params.get("at")?.clone()).ok()?;
    let name = clean(params.get("event")?.as_str()?);
    let text = format!("an event that this version does not know: {name}");
    Some(Event { seq, at, kind: EventKind::Note { level: Level::Debug, text } })
}
