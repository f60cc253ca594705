//! Notices and their lines.

use std::sync::Arc;

use serde::{Deserialize as _, Serialize};
use serde_json::Value;

use super::JSON_RPC;
use crate::control::Notice;
use crate::control::protocol::{Dropped, LogLines};
use crate::control::queue::Line;
use crate::model::event::Level;
use crate::model::{Event, EventKind, Timestamp, View};

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

/// The line of a notice.
pub fn notice(notice: &Notice) -> Line {
    let text = match notice {
        Notice::Event(event) => said("event", event),
        Notice::Dropped(dropped) => said("dropped", dropped),
        Notice::Resync(view) => said("resync", view),
        Notice::Log(lines) => said("log", lines),
    };
    Line { text, may_be_dropped: notice.may_be_dropped() }
}

/// The notice again; `None` when this version does not understand it. An event of a kind that it does not
/// know becomes a remark for developers with the same number: it changes no view, and none is missing.
pub(super) fn read(method: &str, params: &Value) -> Option<Notice> {
    match method {
        "event" => {
            Event::deserialize(params).ok().or_else(|| unknown(params)).map(Box::new).map(Notice::Event)
        }
        "dropped" => Dropped::deserialize(params).ok().map(Notice::Dropped),
        "resync" => View::deserialize(params).ok().map(Box::new).map(Notice::Resync),
        "log" => LogLines::deserialize(params).ok().map(Notice::Log),
        _ => None,
    }
}

fn unknown(params: &Value) -> Option<Event> {
    let seq = params.get("seq")?.as_u64()?;
    let at = Timestamp::deserialize(params.get("at")?).ok()?;
    let name = params.get("event")?.as_str()?;
    let text = format!("an event that this version does not know: {name}");
    Some(Event { seq, at, kind: EventKind::Note { level: Level::Debug, text } })
}
